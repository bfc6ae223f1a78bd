"""The project holds to its own layout: imports, pinned versions, generated pages."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from mespot.store.document import page

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mespot"

# What each part may import beside the standard library, numpy and mespot.errors.
LIBRARIES = {
    "networks": {"torch"},
    "face": {"cv2", "scipy", "mediapipe"},
    "flow": {"cv2", "scipy"},
    "spotting": {"scipy"},
    "metrics": {"scipy"},
    "scoring": {"pandas", "scipy"},
    "cli": {"pandas"},
    "speed": {"torch"},
    "plots": {"pandas", "matplotlib", "scipy"},
    "training": {"torch", "pandas", "cv2"},
    "corpora": {"pandas", "cv2", "openpyxl"},
    "demo": {"cv2", "matplotlib", "skimage", "scipy"},
    "store": {"h5py", "pandas"},
    "recording": {"cv2"},
    "device": {"torch"},
    "config": {"yaml", "jsonschema"},
    "provenance": set(),
    "runtime": {"cv2", "torch"},
    "errors": set(),
    "expressions": set(),
    "spans": set(),
    "settings": set(),
    "streams": set(),
    "suffixes": set(),
    "variants": set(),
}
PARTS = {
    "networks": {"networks"},
    "face": {"face", "recording"},
    "flow": {"flow", "face"},
    "settings": set(),
    "spotting": {"spotting", "metrics", "settings"},
    "metrics": set(),
    "scoring": {"scoring", "metrics", "store"},
    "plots": {"plots", "store"},
    "training": {"training", "networks", "spotting", "device", "face", "settings", "store"},
    "corpora": {"corpora", "demo", "store", "recording", "suffixes"},
    "demo": {"demo", "face"},
    "cli": {"cli", "config", "corpora", "metrics", "runtime", "scoring", "speed", "store"},
    "speed": {"device", "face", "networks", "training"},
    "store": {"store"},
    "recording": {"suffixes"},
    "device": set(),
    "config": set(),
    "provenance": set(),
    "runtime": set(),
    "errors": set(),
    "expressions": set(),
    "spans": set(),
    "streams": set(),
    "suffixes": set(),
    "variants": {"config"},
}
# Small modules without imports of their own, which any part may use.
EVERYWHERE = {"errors", "expressions", "spans", "streams"}
MODULES = [p for p in PACKAGE.rglob("*.py") if p.parent.name != "steps" and p.name != "__init__.py"]


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "mespot":
                yield from (f"mespot.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    part = part_of(path)
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "mespot":
            assert not rest or rest[0] in PARTS[part] | EVERYWHERE, f"{part} imports {name}"
        elif top not in sys.stdlib_module_names:
            assert top in LIBRARIES[part] | {"numpy"}, f"{part} imports {name}"


def test_only_the_store_knows_hdf5():
    users = {
        str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.py") if "h5py" in set(imports(p))
    }
    assert users == {"store/io.py"}


def test_package_does_not_know_snakemake():
    for path in PACKAGE.rglob("*.py"):
        assert not any(name.split(".")[0] == "snakemake" for name in imports(path)), path


def test_conda_environment_has_the_versions_of_pyproject():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    environment = yaml.safe_load((ROOT / "envs/mespot.yaml").read_text())
    pinned = environment["dependencies"][-1]["pip"]
    assert sorted(pinned) == sorted(wanted)


def test_one_cv2():
    text = (ROOT / "pyproject.toml").read_text()
    assert re.findall(r'"(opencv[a-z-]*)', text) == ["opencv-contrib-python"]


def test_page_of_file_formats_is_fresh():
    assert (ROOT / "docs/file-formats.md").read_text() == page()


def test_every_rule_has_its_script_and_step_of_the_same_name():
    rules = set()
    for path in (ROOT / "rules").glob("*.smk"):
        rules |= set(re.findall(r"^rule (\w+):", path.read_text(), re.M))
    scripts = {path.stem for path in (ROOT / "workflow_scripts").glob("*.py")}
    steps = {path.stem for path in (PACKAGE / "steps").glob("[a-z]*.py")}
    assert rules == scripts == steps


# The order that snakefmt keeps.
ORDER = ["input", "output", "log", "benchmark", "retries", "conda", "threads", "resources"]
ORDER += ["params", "message", "script"]


def test_directives_stand_in_one_order():
    for path in (ROOT / "rules").glob("*.smk"):
        for body in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]:
            name = body.split(":")[0]
            found = re.findall(r"^    (\w+):", body, re.M)
            assert found == [d for d in ORDER if d in found], f"{path.name}: {name}"
            required = set(ORDER) - {"input", "retries", "params"}
            assert required <= set(found), f"{path.name}: {name}"

"""The project holds to its own layout: imports, pinned versions, generated pages."""

import ast
import re
import subprocess
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
    "spotting": {"scipy", "sklearn", "threadpoolctl"},
    "metrics": {"scipy"},
    "scoring": {"pandas", "scipy"},
    "cli": {"pandas", "tqdm"},
    "cli/config_lines": {"yaml"},
    "cli/report": set(),
    "cli/benchmark": set(),
    "cli/speed": {"torch"},
    "cli/reviewing": {"pandas"},
    "cli/export_tables": {"pandas"},
    "cli/inspect_text": {"pandas"},
    "cli/inspect_picture": {"pandas", "matplotlib"},
    "cli/inspect_video": {"pandas", "tqdm"},
    "formats": {"pandas", "defusedxml"},
    "cli/length": {"av"},
    "plots": {"pandas", "matplotlib", "scipy"},
    "plots/overlay": {"cv2"},
    "review": {"pandas", "cv2"},
    "report": {"pandas", "cv2"},
    "training": {"torch", "pandas", "cv2"},
    "training/reviewing": set(),
    "corpora": {"pandas", "cv2", "openpyxl", "xlrd"},
    "demo": {"av", "cv2", "matplotlib", "skimage", "scipy"},
    "videos": {"pandas", "matplotlib"},
    "landmarker": set(),
    "api": {"pandas"},
    "own_model": {"pandas"},
    "store": {"h5py", "pandas"},
    "recording": {"av", "cv2", "PIL"},
    "tracked": set(),
    "measured": {"cv2", "scipy"},
    "recut": set(),
    "device": {"torch"},
    "config": {"yaml", "jsonschema"},
    "config_files": {"yaml"},
    "provenance": set(),
    "runtime": set(),
    "ending": {"pandas"},
    "verification": set(),
    "errors": set(),
    "expressions": set(),
    "limits": set(),
    "spans": set(),
    "settings": set(),
    "stopping": set(),
    "streams": set(),
    "suffixes": set(),
    "plan": {"pandas"},
}
PARTS = {
    "networks": {"networks"},
    "face": {"face"},
    "settings": set(),
    "spotting": {"spotting", "metrics", "settings"},
    "metrics": set(),
    "scoring": {"scoring", "metrics", "store", "suffixes"},
    "plots": {"plots", "store", "face", "spotting"},
    "plots/overlay": set(),
    "review": {"review", "store"},
    "report": {"report", "plots", "recording", "scoring", "store"},
    "training": {"training", "networks", "spotting", "device", "face", "settings", "store"},
    "training/reviewing": {"metrics", "spotting", "training"},
    "corpora": {"corpora", "demo", "store", "recording", "suffixes", "formats"},
    "formats": {"formats", "store", "suffixes"},
    "demo": {"demo", "face", "recording"},
    "cli": {"cli", "config", "corpora", "formats", "runtime", "scoring", "store", "videos"},
    "cli/config_lines": set(),
    "cli/verify": {"config_files", "plan", "verification"},
    "cli/export_tables": {"corpora", "formats", "recording", "store"},
    "cli/spot_formats": {"formats", "recording", "store"},
    "cli/inspect_text": {"store", "training"},
    "cli/inspect_picture": {"cli", "plots", "store"},
    "cli/inspect_video": {"face", "plots", "recording", "store", "suffixes", "videos"},
    "cli/report": {"report"},
    "cli/benchmark": {"cli", "config", "plots"},
    "videos": {
        "videos",
        "config",
        "device",
        "face",
        "landmarker",
        "measured",
        "plots",
        "provenance",
    }
    | {"recording", "recut", "review", "runtime", "spotting", "store", "suffixes", "tracked"}
    | {"training"},
    "landmarker": {"store"},
    "api": {"cli", "config", "face", "landmarker", "measured", "recording", "scoring", "tracked"}
    | {"videos"},
    "own_model": {"config", "corpora", "demo", "device", "landmarker", "measured", "provenance"}
    | {"recording", "settings", "spotting", "store", "training", "videos"},
    "cli/speed": {"device", "face", "networks", "training"},
    "cli/length": {"recording", "runtime", "videos"},
    "cli/reviewing": {"corpora", "device", "metrics", "spotting", "store", "training"},
    "store": {"store", "suffixes"},
    "recording": {"recording", "store", "suffixes"},
    "tracked": {"face", "recording", "store"},
    "measured": {"face", "recording", "tracked"},
    "recut": {"face", "recording"},
    "device": set(),
    "config": {"config_files", "corpora"},
    "config_files": {"store"},
    "provenance": set(),
    "runtime": {"store"},
    "ending": {"plan", "runtime", "store"},
    "verification": {"plan", "provenance", "store", "training"},
    "errors": set(),
    "expressions": set(),
    "limits": set(),
    "spans": set(),
    "stopping": set(),
    "streams": set(),
    "suffixes": set(),
    "plan": {"plan", "config", "corpora", "demo", "provenance", "settings", "training"},
}
# Small modules without imports of their own, which any part may use.
EVERYWHERE = {"errors", "expressions", "limits", "spans", "stopping", "streams"}
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULES = [p for p in PACKAGE.rglob("*.py") if p.parent.name != "steps" and p.name != "__init__.py"]


def part_of(path):
    """The part that a module belongs to; a module with rules of its own is a part."""
    name = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return name if name in PARTS else name.split("/")[0]


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


# Parts that work on arrays alone: what is read and written is somebody else's.
ARRAYS_ONLY = {"networks", "face", "spotting", "metrics", "expressions", "spans", "streams"}
FILES = {"pathlib", "os", "io", "glob", "shutil", "tempfile", "fileinput"}


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if part_of(path) in ARRAYS_ONLY],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_arrays_know_no_path(path):
    assert not {name.split(".")[0] for name in imports(path)} & FILES
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if is_call(node)]
    names = {call.id if isinstance(call, ast.Name) else call.attr for call in calls}
    readers = {"open", "read_bytes", "read_text", "write_bytes", "write_text"}
    assert not names & (readers | {"imread", "imwrite", "VideoCapture", "load", "save"})


def is_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute))


def test_only_the_store_knows_hdf5():
    users = {
        str(p.relative_to(PACKAGE)) for p in PACKAGE.rglob("*.py") if "h5py" in set(imports(p))
    }
    assert users == {"store/contents.py", "store/io.py", "store/strict.py"}


def test_scoring_loads_neither_torch_nor_hdf5():
    modules = [f"mespot.scoring.{path.stem}" for path in (PACKAGE / "scoring").glob("[a-z]*.py")]
    code = (
        f"import sys, {', '.join(sorted(modules))}; print({{'torch', 'h5py'}} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert answer.stdout == "set()\n", answer.stderr


def test_steps_import_no_other_step():
    """Or an edit of one would run the other again."""
    for path in PACKAGE.rglob("*.py"):
        names = [name for name in imports(path) if name.startswith("mespot.steps")]
        assert names == [], f"{path}: what several steps need belongs to a module of its own"


def test_package_does_not_know_snakemake():
    for path in PACKAGE.rglob("*.py"):
        assert not any(name.split(".")[0] == "snakemake" for name in imports(path)), path


def test_conda_environment_has_the_versions_of_pyproject():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    environment = yaml.safe_load((ROOT / "envs/mespot.yaml").read_text())
    pinned = environment["dependencies"][-1]["pip"]
    assert sorted(pinned) == sorted(wanted)


def test_planning_loads_neither_torch_nor_opencv():
    """Every job plans the run anew."""
    heavy = "{'torch', 'cv2', 'scipy', 'h5py', 'av'}"
    code = f"import sys, mespot.plan, mespot.ending; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_rules_hold_no_planning():
    """Which files a job reads is decided in mespot/plan, where it is typed and tested."""
    texts = [path.read_text() for path in (ROOT / "rules").rglob("*.smk")]
    assert sum(text.count("\n") for text in texts) < 900
    for text in texts:
        for body in re.findall(r"^def .*?(?=^\S|\Z)", text, re.M | re.S):
            assert len(body.strip().splitlines()) <= 10, body


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
            directives = re.findall(r"^    (\w+):", body, re.M)
            assert directives == [d for d in ORDER if d in directives], f"{path.name}: {name}"
            required = set(ORDER) - {"input", "retries", "params"}
            assert required <= set(directives), f"{path.name}: {name}"


def private_names(path):
    """Names of mespot that start with `_` and that a test imports or reads from an object."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "mespot":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute) and not is_self(node.value):
            names = [f"object.{node.attr}"]
        else:
            continue
        for name in names:
            if any(re.match(r"_(?!_)", part) for part in name.split(".")):
                yield f"line {node.lineno}: {name}"


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.parametrize("path", TESTS, ids=lambda p: str(p.relative_to(ROOT / "tests")))
def test_tests_use_public_names_only(path):
    assert list(private_names(path)) == []


def test_a_private_name_is_seen(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_text(
        "from mespot.face.flow import _blur, at\nfrom mespot.steps._shared import at\n"
        "from mespot.face import flow\nflow._blur\nflow.__name__\nself._own\nimport mespot._x\n"
    )
    assert list(private_names(path)) == [
        "line 1: mespot.face.flow._blur",
        "line 2: mespot.steps._shared.at",
        "line 7: mespot._x",
        "line 4: object._blur",
    ]

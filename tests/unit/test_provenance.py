"""The code digest follows the code that decides a result, and nothing else."""

import importlib
import shutil
from pathlib import Path

import pytest

import mespot
from mespot import provenance


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package to edit, seen by the digest in place of the real one."""
    shutil.copytree(Path(mespot.__file__).parent, tmp_path / "mespot")
    monkeypatch.setattr(provenance, "_ROOT", tmp_path / "mespot")
    forget()
    yield tmp_path / "mespot"
    forget()


def forget():
    for name in ("_closure", "_read"):
        getattr(provenance, name).cache_clear()


def digest(module="mespot.store.tables"):
    forget()
    return provenance.code_digest(module)


def test_comments_docstrings_and_layout_do_not_count(copy):
    before = digest()
    path = copy / "store" / "tables.py"
    text = path.read_text().replace("CSV tables:", "Tables:", 1)
    path.write_text(text.replace("\nTEXT,", "\n# a comment\n\nTEXT,"))
    assert digest() == before


def test_code_of_the_module_and_of_what_it_imports_counts(copy):
    before = digest()
    for name in ("store/tables.py", "store/files.py", "errors.py"):
        path = copy / name
        old = path.read_text()
        path.write_text(old + "\nNEW = 1\n")
        assert digest() != before, name
        path.write_text(old)
    (copy / "provenance.py").write_text("NEW = 1\n")  # not imported by tables
    assert digest() == before


def test_versions_of_deciding_libraries_count(monkeypatch):
    before = provenance.code_digest("mespot.store.io")
    assert "numpy-" in before and "pandas" not in before
    monkeypatch.setattr(provenance, "_version", lambda distribution: "0")
    assert provenance.code_digest("mespot.store.io") != before


def test_unknown_module_is_a_bug():
    with pytest.raises(ValueError):
        provenance.code_digest("mespot.nothing")


def test_plain_sorts_keys_everywhere():
    a = provenance.plain({"b": {"y": 1, "x": (1, 2)}, "a": 0})
    b = provenance.plain({"a": 0, "b": {"x": [1, 2], "y": 1}})
    assert repr(a) == repr(b) == "{'a': 0, 'b': {'x': [1, 2], 'y': 1}}"


def test_every_step_has_a_digest():
    steps = Path(mespot.__file__).parent / "steps"
    for path in steps.glob("[a-z]*.py"):
        assert provenance.code_digest(f"mespot.steps.{path.stem}")
        assert importlib.util.find_spec(f"mespot.steps.{path.stem}")

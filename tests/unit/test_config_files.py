"""Config files as they are written: put over each other, and refused by their line."""

import os

import pytest

from mespot import config as configs
from mespot import config_files
from mespot.errors import InputError
from tests.workflow.project import ROOT


@pytest.fixture(scope="module")
def default():
    return configs.load(ROOT / "config.yaml")


def test_file_that_is_no_yaml_is_named(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("a: 1\nb: [\n")
    with pytest.raises(InputError, match="c.yaml: line 3: is not YAML; correct it"):
        configs.load(path)
    with pytest.raises(InputError, match="none.yaml: does not exist"):
        configs.load(tmp_path / "none.yaml")


def test_files_after_the_first_are_put_over_it(tmp_path, default):
    own = tmp_path / "mine.yaml"
    own.write_text("pretrain: {epochs: 9}")
    config = configs.load(ROOT / "config.yaml", own)
    assert config == {**default, "pretrain": {**default["pretrain"], "epochs": 9}}
    own.write_text("pretrain: {epoch: 9}")
    with pytest.raises(InputError, match="mine.yaml: pretrain.epoch: unknown key"):
        configs.load(ROOT / "config.yaml", own)
    own.write_text("epochs")
    with pytest.raises(InputError, match="mine.yaml: has no keys"):
        configs.load(ROOT / "config.yaml", own)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "line 4: a.b: is already in line 2; remove one of them"),
        ("{a: 1, a: 1}", "line 1: a: is already in line 1"),
        ("x:\n- {y: 1,\n   'y': 2}", "line 3: x.0.y: is already in line 2"),
        ("a: .nan", "line 1: a: .nan is no finite number"),
        ("a: 1\nb: [0.5, -.inf]", "line 2: b.1: -.inf is no finite number"),
        ("a: 1.0e+999", "line 1: a: 1.0e[+]999 is no finite number"),
        ("a: &x {b: *x}", "a.b: holds itself"),
        ("a: \tb: c", "line 1: is not YAML"),
        ("a: !!python/object:x.y 1", "line 1: is not YAML; correct it: could not determine"),
        ("[" * 5000, "is nested too deeply|line 1: is not YAML"),
        ("a: &a [1, 1]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} {[f'*{chr(97 + i)}'] * 9}\n"
         .replace("'", "") for i in range(9)), "is not YAML; .*more than 100000 values"),
    ],
)  # fmt: skip
def test_what_yaml_passes_over_is_refused_with_its_line(tmp_path, default, text, words):
    """In the first file and in those after it."""
    path = tmp_path / "c.yaml"
    path.write_text(text)
    for files in ((path,), (ROOT / "config.yaml", path)):
        with pytest.raises(InputError, match=f"{path}: (line 1: )?{words}"):
            configs.load(*files)


def test_equal_keys_in_different_places_are_not_the_same(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\nc: 1:30.5\nd: '.nan'\n")
    expected = {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 1}, "c": 90.5, "d": ".nan"}
    assert config_files.read(path) == expected


def test_a_config_that_is_no_regular_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(2_000_000_000)
    for name, words in (
        ("pipe", "is a pipe"), ("folder", "is a folder"), ("large", "has 2000 MB, at most 4 MB"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"{name}.yaml: {words}"):
            configs.load(ROOT / "config.yaml", tmp_path / f"{name}.yaml")

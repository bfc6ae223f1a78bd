"""Which videos a user means, and what their results are called."""

from pathlib import Path

import pytest

from mespot.videos import sources
from tests import trees


@pytest.fixture
def folder(tmp_path):
    """Videos, images, and what is neither."""
    for name in ("anna.mp4", "b/anna.MOV", "b/c d/ünï.avi", ".hidden/x.mp4", "out/anna/x.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "notes.txt").write_text("no video")
    (tmp_path / ".anna.mp4").write_text("hidden")
    trees.images(tmp_path / "b" / "frames", "img_{}.png", range(3))
    return tmp_path


def found(given, folder, fps=None):
    paths = [source.path for source in sources.find(given, fps, folder / "out")]
    return [str(path.relative_to(folder)) for path in paths]


def test_folders_are_searched(folder):
    videos = ["anna.mp4", "b/anna.MOV", "b/c d/ünï.avi"]
    assert found([folder], folder) == videos
    assert found([folder], folder, fps=25.0) == [*videos, "b/frames"]
    (folder / "link.mp4").symlink_to(folder / "anna.mp4")
    twice = [folder / "b" / "anna.MOV", folder / "link.mp4", folder]
    assert found(twice, folder) == ["b/anna.MOV", "link.mp4", "b/c d/ünï.avi"]


def test_what_is_no_video_is_told(folder):
    def fault(path, fps=None):
        (source,) = sources.find([path], fps, folder / "out")
        return source.fault

    assert "cannot be read: No such file" in fault(folder / "none.mp4")
    assert "give their frames a second: --fps" in fault(folder / "b" / "frames")
    assert fault(folder / "b" / "frames", 25.0) == ""
    (folder / "empty").mkdir()
    assert "has no video file in it" in fault(folder / "empty")
    assert fault(folder / "notes.txt") == ""  # whoever reads it says what is wrong


def test_names_are_told_apart_and_stay(folder):
    def names(*paths, taken=None):
        listed = sources.find(paths, None, folder / "out")
        return sources.names(listed, (taken or {}).get), listed

    both, listed = names(folder / "anna.mp4", folder / "b")
    assert both == ["anna", "anna-2", "ünï"]
    made = {name: source.identity for name, source in zip(both, listed, strict=True)}
    assert names(folder / "b" / "anna.MOV", taken=made)[0] == ["anna-2"]
    assert names(folder / "b" / "anna.MOV", taken={"anna": made["anna"]})[0] == ["anna-2"]
    (folder / "anna.mp4").write_text("changed")
    (folder / "b" / "anna.MOV").rename(folder / "out" / "anna.MOV")
    assert names(folder / "anna.mp4", folder / "out" / "anna.MOV", taken=made)[0] == both[:2]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("..x.mp4", "x"),
        ("a\nb.mp4", "a_b"),
        ("summary.csv.mp4", "summary.csv-2"),
        ("no_end", "no_end"),
    ],
)
def test_names_that_no_folder_may_have(file, name):
    source = sources.Source(Path("/videos") / file)
    assert sources.names([source], lambda _: None) == [name]

"""Which videos a user means, and what their results are called."""

import os
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
    listed = sources.find(given, fps, folder / "out")
    return [str(one.path.relative_to(folder)) for one in listed if not one.fault]


def test_folders_are_searched(folder):
    videos = ["anna.mp4", "b/anna.MOV", "b/c d/ünï.avi"]
    assert found([folder], folder) == videos
    assert found([folder], folder, fps=25.0) == [*videos, "b/frames"]
    (folder / "link.mp4").symlink_to(folder / "anna.mp4")
    twice = [folder / "b" / "anna.MOV", folder / "link.mp4", folder]
    assert found(twice, folder) == ["b/anna.MOV", "link.mp4", "b/c d/ünï.avi"]


def test_a_rate_holds_for_images_and_for_files_that_are_named(folder):
    def rates(*given):
        listed = sources.find(given, 200.0, folder / "out")
        return {str(one.path.relative_to(folder)): one.fps for one in listed}

    below = {"b/anna.MOV": None, "b/c d/ünï.avi": None, "b/frames": 200.0}
    assert rates(folder) == {"anna.mp4": None, **below}
    assert rates(folder / "anna.mp4", folder / "b") == {"anna.mp4": 200.0, **below}
    # Named after its folder, too, and by a link.
    (folder / "link.mp4").symlink_to(folder / "b" / "anna.MOV")
    for named in (folder / "b" / "anna.MOV", folder / "link.mp4"):
        assert rates(folder / "b", named) == {**below, "b/anna.MOV": 200.0}


def test_images_beside_videos_are_not_left_out_in_silence(folder):
    trees.images(folder / "b" / "more", "img_{}.png", range(3))
    listed = sources.find([folder], None, folder / "out")
    faults = [(one.path.name, one.fault) for one in listed if one.fault]
    assert [name for name, _ in faults] == ["frames", "more"]
    for name, fault in faults:
        assert fault == (
            f"{folder / 'b' / name}: is a folder of images; give their frames a second: --fps"
        )


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
        listed = [one for one in listed if not one.fault]
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
        ("ü" * 120 + ".mp4", "ü" * 90),
        ("a\udcff.mp4", "a_"),  # a byte that is no text
    ],
)
def test_names_that_no_folder_may_have(file, name):
    source = sources.Source(Path("/videos") / file)
    assert sources.names([source], lambda _: None) == [name]


def test_a_folder_of_images_has_its_whole_name(folder, monkeypatch):
    trees.images(folder / "b" / "2024.01.05", "img_{}.png", range(3))
    monkeypatch.chdir(folder / "b" / "2024.01.05")
    for path in (Path(), folder / "b" / "2024.01.05"):
        listed = sources.find([path], 25.0, folder / "out")
        assert sources.names(listed, lambda _: None) == ["2024.01.05"]


def test_links_to_folders_are_followed_once(folder):
    (folder / "b" / "up").symlink_to(folder)
    (folder / "b" / "other").symlink_to(folder / "b" / "c d")
    (folder / "b" / "results").symlink_to(folder / "out")
    assert found([folder / "b"], folder) == ["b/anna.MOV", "b/c d/ünï.avi", "b/up/anna.mp4"]


def test_what_cannot_be_read_is_told_and_the_others_are_found(folder, monkeypatch):
    trees.images(folder / "b" / "broken", "img_{}.png", range(3))
    (folder / "b" / "broken" / "img_4.png").symlink_to(folder / "gone.png")
    listed = sources.find([folder / "b", folder / ("x" * 300)], 25.0, folder / "out")
    faults = [source.fault for source in listed if source.fault]
    assert len(listed) == 5 and len(faults) == 2
    assert "img_4.png: cannot be read" in faults[0] and "too long" in faults[1]
    scan = os.scandir

    def forbidding(path):
        if Path(path).name == "c d":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    listed = sources.find([folder / "b"], 25.0, folder / "out")
    assert [source.path.name for source in listed if not source.fps] == ["anna.MOV", "c d"]
    assert "Permission denied; check its permissions" in listed[1].fault


def test_an_empty_folder_is_told_even_with_a_rate_and_results_among_others_are_not(folder):
    (folder / "empty").mkdir()
    (folder / "out" / "anna" / "x.mp4").unlink()
    (source,) = sources.find([folder / "empty"], 25.0, folder / "out")
    assert "has no video file in it" in source.fault
    everything = sorted(folder.iterdir())  # as `*` gives it
    listed = sources.find(everything, 25.0, folder / "out")
    assert [one.path.name for one in listed if one.fault] == ["empty"]
    (alone,) = sources.find([folder / "out"], None, folder / "out")
    assert alone.fault

"""`mespot corpus check`: what it prints, its exit status and sheets, and bad input of all kinds."""

import os

import cv2
import numpy as np
import pytest

from mespot.cli import main
from mespot.corpora.sheet import read_sheets
from tests import trees
from tests.unit.motion_folders import make

MAKE = {
    "casme2": trees.casme2,
    "samm_lv": trees.samm_lv,
    "casme3": trees.casme3,
    "casme3_b": trees.casme3_b,
    "smic_e_long": trees.smic,
    "megc": trees.megc,
}
FRAMES = {"casme2": 240, "samm_lv": 660, "casme3": 195, "casme3_b": 12, "smic_e_long": 180}


def check(capsys, root, kind, *more):
    """Exit status and everything printed."""
    status = main(["corpus", "check", str(root), "--kind", kind, *map(str, more)])
    output = capsys.readouterr()
    return status, output.out + output.err


@pytest.mark.parametrize("kind", MAKE)
def test_every_corpus_is_reported_in_a_table(tmp_path, capsys, kind):
    status, text = check(capsys, MAKE[kind](tmp_path), kind)
    assert status == 0, text
    rows = [line.split() for line in text.splitlines()]
    (total,) = [row for row in rows if row[:1] == ["all"]]
    head = next(row for row in rows if row[:1] == ["subject"])
    assert int(total[head.index("frames")]) == FRAMES.get(kind, 480)
    assert "frames a second" in text


def test_a_folder_of_motion(tmp_path, capsys):
    root = make(tmp_path / "study", rows=90, every=8, fps=200)
    status, text = check(capsys, root, "motion")
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert status == 0 and rows["all"] == ["3", "3", "2163", "12", "3", "3"]
    assert "3 subjects" in text and "nothing odd" in text and "200 frames a second" in text
    assert "labels: 6 in annotations.csv, 6 used" in text
    np.save(root / "motion" / "b1.npy", np.zeros((90, 2, 2)))
    with (root / "annotations.csv").open("a") as sheet:
        sheet.write("a,a1,700,,800,macro\n")
    with (root / "videos.csv").open("a") as sheet:
        sheet.write("c,c2,,,,,\n")
    status, text = check(capsys, root, "motion")
    assert status == 0 and "stops a run until it is corrected (2):" in text
    assert f"{root}/motion/b1.npy: has 2 regions, but regions.txt names 3" in text
    assert "label 7: [700, 800] cut to [700, 721]" in text
    assert "left out (1):" in text and "'c2' has no series" in text


def test_a_folder_of_motion_that_cannot_be_used(tmp_path, capsys):
    status, text = check(capsys, tmp_path, "motion")
    assert status == 1 and "cannot be used" in text and "has no videos.csv" in text
    root = make(tmp_path / "study", subjects=("a",))
    (root / "motion" / "a1.npy").write_text("")
    status, text = check(capsys, root, "motion")
    assert status == 1 and "none of 1 series can be read" in text and "a1.npy" in text
    status, text = check(capsys, root, "motion", "--set", "video=x")
    assert status == 1 and "video: unknown key" in text
    status, text = check(capsys, root, "motion", "--out", tmp_path / "out")
    assert status == 2 and "--out: is for corpora with videos" in text


def test_table_of_casme2(tmp_path, capsys):
    status, text = check(capsys, trees.casme2(tmp_path), "casme2")
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["subject"] == ["videos", "labelled", "frames", "seconds", "micro", "macro"]
    assert rows["s15"] == ["1", "1", "60", "2", "1", "2"]
    assert rows["s23"] == ["2", "1", "120", "4", "0", "1"]
    assert rows["all"] == ["4", "3", "240", "8", "1", "6"]
    assert "labels: 11 in the workbook, 7 used" in text
    assert "micro: 11 to 11 frames, mean 11.0 (0.37 to 0.37 s)" in text
    assert "row 9: [3, 70] cut to [3, 60]" in text
    assert "row 10: [90, 99] lies outside" in text
    assert "left out (4):" in text
    assert "23_0508funnydunkey: 1 videos without labels" in text
    assert status == 0


@pytest.mark.parametrize("kind", ["casme2", "samm_lv", "casme3", "megc"])
def test_sheets_can_be_run_as_they_are(tmp_path, capsys, kind):
    root, out = MAKE[kind](tmp_path / "corpus"), tmp_path / "out"
    status, text = check(capsys, root, kind, "--out", out)
    assert status == 0 and f"root: {root}" in text
    annotations = out / "annotations.csv"
    labelled = kind != "megc"
    assert annotations.exists() == labelled
    videos, labels = read_sheets(out / "videos.csv", annotations if labelled else None, root)
    assert len(videos) == {"casme2": 4, "megc": 4}.get(kind, 3)
    assert (labels is not None) == labelled
    if kind == "samm_lv":
        assert set(videos["subject"]) == {"006", "032", "037"}
        assert labels["offset"].max() == 10200
    assert "left out" in (out / "notes.txt").read_text() or not labelled


def test_sheets_of_video_files_count_from_one(tmp_path, capsys):
    root = trees.casme2(tmp_path / "corpus", "rawvideo")
    status, text = check(capsys, root, "casme2", "--out", tmp_path / "out")
    assert status == 0, text
    videos, _ = read_sheets(tmp_path / "out" / "videos.csv", root=root)
    assert videos["first_frame"].tolist() == [1] * 4
    assert "row 9: [3, 70] cut to [3, 60]: '23_0503unnyfarting' has frames 1 to 60" in text


def test_settings_of_the_loader(tmp_path, capsys):
    root = trees.casme2(tmp_path, frames=100)
    _, text = check(capsys, root, "casme2", "--set", "missing_offset=plus20")
    assert "row 2: offset 0 (the end is not visible): 56" in text
    assert check(capsys, root, "casme2", "--set", "missing_offset=x")[0] == 2
    assert check(capsys, root, "casme2", "--set", "rounding=down")[0] == 2


def test_published_totals_are_reported(tmp_path, capsys):
    videos, rows = trees.casme2_published()
    for subject, code in videos:
        folder = tmp_path / "rawpic" / f"s{subject}" / trees.casme2_name(subject, code)
        trees.images(folder, "img{:03d}.jpg", [1, 4000])
    trees.casme2_workbook(tmp_path / "CAS(ME)^2code_final.xlsx", rows)
    # Two images for four thousand frames are no recording; the labels are placed all the same.
    status, text = check(capsys, tmp_path, "casme2")
    assert status == 0
    assert text.split("\nall ")[1].split("\n")[0].split()[-2:] == ["57", "298"]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("other", MAKE)
def test_another_corpus_is_named(tmp_path, capsys, kind, other):
    if kind == other or {kind, other} == {"casme3", "casme3_b"}:
        return
    root = MAKE[other](tmp_path)
    status, text = check(capsys, root, kind)
    assert status == 1 and "cannot be used" in text
    if other != "casme3_b":
        assert f"It looks like {other}" in text


def test_roots_that_are_none(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for root, words in [("none", "does not exist"), ("file", "is a file"), ("empty", "rawpic")]:
        status, text = check(capsys, tmp_path / root, "casme2")
        assert status == 1 and words in text


def spoilt_workbook(root, how):
    """Spoil the workbook of CAS(ME)^2; what the message must say, None where it can be read."""
    file = root / "CAS(ME)^2code_final.xlsx"
    rows = trees.casme2_odd_rows()
    if how == "missing":
        file.unlink()
        return "no workbook of CAS(ME)^2"
    if how == "two":
        trees.casme2_workbook(root / "code_final.xlsx", rows)
        return "2 workbooks"
    if how == "damaged":
        file.write_bytes(file.read_bytes()[:200])
        return "not a readable .xlsx workbook"
    if how == "of samm":
        trees.samm_workbook(file, trees.samm_odd_rows())
        return "its sheets are 'FACS_Movement_Only'"
    if how == "other version":
        trees.casme2_workbook(file, [row[:6] for row in rows])
        return "no sheet with micro-expression"
    if how == "other subjects":
        trees.workbook(file, {"CASFEcode_final": rows, "naming rule1": [[17, "s17", 3]]})
        return "subject number 3 is s17 and should be s19"
    if how == "other codes":
        trees.workbook(file, {"CASFEcode_final": rows, "naming rule2": [["0103", "disgust1"]]})
        return "has the code 0103 and should have 0101"
    assert how == "renamed"
    trees.casme2_workbook(file, rows, CASFEcode_final="Tabelle1")
    return None


@pytest.mark.parametrize(
    "how",
    ["missing", "two", "damaged", "of samm", "other version", "other subjects", "other codes"],
)
def test_a_workbook_that_cannot_be_used(tmp_path, capsys, how):
    root = trees.casme2(tmp_path, frames=2)
    words = spoilt_workbook(root, how)
    status, text = check(capsys, root, "casme2")
    assert status == 1 and words in text


def test_a_renamed_sheet_is_found_by_what_is_in_it(tmp_path, capsys):
    root = trees.casme2(tmp_path / "casme2")
    spoilt_workbook(root, "renamed")
    status, text = check(capsys, root, "casme2")
    assert status == 0 and "read as the sheet CASFEcode_final" in text
    root = trees.samm_lv(tmp_path / "samm")
    trees.samm_workbook(root / "SAMM_LongVideos_V2_Release.xlsx", trees.samm_odd_rows(), "Sheet1")
    status, text = check(capsys, root, "samm_lv")
    assert status == 0 and "read as the sheet FACS_Movement_Only" in text


def test_an_old_workbook_must_be_saved_anew(tmp_path, capsys):
    root = trees.casme2(tmp_path, frames=2)
    (root / "labels.xls").write_bytes(b"x")
    status, text = check(capsys, root, "casme2", "--workbook", root / "labels.xls")
    assert status == 1 and "save it as .xlsx" in text


def spoilt_folder(folder, how):
    """Spoil a folder of images; what the check says of it, and whether a run would stop there."""
    first, second, third = sorted(folder.iterdir())[:3]
    if how == "gap":
        for number in range(20, 25):
            (folder / f"img{number:03d}.jpg").unlink()
        return "5 image numbers missing, at most 5 in a row (after 19)", False
    if how == "long gap":
        for number in range(20, 55):
            (folder / f"img{number:03d}.jpg").unlink()
        return "more than there are images", True
    if how == "zero bytes":
        second.write_bytes(b"")
        return "img002.jpg is empty", True
    if how == "other size":
        third = folder / "img060.jpg"
        cv2.imwrite(str(third), np.zeros((20, 20, 3), np.uint8))
        return "img060.jpg has 20x20 px, others 16x12", True
    if how == "no picture":
        first.write_bytes(b"nonsense")
        return "no readable image", True
    if how == "stray":
        (folder / "Thumbs.db").write_bytes(b"x")
        (folder / "._img001.jpg").write_bytes(b"x")
        return "2 files that are not numbered images, passed over", False
    if how == "twice":
        (folder / "img1.jpg").write_bytes(trees.TINY)
        return "have the same number", True
    assert how == "empty"
    for file in folder.iterdir():
        file.unlink()
    return "no numbered images in this folder", True


@pytest.mark.parametrize(
    "how",
    ["gap", "long gap", "zero bytes", "other size", "no picture", "stray", "twice", "empty"],
)
def test_a_spoilt_folder_is_reported_and_the_rest_is_fine(tmp_path, capsys, how):
    root = trees.casme2(tmp_path)
    folder = root / "rawpic" / "s15" / "15_0101disgustingteeth"
    words, stops = spoilt_folder(folder, how)
    status, text = check(capsys, root, "casme2")
    assert status == 0 and words in text
    assert ("stops a run" in text) == stops


def test_names_that_are_no_text_and_links_out_are_left_out(tmp_path, capsys):
    root = trees.casme2(tmp_path / "corpus")
    trees.images(root / "rawpic" / "s15" / "15_0102 copy", "img{}.jpg", [1])
    os.mkdir(os.fsencode(root / "rawpic" / "s15") + b"/15_0401\xff\xfe")
    trees.images(tmp_path / "elsewhere", "img{}.jpg", [1])
    (root / "rawpic" / "s15" / "15_0402x").symlink_to(tmp_path / "elsewhere")
    (root / "rawpic" / "s15" / "15_0505x").symlink_to(tmp_path / "nowhere")
    (root / "rawpic" / "s15" / "notes").mkdir()
    status, text = check(capsys, root, "casme2")
    assert status == 0
    assert "15_0102 copy: name may have the characters" in text
    assert r"15_0401\xff\xfe: name may have the characters" in text
    assert f"15_0402x: is a link to {tmp_path}/elsewhere, outside the root" in text
    assert "15_0505x: is a link that leads nowhere" in text
    assert "notes: not the name of a video of s15" in text
    assert "\nall" in text and text.split("\nall")[1].split()[0] == "4"


def test_a_tree_that_is_a_link_out_is_refused(tmp_path, capsys):
    trees.casme2(tmp_path / "real")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "rawpic").symlink_to(tmp_path / "real" / "rawpic")
    status, text = check(capsys, tmp_path / "root", "casme2")
    assert status == 1 and "outside the root" in text
    (tmp_path / "whole").symlink_to(tmp_path / "real")
    assert check(capsys, tmp_path / "whole", "casme2")[0] == 0  # the root itself may be a link


def test_a_read_only_root_is_left_as_it_is(tmp_path, capsys):
    root = trees.casme2(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    status, _ = check(capsys, root, "casme2")
    inside, _ = check(capsys, root, "casme2", "--out", root / "out")
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert (status, inside) == (0, 2)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_labels_of_a_video_that_is_not_there_and_a_video_without_labels(tmp_path, capsys):
    root = trees.samm_lv(tmp_path)
    status, text = check(capsys, root, "samm_lv")
    assert status == 0
    assert "row 18: no video 011_9 in this corpus" in text
    assert "032_3: 1 videos without labels; what is spotted in them is a false alarm" in text

"""The loaders of the real corpora: what they give, and what becomes of every odd row."""

import pandas as pd
import pytest

from mespot import config
from mespot.corpora import casme2, kinds, smic_e_long
from mespot.corpora.corpus_tables import within
from mespot.corpora.layout import natural
from mespot.corpora.notes import CHANGED, LEFT_OUT, Notes
from tests import trees


def opened(kind, root, **settings):
    """Videos, labels and the notes of both, as text without the path."""
    settings = config.loader_settings(kind, settings)
    videos, notes = kinds.read_videos(kind, root, settings)
    if not kinds.labelled(kind):
        return videos, None, notes
    labels, more = kinds.read_labels(kind, kinds.workbooks(kind, root, settings), videos, settings)
    return videos, labels, [*notes, *more]


def test_numbers_in_names_count_as_numbers():
    many = "img" + "9" * 5000
    names = ["img", "img\u00b2", "img1", "img02", "img2", "img2a", "img10", many, "img\u0661"]
    ordered = sorted(reversed(names), key=natural)
    assert set(ordered) == set(names)
    kept = ["img", "img1", "img02", "img2", "img2a", "img10", many]
    assert [name for name in ordered if name in kept] == kept


def of_row(notes, row):
    """What was done about a row of the workbook, and why."""
    return [(note.what, note.text) for note in notes if note.where.endswith(f"row {row}")]


def interval(labels, row):
    """(onset, apex, offset) of a row; None where it was left out."""
    of_that_row = labels[labels["row"].str.endswith(f"row {row}")]
    if of_that_row.empty:
        return None
    values = of_that_row.iloc[0][["onset", "apex", "offset"]]
    return tuple(None if pd.isna(value) else int(value) for value in values)


def choices(kind, key):
    """What a setting may be, by the schema."""
    return config.schema()["properties"][kind]["properties"][key]["enum"]


def test_each_choice_of_the_schema_is_one_of_the_loaders():
    assert choices("casme2", "tree") == [*casme2.TREES, None]
    assert choices("casme2", "missing_offset") == list(ENDS)
    assert choices("samm_lv", "rounding") == list(ROUNDED)
    assert choices("smic_e_long", "camera") == list(smic_e_long.FPS)


# ---------------------------------------------------------------- CAS(ME)^2


@pytest.mark.parametrize("tree", ["rawpic", "longVideoFaceCropped", "rawvideo"])
def test_casme2_gives_the_same_tables_from_each_tree(tmp_path, tree):
    videos, labels, _ = opened("casme2", trees.casme2(tmp_path, tree, frames=3))
    assert videos["subject"].tolist() == ["s15", "s16", "s23", "s23"]
    assert videos["video"].tolist() == [
        "15_0101disgustingteeth", "16_0402beatingpregnantwoman", "23_0503unnyfarting",
        "23_0508funnydunkey",
    ]  # fmt: skip
    assert set(videos["fps"]) == {30}
    # Images carry the labels' numbers; a video file's first frame is their frame 1.
    assert videos["first_frame"].tolist() == ([1] * 4 if tree == "rawvideo" else [pd.NA] * 4)
    assert len(labels) == 8
    assert labels["type"].value_counts().to_dict() == {"macro": 6, "micro": 2}


def test_casme2_raw_images_are_preferred_and_another_tree_can_be_chosen(tmp_path):
    trees.casme2(tmp_path, "rawvideo", frames=3)
    trees.casme2(tmp_path, "rawpic", frames=3)
    videos, _, notes = opened("casme2", tmp_path)
    assert videos["path"].str.contains("rawpic").all()
    assert any("rawvideo" in note.where for note in notes)
    videos, _, _ = opened("casme2", tmp_path, tree="rawvideo")
    assert videos["path"].str.endswith(".avi").all()


def test_casme2_odd_rows(tmp_path):
    _, labels, notes = opened("casme2", trees.casme2(tmp_path, frames=1))
    assert interval(labels, 1) == (10, 14, 20) and of_row(notes, 1) == []
    assert interval(labels, 2) == (30, 36, 36)
    assert of_row(notes, 2) == [
        (CHANGED, "offset 0 (the end is not visible): 36 by the convention apex")
    ]
    assert interval(labels, 3) == (31, 40, 45)  # labels that overlap are both kept
    assert interval(labels, 4) == (5, None, 12)
    assert of_row(notes, 4) == [(CHANGED, "apex 0: left empty")]
    assert interval(labels, 5) == (20, None, 28)
    assert of_row(notes, 5) == [(CHANGED, "apex 18 is outside [20, 28]: left empty")]
    assert interval(labels, 6) == (30, None, 40)
    assert of_row(notes, 6) == [(CHANGED, "apex 44 is outside [30, 40]: left empty")]
    for row in (7, 8):
        assert interval(labels, row) is None
        (what, text), = of_row(notes, row)  # fmt: skip
        assert what == LEFT_OUT and "video 0502 of s23, which is not there" in text
    assert interval(labels, 11) is None
    assert of_row(notes, 11)[-1][0] == LEFT_OUT


# Where a label with offset 0 ends by each convention.
ENDS = {"apex": 36, "mirror": 42, "plus20": 56, "drop": None}


@pytest.mark.parametrize(("convention", "offset"), ENDS.items())
def test_casme2_conventions_for_missing_offsets(tmp_path, convention, offset):
    _, labels, notes = opened("casme2", trees.casme2(tmp_path, frames=1), missing_offset=convention)
    assert interval(labels, 2) == (None if offset is None else (30, 36, offset))
    assert convention in of_row(notes, 2)[0][1]


def test_casme2_published_totals(tmp_path):
    videos, rows = trees.casme2_published()
    assert len(set(videos)) == 98 and len(rows) == 357
    for subject, code in videos:
        folder = tmp_path / "rawpic" / f"s{subject}" / trees.casme2_name(subject, code)
        trees.images(folder, "img{:03d}.jpg", [1])
    trees.casme2_workbook(tmp_path / "code_final.xlsx", rows)
    listed, labels, notes = opened("casme2", tmp_path)
    assert len(listed) == 98 and listed["subject"].nunique() == 22
    assert labels["type"].value_counts().to_dict() == {"macro": 298, "micro": 57}
    assert sum(note.what == LEFT_OUT for note in notes) == 2
    assert sum("convention apex" in note.text for note in notes) == 44
    assert sum(note.text == "apex 0: left empty" for note in notes) == 1
    assert sum("outside" in note.text for note in notes) == 4


def test_casme2_codes_are_text_and_names_do_not_matter(tmp_path):
    root = trees.casme2(tmp_path, frames=1)
    (root / "rawpic/s15/15_0101disgustingteeth").rename(root / "rawpic/s15/15_0101disgstingteth")
    _, labels, _ = opened("casme2", root)
    assert labels["video"].tolist()[0] == "15_0101disgstingteth"
    # A spreadsheet program that made numbers of the codes does no harm either.
    rows = trees.casme2_odd_rows()
    rule2 = [[int(code), name] for code, (_, name) in trees.NAMES.items()]
    trees.workbook(
        root / "CAS(ME)^2code_final.xlsx", {"CASFEcode_final": rows, "naming rule2": rule2}
    )
    assert len(opened("casme2", root)[1]) == 8


# ---------------------------------------------------------------- SAMM Long Videos


def test_samm_subjects_are_text_and_frames_are_whole(tmp_path):
    videos, labels, notes = opened("samm_lv", trees.samm_lv(tmp_path))
    assert videos["video"].tolist() == ["006_1", "032_3", "037_4"]
    assert videos["subject"].tolist() == ["006", "032", "037"]
    assert set(videos["fps"]) == {200}
    assert interval(labels, 11) == (9990, 10011, 10030)  # half up
    assert interval(labels, 12) == (10041, 10060, 10145)
    assert interval(labels, 13) == (1, 9970, 9981)
    assert of_row(notes, 13) == [(CHANGED, "onset 0 (began before the recording): frame 1")]
    assert interval(labels, 14) == (10100, None, 10230)
    assert of_row(notes, 14) == [(CHANGED, "apex -1: left empty")]
    assert interval(labels, 15) == (30, 45, 60) and interval(labels, 16) == (70, 100, 190)
    assert "stands a second time" in of_row(notes, 16)[0][1]
    assert interval(labels, 17) == (1, 60, 500)
    assert interval(labels, 18) is None
    assert of_row(notes, 18) == [(LEFT_OUT, "no video 011_9 in this corpus")]
    assert any("2 rows with fractions" in note.text for note in notes)
    assert any("1 rows are noted as blink" in note.text for note in notes)
    assert any("1 rows are noted as eye" in note.text for note in notes)


def test_samm_labels_are_cut_to_the_recording(tmp_path):
    _, labels, _ = opened("samm_lv", trees.samm_lv(tmp_path))
    notes = Notes()
    cut = within(labels, trees.SAMM_VIDEOS, notes)
    assert interval(cut, 17) == (1, 60, 220)
    assert interval(cut, 13) == (9981, None, 9981)
    assert interval(cut, 14) == (10100, None, 10200)
    assert [note.what for note in notes.entries] == [CHANGED] * 3


# Rows 11 and 12, which have fractions of frames.
ROUNDED = {
    "half_up": [(9990, 10011, 10030), (10041, 10060, 10145)],
    "half_even": [(9990, 10010, 10030), (10040, 10060, 10145)],
    "down": [(9990, 10010, 10030), (10040, 10060, 10145)],
}


@pytest.mark.parametrize(("rounding", "intervals"), ROUNDED.items())
def test_samm_rounding(tmp_path, rounding, intervals):
    _, labels, _ = opened("samm_lv", trees.samm_lv(tmp_path), rounding=rounding)
    assert [interval(labels, 11), interval(labels, 12)] == intervals


def test_samm_labels_that_began_before_can_be_dropped(tmp_path):
    _, labels, notes = opened("samm_lv", trees.samm_lv(tmp_path), began_before="drop")
    assert interval(labels, 13) is None
    assert of_row(notes, 13)[0][0] == LEFT_OUT
    assert interval(labels, 17) == (1, 60, 500)  # onset 1 is a frame


def test_samm_published_totals(tmp_path):
    videos, rows = trees.samm_published()
    for name in videos:
        (tmp_path / "SAMM_longvideos" / name).mkdir(parents=True)
    trees.samm_workbook(tmp_path / "SAMM_LongVideos_V3_Release.xlsx", rows)
    listed, labels, _ = opened("samm_lv", tmp_path)
    assert len(listed) == 147 and listed["subject"].nunique() == 30
    assert labels["type"].value_counts().to_dict() == {"macro": 343, "micro": 159}


# ---------------------------------------------------------------- the others


def test_casme3_letters_gaps_and_numbers(tmp_path):
    videos, labels, notes = opened("casme3", trees.casme3(tmp_path))
    assert videos["video"].tolist() == ["spNO.1_a", "spNO.2_b", "spNO.10_a"]
    assert videos["path"].str.endswith("/color").all()
    assert interval(labels, 2) == (120, 125, 131)
    assert labels["video"].tolist()[0] == "spNO.1_a"  # the workbook says A
    assert labels["type"].tolist() == ["micro", "macro", "micro", "macro"]
    assert of_row(notes, 6) == [(LEFT_OUT, "no video spNO.10_q in this corpus")]


def test_casme3_with_one_workbook_a_type(tmp_path):
    root = trees.casme3(tmp_path)
    (root / "annotation" / "cas(me)3_part_A_label_v2.xlsx").unlink()
    trees.workbook(
        root / "annotation" / "cas(me)3_part_A_MaE_label_JpgIndex_v2_emotion.xlsx",
        {"Sheet1": [["sub", "seq", "onset", "apex", "offset"], ["spNO.1", "a", 140, 150, 175]]},
    )
    trees.workbook(
        root / "annotation" / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
        {"label": [["Subject", "Filename", "Onset", "Apex", "Offset"], ["spNO.2", "B", 130, 1, 9],
                   ["spNO.2", "B", 130, 136, 142]]},
    )  # fmt: skip
    _, labels, notes = opened("casme3", root)
    assert sorted(labels["type"]) == ["macro", "micro"]
    assert [note.text for note in notes if note.what == LEFT_OUT] == [
        "ends (9) before it begins (130)"
    ]


def test_casme3_part_b_has_no_labels(tmp_path):
    trees.casme3(tmp_path)
    videos, labels, _ = opened("casme3_b", trees.casme3_b(tmp_path))
    assert labels is None
    assert videos["video"].tolist()[:2] == ["spNO.201_a", "spNO.201_b"] and len(videos) == 4
    assert len(opened("casme3", tmp_path)[0]) == 3  # and part A is not disturbed by it


@pytest.mark.parametrize(("camera", "fps"), [("HS", 100), ("VIS", 25), ("NIR", 25)])
def test_smic_by_camera(tmp_path, camera, fps):
    for one in ("HS", "VIS", "NIR"):
        trees.smic(tmp_path, one, frames=2)
    videos, labels, _ = opened("smic_e_long", tmp_path, camera=camera)
    assert videos["video"].tolist() == ["s1_ne_01", "s3_sur_01", "s11_po_02"]
    assert videos["subject"].tolist() == ["s01", "s03", "s11"]
    assert videos["path"].str.contains(f"{camera}_long").all() and set(videos["fps"]) == {fps}
    assert set(labels["type"]) == {"micro"} and len(labels) == 3
    assert interval(labels, 3) == (308880, None, 308900)
    assert labels["subject"].tolist() == ["s01", "s03", "s11"]


def test_megc_has_two_frame_rates(tmp_path):
    videos, labels, _ = opened("megc", trees.megc(tmp_path, frames=2))
    assert labels is None
    assert dict(zip(videos["video"], videos["fps"], strict=True)) == {
        "spNO.189_a_1": 30, "spNO.189_b_2": 30, "008_2": 200, "040_1": 200,
    }  # fmt: skip
    assert videos["subject"].tolist() == ["spNO.189_a_1", "spNO.189_b_2", "008", "040"]


# ---------------------------------------------------------------- names of folders


def test_a_folder_gets_the_reason_that_holds(tmp_path):
    """`all` is no name of a video here, so renaming it would not help."""
    root = trees.casme2(tmp_path / "casme2", frames=1)
    trees.images(root / "rawpic" / "s15" / "all", "img{}.jpg", [1])
    trees.images(root / "rawpic" / "s15" / ("15_0102" + "x" * 240), "img{}.jpg", [1])
    trees.images(root / "rawpic" / "S15" / "15_0101", "img{}.jpg", [1])
    videos, _, notes = opened("casme2", root)
    reasons = {note.where.split("/")[-1][:12]: note.text for note in notes}
    assert reasons["all"].startswith("not the name of a video of s15")
    assert "has 247 characters, and file names have room for 150" in reasons["15_0102xxxxx"]
    assert videos["subject"].tolist() == ["s15", "s16", "s23", "s23"]
    root = trees.samm_lv(tmp_path / "samm")
    (root / "SAMM_longvideos" / "all").mkdir()
    _, _, notes = opened("samm_lv", root)
    assert any(note.text == "not the name of a video (006_1, ...)" for note in notes)
    root = trees.megc(tmp_path / "megc", frames=1)
    trees.images(root / "CAS_Test_cropped" / "all", "{}.jpg", [1])
    _, _, notes = opened("megc", root)
    assert any("reserved for the totals" in note.text for note in notes)
    # CAS(ME)^3 calls the video spNO.1_all, which can be.
    trees.images(trees.casme3(tmp_path / "c3") / "part_A/spNO.1/all/color", "{}.jpg", [1])
    assert "spNO.1_all" in set(opened("casme3", tmp_path / "c3")[0]["video"])


def test_names_that_differ_in_case_only(tmp_path):
    root = trees.megc(tmp_path, frames=1)
    trees.images(root / "SAMM_Test_cropped" / "008_a", "{}.jpg", [1])
    trees.images(root / "SAMM_Test_cropped" / "008_A", "{}.jpg", [1])
    videos, _, notes = opened("megc", root)
    assert len(videos) == 5
    assert any("differs from 008_A in the case of letters only" in n.text for n in notes) or any(
        "differs from 008_a in the case of letters only" in n.text for n in notes
    )

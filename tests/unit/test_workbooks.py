"""Workbooks as people hand them out: old formats, several at once, cells that are not as meant."""

import datetime
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mespot import config
from mespot.corpora import kinds, workbook
from mespot.corpora.notes import CHANGED, DOUBTFUL, LEFT_OUT, REMARK
from mespot.errors import InputError
from tests import trees

HEAD = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type"]
BOTH = [
    ["spNO.1", "A", 120, 125, 131, "4", "Micro-expression"],
    ["spNO.1", "a", 140, 150, 0, "12", "Macro-expression"],
    ["spNO.2", "b", 130, 136, 142, "4", "Micro-expression"],
]
MICRO_ONLY = "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx"
OLD = "CAS(ME)3_part_A_v2.xls"


def old_workbook(file, rows):
    """A workbook of Excel 2, which is the shortest .xls there is: a record a cell."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    cells = b""
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            place = struct.pack("<HH3x", y, x)
            if isinstance(value, str):
                text = value.encode("cp1252")
                cells += record(0x0004, place + bytes([len(text)]) + text)
            else:
                cells += record(0x0003, place + struct.pack("<d", value))
    begin, end = record(0x0009, struct.pack("<HH", 2, 0x10)), record(0x000A, b"")
    file.write_bytes(begin + cells + end)


@pytest.fixture
def casme3(tmp_path):
    """The folder of workbooks of a CAS(ME)^3 that has none yet."""
    trees.casme3(tmp_path)
    folder = tmp_path / "annotation"
    (folder / "cas(me)3_part_A_label_v2.xlsx").unlink()
    return folder


def labels_of(root, kind="casme3", **settings):
    """(video, type, onset, offset) of each label, and the notes."""
    settings = config.loader_settings(kind, settings)
    videos, _ = kinds.read_videos(kind, root, settings)
    labels, notes = kinds.read_labels(kind, kinds.workbooks(kind, root, settings), videos, settings)
    found = [tuple(row) for row in labels[["video", "type", "onset", "offset"]].to_numpy()]
    return sorted(found), notes


def told(notes, what, *words):
    return any(n.what == what and all(word in str(n) for word in words) for n in notes)


FROM_OLD = [
    ("spNO.1_a", "macro", 140, 150), ("spNO.1_a", "micro", 120, 131),
    ("spNO.2_b", "micro", 130, 142),
]  # fmt: skip


def test_an_old_workbook_is_read(casme3):
    old_workbook(casme3 / OLD, [HEAD, *BOTH])
    labels, notes = labels_of(casme3.parent)
    assert labels == FROM_OLD
    assert told(notes, CHANGED, "row 3: offset 0", "150 by the convention apex")


@pytest.mark.parametrize(("convention", "end"), [("mirror", 160), ("plus20", 170), ("drop", None)])
def test_an_end_that_is_not_visible(casme3, convention, end):
    trees.workbook(casme3 / "cas(me)3_part_A_v2.xlsx", {"label": [HEAD, *BOTH]})
    labels, _ = labels_of(casme3.parent, missing_offset=convention)
    assert [row[3] for row in labels if row[1] == "macro"] == ([] if end is None else [end])


def test_labels_that_two_workbooks_have_count_once(casme3):
    old_workbook(casme3 / OLD, [HEAD, *BOTH])
    rows = [["spNO.1", "a", 120, 125, 131], ["spNO.2", "b", 130, 136, 142]]
    trees.workbook(casme3 / MICRO_ONLY, {"label": [HEAD[:5], *rows]})
    labels, notes = labels_of(casme3.parent)
    assert labels == FROM_OLD
    assert told(notes, REMARK, MICRO_ONLY, f"2 labels stand in {OLD} too")
    assert not told(notes, DOUBTFUL) and not told(notes, LEFT_OUT)


def test_workbooks_that_contradict_each_other_are_told(casme3):
    old_workbook(casme3 / OLD, [HEAD, *BOTH])
    rows = [["spNO.1", "a", 122, 126, 133], ["spNO.10", "a", 150, 152, 155]]
    trees.workbook(casme3 / MICRO_ONLY, {"label": [HEAD[:5], *rows]})
    labels, notes = labels_of(casme3.parent)
    assert labels == sorted([*FROM_OLD, ("spNO.10_a", "micro", 150, 155)])
    (left_out,) = [str(note) for note in notes if note.what == LEFT_OUT]
    assert f"{MICRO_ONLY}: sheet 'label': row 2: micro [122, 133] contradicts micro [120, 131]" in (
        left_out
    )
    assert f"{OLD}: sheet" in left_out and "the key `workbook` chooses" in left_out
    assert told(notes, DOUBTFUL, MICRO_ONLY, f"2 micro labels are not in {OLD}")
    assert told(notes, DOUBTFUL, OLD, f"2 micro labels are not in {MICRO_ONLY}")
    assert labels_of(casme3.parent, workbook=[str(casme3 / OLD)])[0] == FROM_OLD


def test_workbooks_in_several_folders_are_all_read(casme3):
    old_workbook(casme3 / OLD, [HEAD, *BOTH[1:]])
    trees.workbook(casme3.parent / MICRO_ONLY, {"label": [HEAD[:5], BOTH[0][:5]]})
    assert labels_of(casme3.parent)[0] == FROM_OLD


def test_a_class_that_nobody_showed_and_a_file_that_is_not_read_are_told(casme3):
    trees.workbook(casme3 / MICRO_ONLY, {"label": [HEAD[:5], BOTH[0][:5]]})
    (casme3 / "CAS(ME)3_part_A_v2.ods").write_bytes(b"x")
    (casme3 / "CAS(ME)3 paper.pdf").write_bytes(b"x")
    (casme3 / "~$CAS(ME)3_part_A_v2.xls").write_bytes(b"x")
    labels, notes = labels_of(casme3.parent)
    assert labels == [("spNO.1_a", "micro", 120, 131)]
    assert told(notes, DOUBTFUL, MICRO_ONLY, "no macro label at all")
    not_read = [str(note) for note in notes if "is not read" in note.text]
    assert len(not_read) == 1 and "v2.ods" in not_read[0] and "save it as .xlsx" in not_read[0]
    (casme3 / MICRO_ONLY).unlink()
    with pytest.raises(InputError, match=r"v2.ods: cannot be read .*; save it as .xlsx"):
        labels_of(casme3.parent)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><table>", "not a readable .xls workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx, without a password"),
        (b"PK\x03\x04x", "not a readable .xlsx workbook"),
        (b"", "not a readable .xls workbook"),
    ],
)
def test_a_file_that_is_no_workbook(casme3, content, words):
    (casme3 / OLD).write_bytes(content)
    with pytest.raises(InputError, match=r"v2.xls: not a readable") as caught:
        labels_of(casme3.parent)
    assert words in str(caught.value)


def test_a_workbook_counts_by_its_contents(casme3):
    made = trees.workbook(casme3 / "x.xlsx", {"label": [HEAD, *BOTH]})
    made.rename(casme3 / OLD)
    assert labels_of(casme3.parent)[0] == FROM_OLD


def edited(root, kind, change):
    """The labels of a corpus of which `change` has edited the first sheet of the workbook."""
    make = {"casme3": trees.casme3, "samm_lv": trees.samm_lv, "casme2": trees.casme2}[kind]
    settings = config.loader_settings(kind, {})
    (path,) = kinds.workbooks(kind, make(root), settings)
    book = load_workbook(path)
    change(book.worksheets[0])
    book.save(path)
    return labels_of(root, kind)


@pytest.mark.parametrize(
    ("cells", "what", "words"),
    [
        ({"E2": "=C2+11"}, LEFT_OUT, ("row 2", "a formula that was never calculated")),
        ({"A3": None, "B3": None}, LEFT_OUT, ("row 3: subject is empty", "cells were merged")),
        ({"B3": None}, LEFT_OUT, ("row 3: filename is empty",)),
        ({"D2": "\\", "C2": "120"}, CHANGED, ("row 2", "'120', stored as text, read as 120")),
        ({"C2": "'120", "E2": "131\u200b"}, CHANGED, ("row 2", "read as 120, and 1 more")),
        ({"E3": "n/a"}, LEFT_OUT, ("row 3", "is not a number ('140' and 'n/a')")),
        ({"I2": "blink"}, LEFT_OUT, ("row 2: type 'blink' is neither micro nor macro",)),
    ],
)
def test_cells_that_are_not_as_meant(tmp_path, cells, what, words):
    def change(sheet):
        for place, value in cells.items():
            sheet[place] = value

    labels, notes = edited(tmp_path, "casme3", change)
    assert told(notes, what, *words), [str(note) for note in notes]
    assert len(labels) == 4 - sum(n.what == LEFT_OUT and "row 6" not in n.where for n in notes)


def test_invisible_characters_and_other_words_do_no_harm(tmp_path):
    def change(sheet):
        sheet["A4"], sheet["B2"], sheet["I2"], sheet["I3"] = (
            "spNO.2\u00a0",
            "a\u200b",
            "ME",
            "Macro",
        )

    plain, _ = labels_of(trees.casme3(tmp_path / "plain"))
    assert edited(tmp_path / "edited", "casme3", change)[0] == plain


def test_a_date_that_was_a_name(tmp_path):
    def change(sheet):
        sheet["B12"], sheet["H15"] = datetime.datetime(2006, 1, 2), "ME"

    labels, notes = edited(tmp_path, "samm_lv", change)
    assert told(notes, LEFT_OUT, "row 12: filename is the date 2006-01-02: a spreadsheet program")
    assert ("037_4", "micro", 30, 60) in labels


def test_words_for_the_types_of_casme2(tmp_path):
    def change(sheet):
        for row, word in ((1, "micro expression"), (2, "MaE"), (3, "Macro_Expression")):
            sheet.cell(row, 8).value = word

    plain, _ = labels_of(trees.casme2(tmp_path / "plain", frames=1), "casme2")
    assert edited(tmp_path / "edited", "casme2", change)[0] == plain


def test_a_column_put_in_before_the_others_of_casme2(tmp_path):
    plain, _ = labels_of(trees.casme2(tmp_path / "plain", frames=1), "casme2")
    labels, notes = edited(tmp_path / "edited", "casme2", lambda sheet: sheet.insert_cols(1))
    assert labels == plain and told(notes, CHANGED, "CASFEcode_final", "from column 2 on")


def test_workbooks_of_other_parts_are_not_read(casme3):
    old_workbook(casme3 / OLD, [HEAD, *BOTH])
    (casme3 / "cas(me)3_part_C_ME.xlsx").write_bytes(b"PK")
    assert labels_of(casme3.parent)[0] == FROM_OLD


def test_cells_of_an_old_workbook(tmp_path):
    old_workbook(tmp_path / "a.xls", [["Onset", 310.0], ["", 0.5], ["0101", "x"]])
    (sheet,) = workbook.read(tmp_path / "a.xls")
    assert sheet.rows == [(1, ("Onset", 310.0)), (2, (None, 0.5)), (3, ("0101", "x"))]


# ---------------------------------------------------------------- the folders that were handed over

# Corpora of the cases: how many labels are used, and what is told.
CASES = Path(__file__).parents[3] / "shared" / "reference" / "cases"
FOLDERS = {
    "c2_head": (8, ("row 1: subject number 'subject' is not one of 1 to 22",)),
    "c2_open": (8, ()),
    "c2_words": (8, ()),
    "c3_formula": (
        2,
        ("row 2: onset or offset is a formula that was never", "row 3: onset or off"),
    ),
    "c3_header": (4, ("row 12: filename is empty",)),
    "c3_merged": (3, ("row 3: subject is empty; if cells were merged",)),
    "c3_open": (4, ()),
    "c3_text": (4, ("row 2: frame number '120', stored as text, read as 120, and 3 more",)),
    "c3_webm": (4, ()),
    "samm_num": (
        5,
        ("row 12: filename is the date 2006-01-02", "row 16: onset or offset is not a"),
    ),
}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"needs {CASES}, which is not there")
def test_the_folders_that_people_hand_over(tmp_path):
    script, project = CASES / "make_corpora.py", Path(__file__).parents[2]
    subprocess.run([sys.executable, script, project, tmp_path / "out"], check=True)
    made = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert set(made) == {*FOLDERS, "c2_copy"}
    kinds_of = {"c2": "casme2", "c3": "casme3", "sa": "samm_lv"}
    for name, (count, words) in FOLDERS.items():
        labels, notes = labels_of(made[name], kinds_of[name[:2]])
        assert len(labels) == count, name
        for text in words:
            assert any(text in str(note) for note in notes), (name, text)
    with pytest.raises(InputError, match="2 workbooks of .* - Copy.xlsx.*choose one with the key"):
        labels_of(made["c2_copy"], "casme2")

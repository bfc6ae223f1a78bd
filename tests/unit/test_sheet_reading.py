"""What people and their programs make of a sheet: read where it can be meant in one way only."""

import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest

from mespot.corpora.notes import CHANGED, DOUBTFUL, REMARK, Notes
from mespot.corpora.sheet import read_sheets
from mespot.errors import InputError
from mespot.store import sheet_cells
from mespot.store.sheet_cells import Unreadable

CASES = Path(__file__).parents[3] / "shared" / "reference" / "cases"
VIDEOS = "subject,video,path,fps\nanna,anna_1,v/anna_1.mp4,30\nben,ben_1,v/ben_1.mp4,25\n"
HEAD = "subject,video,onset,apex,offset,type\n"
ROWS = "anna,anna_1,310,316,322,micro\nben,ben_1,512,,570,macro\n"


@pytest.fixture
def sheets(tmp_path):
    """A function that reads two sheets and gives videos, labels and the notes by what they are."""
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "anna_1").mkdir()
    for name in ("anna_1.mp4", "ben_1.mp4"):
        (tmp_path / "v" / name).write_bytes(b"x")

    def read(videos=VIDEOS, labels=HEAD + ROWS, encoding="utf-8"):
        (tmp_path / "videos.csv").write_bytes(videos.encode(encoding))
        (tmp_path / "labels.csv").write_bytes(labels.encode(encoding))
        notes = Notes()
        table = read_sheets(tmp_path / "videos.csv", tmp_path / "labels.csv", notes=notes)
        return *table, [(note.what, str(note)) for note in notes.entries]

    return read


def intervals(labels):
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in labels[["onset", "apex", "offset", "type"]].itertuples(index=False)
    ]


PLAIN = [(310, 316, 322, "micro"), (512, None, 570, "macro")]


def told(notes, what, *words):
    return any(kind == what and all(word in text for word in words) for kind, text in notes)


def test_a_plain_sheet_is_read_without_a_note(sheets):
    videos, labels, notes = sheets()
    assert intervals(labels) == PLAIN and notes == []
    assert videos["fps"].tolist() == [30, 25]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ((HEAD + ROWS).replace(",", ";"), "separated by semicolons"),
        ("sep=;\n" + (HEAD + ROWS).replace(",", ";"), "separated by semicolons"),
        ((HEAD + ROWS).replace(",", "\t"), "separated by tabs"),
        (HEAD.title() + ROWS, "'Offset' as offset"),
        (HEAD.replace("subject", "Sub\u200bject ") + ROWS, "as subject"),
        (HEAD + ROWS.replace("310", "310.0"), "onset: '310.0' read as 310"),
        (HEAD + ROWS.replace("310", "\uff13\uff11\uff10"), "read as 310"),
        (HEAD + ROWS.replace("310", "'310"), "read as 310"),
        (HEAD + ROWS.replace("310", "310\u200b"), "without invisible characters"),
        (HEAD + ROWS.replace("ben_1", "ben_1\ufeff"), "read as ben_1"),
        (HEAD + ROWS.replace(",,", ",NaN,"), "apex: 'NaN' read as empty"),
        (HEAD + ROWS.replace(",,", ",\\,"), "read as empty"),
        (HEAD + ROWS.replace(",,", ",-1,"), "apex: '-1' read as empty"),
        (HEAD + ROWS.replace(",micro", ",Micro-Expressions"), "read as micro"),
        (HEAD + ROWS.replace(",macro", ",MaE"), "type: 'MaE' read as macro"),
        (HEAD + ROWS.replace("anna_1,", "Anna_1.MP4,"), "'Anna_1.MP4' read as anna_1"),
        (HEAD + ROWS.replace("\nben", "\n" + HEAD + "ben"), "row 3: is the header again"),
        ((HEAD + ROWS).replace(",", ";").replace("310", "310,0"), "'310,0' read as 310"),
    ],
)
def test_what_can_be_meant_in_one_way_is_read_and_told(sheets, text, words):
    _, labels, notes = sheets(labels=text)
    assert intervals(labels) == PLAIN
    assert labels["video"].tolist() == ["anna_1", "ben_1"]
    assert labels["subject"].tolist() == ["anna", "ben"]
    assert told(notes, CHANGED, words), notes


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", ",,\n") + ",,,,,,,\n\n,,,,,,,\n",
        lambda text: text.replace("\n", "\r\n\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "sep=,\n" + text,
        lambda text: text.replace("310", "\u00a0310 "),
    ],
)
def test_what_changes_nothing_is_not_told(sheets, change):
    _, labels, notes = sheets(labels=change(HEAD + ROWS))
    assert intervals(labels) == PLAIN and notes == []


def test_utf_16_is_read(sheets):
    videos, labels, _ = sheets(encoding="utf-16")
    assert intervals(labels) == PLAIN and len(videos) == 2


def test_an_index_column_is_passed_over_and_told(sheets):
    lines = (HEAD + ROWS).splitlines()
    text = "\n".join(f"{'' if i == 0 else i - 1},{line}" for i, line in enumerate(lines))
    _, labels, notes = sheets(labels=text)
    assert intervals(labels) == PLAIN and list(labels)[-1] == "row"
    assert told(notes, REMARK, "column 1 has no name")


def test_columns_of_the_user_are_kept_as_they_are(sheets):
    text = "row,subject,video,onset,offset,AU,type\nAB,anna,anna_1,310,322, 4+7\u200b,micro\n"
    _, labels, notes = sheets(labels=text)
    assert labels["AU"].tolist() == ["4+7\u200b"] and labels["row_2"].tolist() == ["AB"]
    assert labels["onset"].tolist() == [310] and labels["apex"].isna().all()
    assert told(notes, REMARK, "row 1", "kept as they are in labels.csv", "row_2, AU")


@pytest.mark.parametrize(
    ("times", "frames"),
    [
        ("10.33,,10.7333", (310, None, 322)),  # 309.9 and 322.0 at 30 frames a second
        ("00:10.33,00:10.5,00:10.73", (310, 315, 322)),
        ("00:00:10.33,,0:00:10.73", (310, None, 322)),
        ('"10,33",,10.73 s', (310, None, 322)),
        ("1:10.0,,1:10.5", (2100, None, 2115)),
    ],
)
def test_times_become_frames(sheets, times, frames):
    text = f"subject,video,onset_s,apex_s,offset_s,type\nanna,anna_1,{times},micro\n"
    _, labels, notes = sheets(VIDEOS.replace("anna_1.mp4", "anna_1"), text)  # images
    assert intervals(labels) == [(*frames, "micro")]
    assert told(notes, CHANGED, "row 2: onset_s", f"frame {frames[0]}", "at 30 frames a second")


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ("00:00:10,00:00:11", "can be hours, minutes and seconds, or minutes, seconds and hund"),
        ("00:00:10:12,00:00:10:20", "with a frame number at its end"),
        ("10:75.0,10:76.0", "more than 59 minutes or seconds"),
        ('"10,330","10,730"', "can be read in two ways; write 10.330 or 10330"),
        ("-1,2", "must be a time in seconds or as mm:ss.ms"),
        (",2", "onset: '' must be a whole frame number"),
        ("2,1", "is before the onset"),
    ],
)
def test_a_time_that_is_not_clear_is_refused(sheets, times, words):
    text = f"subject,video,onset_s,offset_s,type\nanna,anna_1,{times},micro\n"
    with pytest.raises(InputError, match=r"labels.csv: row 2: ") as caught:
        sheets(labels=text)
    assert words in str(caught.value)


def test_times_of_video_files_wait_for_their_time_stamps(sheets):
    text = "subject,video,onset,onset_s,apex_s,offset_s,type\n"
    rows = "anna,anna_1,,10,,10.5,micro\nanna,anna_1,5,,-,10.5,macro\nben,ben_1,,1,,2,micro\n"
    _, labels, _ = sheets(VIDEOS.replace(",30", ","), text + rows)
    assert labels[["onset", "apex", "offset"]].isna().all(axis=None)
    assert labels["type"].tolist() == ["micro", "macro", "micro"]
    with pytest.raises(InputError, match="row 5: apex_s: 3 is outside"):
        sheets(labels=f"{text}{rows}ben,ben_1,,1,3,2,micro\n")


@pytest.mark.parametrize(
    ("written", "fps"),
    [("29,97", 29.97), ("30000/1001", 30000 / 1001), ("30 fps", 30), ("25 Hz", 25), ("1e2", 100)],
)
def test_rates(sheets, written, fps):
    videos, _, notes = sheets(VIDEOS.replace(",30\n", f',"{written}"\n'))
    assert videos["fps"][0] == pytest.approx(fps)
    assert told(notes, CHANGED, "row 2: fps", written) == (written != "1e2")


@pytest.mark.parametrize("written", ["30.0.0", "fast", "0", "-30", "inf", "30,000", "30 ms", "1/0"])
def test_rates_that_are_none(written):
    with pytest.raises(Unreadable, match=re.escape(f"'{written}'")):
        sheet_cells.rate(written)


@pytest.mark.parametrize("written", ["310.000", "1,5", "1.5", "1e3", "", "+-3", "0x3", "3 1", "-3"])
def test_frames_that_are_none(written):
    """With semicolons between the columns, a comma is a decimal mark and a point may be none."""
    with pytest.raises(Unreadable, match="must be a whole frame number"):
        sheet_cells.whole(written, decimal_comma=True)


def test_paths_of_windows(sheets, tmp_path):
    videos, _, notes = sheets(VIDEOS.replace("v/anna", "v\\anna"))
    assert videos["path"][0] == str(tmp_path / "v/anna_1.mp4")
    assert told(notes, CHANGED, "row 2: path", "written with back-slashes")
    (tmp_path / "v\\ben_1.mp4").write_bytes(b"x")  # a name that has one is meant as it is
    videos, _, notes = sheets(VIDEOS.replace("v/ben", "v\\ben"))
    assert videos["path"][1] == str(tmp_path / "v\\ben_1.mp4") and notes == []


def test_what_leads_elsewhere_is_told_the_way(sheets, tmp_path):
    for path, write in [("/data/a.mp4", "it relative"), (f"{tmp_path}/v/ben_1.mp4", "'v/ben_1")]:
        with pytest.raises(InputError, match="as `sheet.root`") as caught:
            sheets(VIDEOS.replace("v/anna_1.mp4", path))
        assert f"write {write}" in str(caught.value)
    (tmp_path / "out").symlink_to("/usr")
    with pytest.raises(InputError, match="is a link to .* above all recordings as `sheet.root`"):
        sheets(VIDEOS.replace("v/anna_1.mp4", "out/bin"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("anna,anna_1,600,,770,micro", "row 4: [600, 770] is a micro of 5.70 s (171 frames"),
        ("ben,ben_1,600,,603,macro", "row 4: [600, 603] is a macro of 0.16 s (4 frames"),
        ("anna,anna_1,600,,2000,macro", "is a macro of 46.70 s"),
        ("anna,anna_1,600,,600,micro", "is a micro of 0.03 s (1 frames at 30"),
        ("anna,anna_1,311,,322,micro", "are nearly the same micro-expression"),
    ],
)
def test_an_unlikely_label_is_told_and_used(sheets, row, words):
    _, labels, notes = sheets(labels=HEAD + ROWS + row + "\n")
    assert len(labels) == 3 and [what for what, _ in notes] == [DOUBTFUL]
    assert words in notes[0][1]


def test_without_a_rate_only_what_no_usual_rate_explains_is_told(sheets):
    unknown = VIDEOS.replace(",30", ",").replace(",25", ",")
    labels = "anna,anna_1,600,,700,micro\nanna,anna_1,800,,810,macro\nben,ben_1,1,,400,micro\n"
    _, _, notes = sheets(unknown, HEAD + labels)
    assert len(notes) == 1 and "row 4: [1, 400] is a micro of 2.00 s" in notes[0][1]


@pytest.mark.parametrize(
    ("n_frames", "words"),
    [("571", ""), ("570.0", "row 3: offset: 570 is beyond the last frame, 569; .* if labels co"),
     ("500", "row 3: offset: 570 is beyond the last frame, 499; correct it, or n_frames in the "),
     ("x", "row 3: n_frames: 'x' must be a whole")],
)  # fmt: skip
def test_an_end_beyond_the_frames_that_the_sheet_states(sheets, n_frames, words):
    head, anna, ben = VIDEOS.split()
    videos = f"{head},n_frames\n{anna},\n{ben},{n_frames}\n"
    if not words:
        assert intervals(sheets(videos)[1]) == PLAIN
        return
    with pytest.raises(InputError, match=words):
        sheets(videos)


def test_unlikely_recordings_are_told(sheets):
    _, _, notes = sheets(VIDEOS.replace(",30\n", ",30000\n").replace("ben_1.mp4", "anna_1.mp4"))
    assert told(notes, DOUBTFUL, "row 2: fps: 30000", "30000/1001 = 29.97")
    assert told(notes, DOUBTFUL, "row 3: path", "is the recording of row 2 too")


# ---------------------------------------------------------------- the sheets that were handed over

# What stands in the labels of each sheet; of those that are refused, what the message says.
FIRST, BEN = (310, 316, 322, "micro"), (512, None, 570, "macro")
READ = {
    "a01_good": [FIRST, BEN], "a02_semicolon_bom": [FIRST, BEN], "a03_sep_line": [FIRST, BEN],
    "a04_sep_semicolon": [FIRST, BEN], "a05_utf16": [FIRST, BEN], "a07_floats": [FIRST, BEN],
    "a08_all_floats": [FIRST, BEN], "a09_decimal_comma_semicolon": [FIRST],
    "a10_trailing_commas": [FIRST, BEN], "a12_apostrophe": [FIRST], "a13_nbsp": [FIRST],
    "a14_zero_width": [FIRST], "a15_header_case": [FIRST, BEN], "a16_type_words": [FIRST, BEN],
    "a17_apex_slash": [(310, None, 322, "micro")], "a19_apex_minus1": [(310, None, 322, "micro")],
    "a18_apex_NA": [(310, None, 322, "micro"), BEN], "a23_second_header": [FIRST, BEN],
    "a25_extra_columns": [FIRST], "a30_cr_only": [FIRST, BEN], "a31_crlf_blank_lines": [FIRST, BEN],
    "a32_tabs": [FIRST, BEN], "a35_fullwidth_digits": [(310, None, 322, "micro")],
    "a38_ext_in_name": [FIRST], "a39_case_of_name": [FIRST],
    "a40_micro_2s": [(310, 316, 1022, "micro")],
}  # fmt: skip
REFUSED = {
    "a06_cp1252": "row 3: is not UTF-8 text", "a20_timestamps": "a column onset_s",
    "a22_merged_cells": "row 3: video: is empty; if cells were merged",
    "a26_duplicate_two_coders": "row 3: video: the same label as in row 2",
    "a27_note_row": "row 4: columns: has only 'total: 2 expressions'",
    "a28_thousands": "write it without separators", "a29_quotes": "row 3: is not CSV",
    "a37_offset_0": "if the end is not visible",
}  # fmt: skip
RATES = {
    "v01_windows_path": 30, "v04_decimal_comma_fps": 29.97, "v05_quoted_decimal_comma_fps": 29.97,
    "v06_fraction_fps": 30000 / 1001, "v07_fps_words": 30, "v08_fps_huge": 30000,
    "v12_dash_name": 30, "v14_same_file_twice": 30, "v17_numeric_ids": 30,
}  # fmt: skip
NO_VIDEOS = {
    "v02_absolute": "`sheet.root`", "v09_chinese_names": "A-Z a-z 0-9", "v11_long_name": "room for",
    "v13_same_case": "in the case of letters only", "v16_no_subject": "subject: is empty",
}  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason=f"needs {CASES}, which is not there")
def test_the_sheets_that_people_hand_over(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_sheets.py", str(tmp_path)])
    spec = importlib.util.spec_from_file_location("make_sheets", CASES / "make_sheets.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    made = {path.stem: path for path in tmp_path.glob("[av][0-9][0-9]_*")}
    assert set(made) == {*READ, *REFUSED, *RATES, *NO_VIDEOS}
    for name, expected in READ.items():
        assert intervals(read_sheets(tmp_path / "videos.csv", made[name])[1]) == expected, name
    for name, fps in RATES.items():
        assert read_sheets(made[name])[0]["fps"][0] == pytest.approx(fps), name
    for name, words in REFUSED.items():
        with pytest.raises(InputError, match=re.escape(words)):
            read_sheets(tmp_path / "videos.csv", made[name])
    for name, words in NO_VIDEOS.items():
        with pytest.raises(InputError, match=re.escape(words)):
            read_sheets(made[name])


@pytest.mark.parametrize("written", ["10²", "1.000", "①", "1½"])
def test_numbers_that_can_be_read_in_two_ways(written):
    with pytest.raises(Unreadable, match=f"'{re.escape(written)}' must be a whole frame number"):
        sheet_cells.whole(written)
    for reader in (sheet_cells.rate, sheet_cells.seconds):
        if written != "1.000":
            with pytest.raises(Unreadable):
                reader(written)

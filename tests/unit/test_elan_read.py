"""ELAN files as annotations: tiers, times and links; what cannot be read is refused."""

import re

import pandas as pd
import pytest

from mespot.corpora.notes import Notes
from mespot.corpora.sheet import read_annotations
from tests.unit.read_annotations import read, refused


def eaf(tiers, media="file:///C:/other/v.mp4", head="", slots=None):
    """An EAF file. tiers: name -> [(start, end, text)] ms."""
    values, body, number = [], "", 0
    for name, rows in tiers.items():
        body += f'<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="{name}">'
        for start, end, text in rows:
            number += 1
            values += [start, end]
            body += (
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}"'
                f' TIME_SLOT_REF1="ts{len(values) - 1}" TIME_SLOT_REF2="ts{len(values)}">'
                f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            )
        body += "</TIER>"
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}"' + ("/>" if value is None else f' TIME_VALUE="{value}"/>')
        for n, value in enumerate(values, 1)
    )
    link = f'<MEDIA_DESCRIPTOR MEDIA_URL="{media}" MIME_TYPE="video/mp4"{head}/>' if media else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="3.0">'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{link}</HEADER>'
        f"<TIME_ORDER>{order}</TIME_ORDER>{body}</ANNOTATION_DOCUMENT>"
    )


@pytest.fixture
def elan(tmp_path):
    def make(*arguments, name="x.eaf", encoding="utf-8", **settings):
        text = arguments[0] if isinstance(arguments[0], str) else eaf(*arguments, **settings)
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return make


def test_tiers_texts_and_times_of_elan(elan):
    path = elan(
        {
            "micro": [(390, 810, ""), (1000, 1010, "AU4")],  # to the nearest edges; under a frame
            " SMILE ": [(2000, 3000, "")],
            "expr": [(4000, 5000, "macro"), (6000, 7000, "speech")],
            "peak": [(600, 640, "")],
            "gaze": [(0, 10, "left"), (20, 30, "right")],
        }
    )
    notes = Notes()
    assert read(path, notes=notes) == [
        ("micro", 10, 15, 19),
        ("micro", 25, None, 25),
        ("macro", 50, None, 74),
        ("macro", 100, None, 124),
    ]
    assert "not read: 'expr' (1), 'gaze' (2)" in str(notes.entries[0])


def test_files_of_windows_and_utf_16(elan):
    text = eaf({"micro": [(400, 800, "x")]}).replace("\n", "\r\n")
    assert read(elan("\ufeff" + text)) == [("micro", 10, None, 19)]
    wide = text.replace("UTF-8", "UTF-16")
    assert read(elan(wide, encoding="utf-16")) == [("micro", 10, None, 19)]


def test_annotations_of_a_part_of_the_video(elan):
    """TIME_ORIGIN: the annotations begin there."""
    path = elan({"micro": [(400, 800, "")]}, head=' TIME_ORIGIN="2000"')
    assert read(path) == [("micro", 60, None, 69)]


def referring(target="a1", more=""):
    return eaf({"all": [(400, 800, "")]}).replace(
        "</ANNOTATION_DOCUMENT>",
        '<TIER LINGUISTIC_TYPE_REF="r" PARENT_REF="all" TIER_ID="expr"><ANNOTATION>'
        f'<REF_ANNOTATION ANNOTATION_ID="b1" ANNOTATION_REF="{target}"><ANNOTATION_VALUE>macro'
        f"</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>{more}</TIER></ANNOTATION_DOCUMENT>",
    )


def test_references_have_the_time_of_what_they_refer_to(elan):
    assert read(elan(referring())) == [("macro", 10, None, 19)]
    more = re.search(r"<ANNOTATION><REF_.*?</ANNOTATION>", referring())[0].replace("b1", "b2")
    refused(elan(referring(more=more)), "tier 'expr', annotation 'b1': shares the time", "ELAN")
    refused(elan(referring("b1")), "refers to annotation 'b1'")
    refused(elan(referring("zz")), "annotation 'b1': refers to annotation 'zz', which is not there")


@pytest.mark.parametrize(
    ("tiers", "settings", "expected"),
    [
        (
            {"micro": [(400, None, "")]},
            {},
            "tier 'micro', annotation 'a1': has the time slot 'ts2'",
        ),
        ({"micro": [(400, 400, "")]}, {}, "ends at 0.4, not after its start 0.4"),
        ({"micro": [("4s", 800, "")]}, {}, "has the time '4s'"),
        ({"peak": [(400, 440, "")]}, {}, "annotation 'a1': lies in no expression"),
        ({"micro": [(0, 400, "")], "peak": [(0, 40, ""), (80, 90, "")]}, {}, "is a second apex of"),
        ({"gaze": [(0, 400, "")]}, {}, "has none of 'micro', 'smile', 'expr: macro', 'peak', but"),
        ({"micro": []}, {"media": "w.mp4"}, "links 'w.mp4', which is no video of the recording"),
        ({"micro": []}, {"media": ""}, "links no video, and no video of the recording sheet has"),
        ({"micro": [(0, 40, "")]}, {"head": ' TIME_ORIGIN="x"'}, "TIME_ORIGIN 'x' is no whole"),
    ],
)
def test_what_cannot_be_read_of_elan(elan, tiers, settings, expected):
    path = elan(tiers, **settings)
    assert refused(path, str(path), expected)


def test_labels_outside_the_video(elan):
    path = elan({"micro": [(9900, 11000, "")]})
    text = "[9.9, 11] is outside 'v', which ends at 10.000 s; is it the right video?"
    refused(path, text, late=True)
    assert read(elan({"micro": [(9890, 10010, "")]})) == [("micro", 247, None, 249)]


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "kind",
    [
        f'<!DOCTYPE d [<!ENTITY a0 "ha">{BOMB}]>',
        '<!DOCTYPE d [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d SYSTEM "http://localhost:9/x.dtd">',
    ],
)
def test_hostile_xml(elan, kind):
    text = eaf({"micro": [(0, 400, "&a9;" if "a9" in kind else "")]})
    text = text.replace("<ANNOTATION_DOCUMENT", f"{kind}<ANNOTATION_DOCUMENT", 1)
    refused(elan(text), "has a document type or entities, which no EAF file has")


def test_other_files_that_are_called_eaf(elan, tmp_path):
    refused(elan("<a><b></a>"), "x.eaf: row 1, column 8: is not XML")
    refused(elan("<svg/>"), "is XML of another kind ('svg')")
    refused(elan(""), "is not XML")
    refused(elan("<a>" * 10_000), "is not XML")
    refused(elan('<?xml version="1.0" encoding="klingon"?><a/>'), "is not XML")
    (tmp_path / "big.eaf").touch()
    with (tmp_path / "big.eaf").open("wb") as file:
        file.truncate(3_000_000_000)
    refused(tmp_path / "big.eaf", "has 3000 MB")
    refused(tmp_path / "none.eaf", "does not exist; correct the path")
    refused(elan("x", name="x.etf"), "a template of ELAN; name the .eaf")


# ---------------------------------------------------------------- whose it is


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ("C:\\videos\\b\\talk.mp4", "b_1"),
        ("file:///home/x/a/talk.mp4", "a_1"),
        ("../media/B/TALK.MP4", "b_1"),
        ("./gr%C3%BC%C3%9Fe%201.avi", "c_1"),
        ("file:///x/gru\u0308ße 1.mov", "c_1"),
        ("frames_7", "d_1"),
        ("d_1.mp4", "d_1"),
        ("talk.mp4", None),
        ("z/talk.mp4", None),
    ],
)
def test_videos_are_found_by_the_name_of_the_file(elan, media, expected):
    paths = ["/data/a/talk.mp4", "/data/b/talk.mp4", "/data/grüße 1.avi", "/data/frames_7"]
    sheet = pd.DataFrame(
        {"subject": list("abcd"), "video": ["a_1", "b_1", "c_1", "d_1"], "path": paths, "fps": 25.0}
    )
    path = elan({"micro": [(0, 400, "")]}, media=media)
    if expected is None:
        refused(path, "can be each of the videos 'a_1', 'b_1'; give their files", sheet=sheet)
    else:
        assert read_annotations(path, sheet)["video"].tolist() == [expected]


def test_without_a_link_the_file_has_the_name_of_its_video(elan):
    path = elan({"micro": [(0, 400, "")]}, media="", name="V.eaf")
    assert read(path) == [("micro", 0, None, 9)]

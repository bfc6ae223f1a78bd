"""Parts of tools' JSON of a kind that they must not be: named, and no label is lost without a
word."""

import copy
import json

import pytest

from mespot.corpora.notes import Notes
from mespot.corpora.sheet import read_annotations
from mespot.errors import InputError
from tests.unit.read_annotations import AT_25, NAMES, SHEET, read

OTHERS = [5, True, "x", {}, [], None, 10**400, {"x": [1]}]
EVENTS = [[0.4, "anna", "micro", "None", "", 10], [0.8, "anna", "micro", "None", "", 20]]
BORIS = {
    "project_format_version": "7.0",
    "behaviors_conf": {"0": {"code": "micro", "type": "State event"}},
    "observations": {
        "first": {
            "file": {"1": ["v.mp4"], "2": []},
            "type": "MEDIA",
            "time offset": 0.0,
            "events": EVENTS,
            "media_info": {"offset": {"1": 0.0}},
        }
    },
}
VALUE = {"ranges": [{"start": 2, "end": 9}], "timelinelabels": ["micro"]}
RESULT = {"id": "r", "type": "timelinelabels", "value": VALUE, "meta": {"text": ["note"]}}
STUDIO = [
    {"id": 1, "data": {"video": "v.mp4"}, "annotations": [{"id": 1, "result": [RESULT]}]},
]
SHORT = [{"id": 1, "video": "v.mp4", "videoLabels": [VALUE], "lead_time": 3.5}]
FILES = {"x.boris": BORIS, "full.json": STUDIO, "short.json": SHORT}
# What may be empty: nobody has seen anything there.
EMPTY = {("observations", "first", "events"), (0, "annotations", 0, "result")}


def places(part, above=()):
    """The keys that lead to each part of a file."""
    yield above
    if isinstance(part, (dict, list)):
        for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield from places(inner, (*above, key))


def replaced(content, place, other):
    if not place:
        return other
    content = copy.deepcopy(content)
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = other
    return content


@pytest.mark.parametrize("name", FILES)
def test_no_part_of_another_kind_breaks_the_reader_or_loses_a_label(tmp_path, name):
    path = tmp_path / name
    refused = 0
    for place in places(FILES[name]):
        for other in OTHERS:
            path.write_text(json.dumps(replaced(FILES[name], place, other)))
            notes = Notes()
            try:
                labels = read_annotations(path, SHEET, notes=notes, behaviours=NAMES, times=AT_25)
            except InputError as error:
                refused += 1
                assert str(path) in str(error) and len(str(error)) < 1000
                continue
            empty = other == [] and (place in EMPTY or name == "short.json")
            # Without any label in it, a list of JSON-MIN may be data of the task.
            unknown = name == "short.json" and len(place) <= 3
            assert len(labels) == 1 or notes.entries or empty or unknown, (place, other)
    assert refused > 30


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"timelinelabels": ["micro"]}, "has no list of ranges, but null"),
        ({"timelinelabels": ["micro"], "ranges": {"start": 1}}, "no list of ranges, but an object"),
        ({"timelinelabels": ["micro"], "ranges": []}, "has an empty list of ranges"),
        ({"timelinelabels": "micro", "ranges": []}, "timelinelabels is 'micro' and must be a list"),
        ({"choices": ["micro"]}, "is no range of frames; .*: a choice is of the whole task"),
        ({"taxonomy": [["face", "micro"]]}, "is no range of frames; .*: a choice"),
        ({"rectanglelabels": ["micro"]}, "is no range of frames; .*: rectanglelabels mark a place"),
        ({"labels": ["micro"], "start": 1}, "is no range of frames; .*: this label is on sound"),
    ],
)
def test_labels_without_frames(tmp_path, value, expected):
    path = tmp_path / "x.json"
    for task in (
        replaced(STUDIO, (0, "annotations", 0, "result", 0, "value"), value),
        replaced(SHORT, (0, "videoLabels"), [value]),
    ):
        path.write_text(json.dumps(task))
        with pytest.raises(InputError, match=f"x.json: task 1.*{expected}"):
            read(path)


def test_boxes_in_a_video_and_choices_beside_labels(tmp_path):
    path = tmp_path / "x.json"
    box = {"type": "videorectangle", "value": {"sequence": [], "labels": ["micro"]}}
    choice = {"type": "choices", "value": {"choices": ["good light"]}}
    arrow = {"type": "relation", "from_id": "r", "to_id": "r"}
    path.write_text(json.dumps(replaced(STUDIO, (0, "annotations", 0, "result"), [box])))
    with pytest.raises(InputError, match="a box that is followed through the video"):
        read(path)
    results = [RESULT, choice, arrow]
    path.write_text(json.dumps(replaced(STUDIO, (0, "annotations", 0, "result"), results)))
    notes = Notes()
    assert read(path, notes=notes) == [("micro", 1, None, 8)]
    assert "not read: 'good light' (1)" in str(notes.entries[0])
    short = {**SHORT[0], "light": {"choices": ["good", "micro"]}}
    path.write_text(json.dumps([short]))
    with pytest.raises(InputError, match="a choice is of the whole task"):
        read(path)


def test_a_task_that_nobody_has_annotated_is_told(tmp_path):
    path = tmp_path / "x.json"
    for annotations in ([], [{"was_cancelled": True, "result": [RESULT]}]):
        path.write_text(json.dumps(replaced(STUDIO, (0, "annotations"), annotations)))
        notes = Notes()
        assert read(path, notes=notes) == []
        assert "video 'v': no file annotates it" in str(notes.entries[0])


def test_a_behavior_that_a_project_does_not_define(tmp_path):
    path = tmp_path / "x.boris"
    path.write_text(json.dumps(replaced(BORIS, ("behaviors_conf",), {})))
    with pytest.raises(InputError, match="event 1: is of a behavior that the project does not def"):
        read(path)

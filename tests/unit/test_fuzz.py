"""Whatever is in a file, its reader ends, in time, and with our own error or with what it read.

`pytest -n 0 --long tests/unit/test_fuzz.py` tries other files for ten minutes a test.
"""

import copy
import random
import time

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mespot import config, config_files
from mespot.corpora.sheet import read_sheets
from mespot.errors import InputError
from mespot.formats import reading
from mespot.scoring.read import read_labels
from mespot.store import io, sheet_rows
from mespot.videos.how import DEFAULTS
from tests.hostile import bounded
from tests.unit.models import untrained
from tests.unit.stored_kinds import arrays, attributes
from tests.unit.stored_videos import waves, write_flow
from tests.unit.videos import steady


@pytest.fixture
def lasts(request):
    """Seconds that a test goes on; 0 for the short form, in which nothing is left to chance."""
    return request.config.getoption("--long")


def tried(lasts, examples, strategy, check):
    """Call `check` with values of a strategy: so many, or as many as there is time for."""
    end = time.monotonic() + lasts
    how = settings(
        max_examples=1000 if lasts else examples,
        derandomize=not lasts,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    while True:
        how(given(strategy)(check))()
        if time.monotonic() >= end:
            return


def refused(path, read, *arguments):
    """Raises whatever a reader raises that is not our own error."""
    try:
        read(*arguments)
    except InputError as error:
        assert str(path.parent) in str(error), error


# ---------------------------------------------------------------- texts

# What is in cells: names, numbers in all ways of writing, and what nobody writes.
CELL = st.one_of(
    st.sampled_from(
        ["s", "v", "v.mp4", "V", "micro", "ME", "macro", "", "/", "nan", "-1", "1.000"]
    ),
    st.integers(-(10**12), 10**12).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["10²", "1.000", "٣", "1:30.5", "1,5", "1e400", "30000/0", "29.97 fps", '="006"', "'7"]
    ),
    st.text(max_size=8),
)
COLUMNS = ["subject", "video", "path", "fps", "first_frame", "n_frames", "face"]
COLUMNS += ["onset", "apex", "offset", "type", "onset_s", "offset_s", "apex_s", "AU"]
TABLE = st.tuples(
    st.sampled_from([",", ";", "\t"]),
    st.lists(st.one_of(st.sampled_from(COLUMNS), CELL), min_size=1, max_size=9),
    st.lists(st.lists(CELL, max_size=9), max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
WHOLE = ["subject", "video", "path", "fps"], ["subject", "video", "onset", "offset", "type"]


def test_tables(tmp_path, lasts):
    (tmp_path / "v.mp4").write_bytes(b"x")
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns,v,v.mp4,30\n")
    path = tmp_path / "t.csv"

    def check(given_table):
        separator, header, rows, encoding = given_table
        for head in (header, *WHOLE):
            lines = [separator.join(cells) for cells in (head, *rows)]
            path.write_text("\n".join(lines), encoding=encoding, errors="replace")
            refused(path, read_sheets, path)
            refused(path, read_sheets, tmp_path / "videos.csv", path)
            refused(path, read_labels, path)

    tried(lasts, 60, TABLE, check)


def test_bytes_of_tables(tmp_path, lasts):
    path = tmp_path / "t.csv"

    def check(content):
        path.write_bytes(b"a,b\n" + content)
        refused(path, sheet_rows.rows, path, ["a", "b"])
        refused(path, reading.read, path)

    tried(lasts, 60, st.binary(max_size=300), check)


PLAIN = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    st.sampled_from(["learned", "face", "demo", "loso", "micro", "a/../b", "{x}"]),
)
VALUE = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=5
)


def test_values_of_the_config(lasts):
    whole = config.load(DEFAULTS)

    def check(change):
        number, value = change
        changed, draw = copy.deepcopy(whole), random.Random(number)
        section = changed
        while True:
            key = draw.choice(list(section))
            if not (isinstance(section[key], dict) and section[key]) or draw.random() < 0.2:
                break
            section = section[key]
        section[key] = value
        try:
            config.check(changed)
        except InputError as error:
            assert str(error).startswith("config: ")

    tried(lasts, 60, st.tuples(st.integers(0, 10**6), VALUE), check)


YAML = st.one_of(
    VALUE.map(lambda value: yaml.safe_dump(value).encode()),
    st.text(alphabet="ab:{}[]&*!<>|-? \n\t'\"#,%@1.", max_size=60).map(str.encode),
    st.binary(max_size=60),
)


def test_config_files(tmp_path, lasts):
    path = tmp_path / "c.yaml"

    def check(content):
        path.write_bytes(content)
        refused(path, config_files.read, path)

    tried(lasts, 200, YAML, check)


# ---------------------------------------------------------------- bytes


def a_flow(folder):
    write_flow(folder / "flow.h5", video="v", flow=waves(6, 0))
    return folder / "flow.h5"


def a_series(folder):
    made, attrs = arrays("motion", np.random.default_rng(0)), attributes("motion")
    io.write(folder / "m.h5", "motion", made, attrs=attrs, provenance={})
    return folder / "m.h5"


def a_workbook(folder):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Subject", "Onset", "Offset"], ["s01", 10, 25], ["s02", 7.5, "31"]):
        book.active.append(row)
    book.save(folder / "w.xlsx")
    return folder / "w.xlsx"


def an_image(suffix):
    def make(folder):
        noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
        cv2.imwrite(str(folder / f"a{suffix}"), noise)
        return folder / f"a{suffix}"

    return make


def annotations(folder):
    text = '[{"id": 1, "data": {"video": "v.mp4"}, "annotations": [{"result": [{"id": "x", "value":'
    text += ' {"timelinelabels": ["micro"], "ranges": [{"start": 3, "end": 9}]}}]}]}]'
    (folder / "a.json").write_text(text)
    return folder / "a.json"


# Title: reader, how bytes are changed, what makes the file, how many in the short form, arguments.
KINDS = {
    "HDF5": ("artefact", "sealed", a_flow, 20, "flow"),
    "a shared series": ("series", "plain", a_series, 13),
    "any HDF5": ("any HDF5", "plain", a_flow, 13),
    "a model": ("model", "digested", lambda folder: untrained(folder / "model.pt"), 13),
    "a workbook": ("workbook", "plain", a_workbook, 13),
    "a workbook's sheets": ("workbook", "zipped", a_workbook, 13),
    "a PNG": ("image", "plain", an_image(".png"), 13),
    "a JPEG": ("image", "plain", an_image(".jpg"), 13),
    "a TIFF": ("image", "plain", an_image(".tif"), 13),
    "a video": ("video", "plain", lambda folder: steady(folder / "a.mp4", 12), 10),
    "annotations": ("annotations", "plain", annotations, 13),
}
# The long form starts a new process for so many files, or one that ends would be the last.
_AT_ONCE = 2000


@pytest.fixture(scope="module")
def server():
    return bounded.server()


@pytest.mark.parametrize("kind", KINDS)
def test_changed_bytes(tmp_path, lasts, server, kind):
    reader, way, make, count, *arguments = KINDS[kind]
    path, end = str(make(tmp_path)), time.monotonic() + lasts
    first = random.randrange(10**9) if lasts else 0
    while True:
        left = max(0.0, end - time.monotonic()) if lasts else 300
        told = [first, _AT_ONCE if lasts else count, left, *arguments]
        found = bounded.outcome(server, "mutations", reader, way, path, *told, seconds=left + 60)
        assert found.what == bounded.READ, f"seeds from {first}: {found.said}"
        first += _AT_ONCE
        if time.monotonic() >= end:
            return

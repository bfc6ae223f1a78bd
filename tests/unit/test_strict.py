"""HDF5 files that are not as they were written, and other files that are not what they seem."""

import os
import zipfile
from contextlib import contextmanager
from pathlib import Path
from time import process_time

import h5py
import numpy as np
import pytest

from mespot.corpora import workbook
from mespot.corpora.motion_series import Described, read_series
from mespot.errors import InputError
from mespot.store import contents, io, sheet_rows, tables
from mespot.store.sealed import seal
from tests.unit.stored_videos import CROP, clock, waves, write_flow, write_frames


@pytest.fixture
def flow(tmp_path):
    write_flow(tmp_path / "flow.h5", video="v", flow=waves(6, 0))
    return tmp_path / "flow.h5"


@contextmanager
def changed(path):
    """The file, open for changes that its seal does not tell."""
    with h5py.File(path, "a") as file:
        yield file
    seal(path)


def replaced(file, name, array, **options):
    attrs = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=array, **options).attrs.update(attrs)


def external_link(file):
    with h5py.File(file.filename + ".other", "w") as other:
        other["blink"] = np.zeros(6, np.float32)
    del file["blink"]
    file["blink"] = h5py.ExternalLink(file.filename + ".other", "blink")


def soft_link(file):
    del file["blink"]
    file["blink"] = h5py.SoftLink("/time")


def external_data(file):
    raw = [(file.filename + ".raw", 0, 24)]
    np.ones(6, np.float32).tofile(raw[0][0])
    del file["blink"]
    file.create_dataset("blink", (6,), np.float32, external=raw)


def virtual(file):
    external_link(file)
    del file["blink"]
    layout = h5py.VirtualLayout((6,), np.float32)
    layout[:] = h5py.VirtualSource(file.filename + ".other", "blink", (6,))
    file.create_virtual_dataset("blink", layout)


def a_group(file):
    del file["blink"]
    file.create_group("blink")


def huge(file):
    del file["flow"]
    file.create_dataset("flow", (6, 100_000, 50_000, 2), np.int16, chunks=(1, 100, 100, 2))


def regional_of(value, **where):
    def change(file):
        file["regional"][3] = value

    return change


def attribute(name, value):
    def change(file):
        file.attrs[name] = value

    return change


def array(name, value, **options):
    return lambda file: replaced(file, name, value, **options)


CHANGES = [
    (external_link, "blink is a link to another place"),
    (soft_link, "blink is a link to another place"),
    (external_data, "blink is kept in another file"),
    (virtual, "blink is kept in another file"),
    (a_group, "blink is no dataset"),
    (huge, "flow claims 120.0 GB, but the file holds less"),
    (array("blink", np.zeros(6)), "blink holds float64, not float32"),
    (array("blink", np.array([b"x"] * 6)), "blink holds .*not float32"),
    (array("blink", np.zeros((6, 1), np.float32)), r"blink has the shape \(6, 1\)"),
    (array("blink", np.zeros(5, np.float32)), "5 on axis frame, not 6|6 on axis frame, not 5"),
    (array("regional", np.zeros((6, 1, 3, 2), np.float32)), "3 on axis region, but regions has 2"),
    (array("regional", np.zeros((6, 2, 2, 2), np.float32)), "2 on axis lag, but lags has 1|lag"),
    (regional_of(np.nan), "regional is no finite number in a usable frame"),
    (regional_of(np.inf), "regional is no finite number in a usable frame"),
    (array("span", np.full(6, -2, np.int16)), "span is not between -1 and None"),
    (array("time", np.arange(6)[::-1] / 30), "time falls"),
    (array("native_frame", np.arange(6, dtype=np.int32)[::-1]), "native_frame falls"),
    (attribute("lags", [0]), r"the attribute lags is \[0\]"),
    (attribute("lags", [1, 1]), "the attribute lags is"),
    (attribute("lags", 1), "the attribute lags is 1"),
    (attribute("rate", np.nan), "the attribute rate is nan"),
    (attribute("rate", 0.0), "the attribute rate is 0.0"),
    (attribute("native_fps", "30"), "the attribute native_fps is '30'"),
    (attribute("subject", 6), "the attribute subject is 6"),
    (attribute("n_native_frames", 6.5), "the attribute n_native_frames is 6.5"),
    (lambda file: file.attrs.__delitem__("regions"), "lacks the attribute regions"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_a_file_that_is_not_as_written_is_refused(flow, change, words):
    dict(io.read(flow, "flow"))
    with changed(flow) as file:
        change(file)
    with pytest.raises(InputError, match=f"{flow}: .*({words})") as caught:
        dict(io.read(flow, "flow"))
    assert "delete the file and run again" in str(caught.value)


def test_what_is_unknown_without_a_face_may_be_nan(tmp_path):
    span = np.array([0, 0, -1, -1, 1, 1], np.int16)
    transform = np.full((6, 2, 3), np.nan)
    transform[span >= 0] = 1.0
    write_frames(tmp_path / "a.h5", video="v", image=np.zeros((6, CROP, CROP), np.uint8),
                 points=np.zeros((478, 2)),
                 span=span)  # fmt: skip
    with changed(tmp_path / "a.h5") as file:
        file["transform"][...] = transform
    record = io.read(tmp_path / "a.h5", "frames")
    assert np.isnan(record["transform"][2]).all()
    assert np.isnan(record.part("transform", slice(2, 4))).all()
    with changed(tmp_path / "a.h5") as file:
        file["transform"][4, 1, 1] = np.nan
    with pytest.raises(InputError, match="transform is no finite number in a usable frame"):
        io.read(tmp_path / "a.h5", "frames").part("transform", slice(4, 6))


@pytest.mark.parametrize("points", [[1.0], [np.nan] * 956, [-np.inf] * 956, 1.0, ["a"] * 956])
def test_mean_landmarks_are_all_there_and_finite(tmp_path, points):
    path = tmp_path / "a.h5"
    image = np.zeros((3, CROP, CROP), np.uint8)
    write_frames(path, video="v", image=image, points=np.full((478, 2), -0.5))
    assert io.read(path, "frames").attrs["mean_points"] == [-0.5] * 956
    with changed(path) as file:
        file.attrs["mean_points"] = points
    with pytest.raises(InputError, match="the attribute mean_points is"):
        io.read(path, "frames")


def test_a_group_of_a_video_may_not_be_a_link(tmp_path):
    path, one = tmp_path / "s.h5", np.zeros(3, np.float32)
    arrays = {"micro": one, "macro": one, **clock(np.zeros(3, np.int16))}
    own = {"corpus": "c", "method": "m", "fold": "f"}
    thresholds = {"v": {"threshold_micro": np.nan, "threshold_macro": 0.5}}
    io.write_videos(path, "scores", {"v": arrays}, attrs=own, provenance={}, video_attrs=thresholds)
    assert np.isnan(io.read_videos(path, "scores")["v"].attrs["threshold_micro"])
    with changed(path) as file:
        file["w"] = h5py.SoftLink("/v")
        file.attrs["videos"] = ["v", "w"]
    with pytest.raises(InputError, match="s.h5: w is a link to another place"):
        io.read_videos(path, "scores")


SERIES = Described("s", "v", 30.0, 0, 1, 7)


def test_series_that_claim_more_than_they_have_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((6, 2, 2), np.float32))
    assert read_series(tmp_path / "a.npy", SERIES, ["x", "y"]).arrays["regional"].shape == (
        7,
        1,
        2,
        2,
    )
    text = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(text.replace(b"(6, 2, 2), ", b"(6000000000, 2, 2), ", 1))
    for name in ("a.npy", "none.npy", "pipe.npy", "pipe.h5", "pipe.csv"):
        if name.startswith("pipe"):
            os.mkfifo(tmp_path / name)
        with pytest.raises(InputError, match=name):
            read_series(tmp_path / name, SERIES, ["x", "y"])


def test_a_shared_series_does_not_lead_out_of_its_file(tmp_path, flow):
    record = io.read(flow, "flow")
    attrs = {n: v for n, v in record.attrs.items() if n in io.LAYOUTS["motion"].attributes}
    path = tmp_path / "m.h5"
    arrays = {name: record[name] for name in io.LAYOUTS["motion"].data_sets}
    io.write(path, "motion", arrays, attrs=attrs, provenance={})
    described = Described("s1", "v", 30.0, 0, None, 6)
    assert read_series(path, described, []).arrays["blink"].shape == (6,)
    for change in (external_link, soft_link, external_data, virtual, a_group):
        path.unlink()
        io.write(path, "motion", arrays, attrs=attrs, provenance={})
        with changed(path) as file:
            change(file)
        with pytest.raises(InputError, match="m.h5: blink .*copy or export it again"):
            read_series(path, described, [])


def test_many_pieces_are_looked_at_in_time(tmp_path):
    """Ten hours of landmarks have 24,000: one asked for after the other, they took minutes."""
    path = tmp_path / "long.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.zeros((6000, 4)), chunks=(1, 4), compression="gzip")
    began = process_time()
    assert contents.part(path, "x", slice(0, 1)).shape == (1, 4)
    assert process_time() - began < 1


# ---------------------------------------------------------------- tables


def test_tables_that_are_no_files_or_too_large_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "zeros.csv").open("wb") as file:
        file.truncate(2_000_000_000)
    (tmp_path / "wide.csv").write_text("," * 20_000)
    for name, words in (
        ("pipe", "is a pipe, device or socket"), ("zeros", "has 2000 MB"), ("wide", "columns"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"{name}.csv: .*{words}"):
            sheet_rows.rows(tmp_path / f"{name}.csv", ["a"])
        with pytest.raises(InputError, match=f"{name}.csv: "):
            tables.read(tmp_path / f"{name}.csv", "labels")
    with pytest.raises(InputError, match="/dev/zero: is a pipe, device"):
        sheet_rows.rows(Path("/dev/zero"), ["a"])


SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="2000000000"><c r="A2000000000" t="inlineStr"><is><t>x</t></is></c></row></sheetData>
</worksheet>"""


def test_a_workbook_with_a_row_of_billions_is_refused_at_once(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["a", "b"])
    book.save(tmp_path / "good.xlsx")
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good:
        parts = {name: good.read(name) for name in good.namelist()}
    for name, part in (("rows.xlsx", SHEET.encode()), ("bomb.xlsx", b" " * 250_000_000)):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as packed:
            for entry, content in {**parts, "xl/worksheets/sheet1.xml": part}.items():
                packed.writestr(entry, content)
    with pytest.raises(InputError, match="rows.xlsx: has more than"):
        workbook.read(tmp_path / "rows.xlsx")
    with pytest.raises(InputError, match="bomb.xlsx: unpacks to 250 MB"):
        workbook.read(tmp_path / "bomb.xlsx")
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(InputError, match="pipe.xlsx: is a pipe"):
        workbook.read(tmp_path / "pipe.xlsx")

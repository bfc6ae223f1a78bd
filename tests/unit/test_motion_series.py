"""Series of motion: what each form gives, and every way in which one can be wrong."""

import h5py
import numpy as np
import pytest

from mespot.corpora.motion_series import Described, read_series
from mespot.errors import InputError
from mespot.store import io
from tests.unit.motion_folders import REGIONS, moved

# Ten frames of 200 a second, numbered from 5; every third one: 5, 8, 11, 14.
RECORDING = Described("s1", "v1", 200.0, 5, 3, 10)
TWO = ["brow", "chin"]


def npy(tmp_path, values, name="v1.npy"):
    np.save(tmp_path / name, values)
    return tmp_path / name


def csv(tmp_path, text):
    path = tmp_path / "v1.csv"
    path.write_text(text)
    return path


def refused(path, *words, described=RECORDING, regions=TWO):
    with pytest.raises(InputError) as caught:
        read_series(path, described, regions)
    for word in (str(path), *words):
        assert word in str(caught.value)


ROWS = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 10], [11, 12]]], np.float16)
TABLE = "chin_u,brow_u,brow_v,chin_v\n3,1,2,4\n7,5,6,8\n11,9,10,12\n"


def test_rows_become_frames_with_the_clock_of_the_recording(tmp_path):
    for path in (npy(tmp_path, ROWS), csv(tmp_path, TABLE)):
        series = read_series(path, RECORDING, TWO)
        regional = series.arrays["regional"]
        assert regional.shape == (4, 1, 2, 2) and regional.dtype == np.float32
        assert not regional[0].any()
        np.testing.assert_array_equal(regional[1:, 0], ROWS)
        assert series.arrays["native_frame"].tolist() == [5, 8, 11, 14]
        np.testing.assert_allclose(series.arrays["time"], [0, 0.015, 0.03, 0.045])
        assert series.arrays["span"].tolist() == series.arrays["blink"].tolist() == [0] * 4
        assert series.attrs["rate"] == pytest.approx(200 / 3)
        assert series.attrs["native_fps"] == 200 and series.attrs["n_native_frames"] == 10
        assert series.attrs["first_native_frame"] == 5 and series.attrs["lags"] == [1]
        assert series.attrs["regions"] == TWO
        assert (series.attrs["subject"], series.attrs["video"]) == ("s1", "v1")


def test_whole_numbers_are_numbers(tmp_path):
    series = read_series(npy(tmp_path, ROWS.astype(np.int16)), RECORDING, TWO)
    np.testing.assert_array_equal(series.arrays["regional"][1:, 0], ROWS)


def test_blinks_of_a_table(tmp_path):
    text = "brow_u,brow_v,blink\n0,0,0.25\n0,0,1\n0,0,0\n"
    series = read_series(csv(tmp_path, text), RECORDING, ["brow"])
    assert series.arrays["blink"].tolist() == [0.25, 0.25, 1, 0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (ROWS[:, :1], "has 1 regions, but regions.txt names 2"),
        (moved(3), "has 3 regions, but regions.txt names 2"),
        (ROWS[..., :1], "has the shape (3, 2, 1)"),
        (ROWS[0], "has the shape (2, 2)"),
        (ROWS[:2], "has 2 rows, but 10 frames with every=3 give 3"),
        (np.concatenate([ROWS, ROWS]), "has 6 rows, but 10 frames with every=3 give 3"),
        (ROWS.astype(str), "not numbers"),
        (ROWS > 2, "holds bool, not numbers"),
        (ROWS.astype(complex), "holds complex128, not numbers"),
        (np.where(ROWS == 7, np.nan, ROWS), "row 1 of region 'chin' is no finite number, one of 1"),
        (np.where(ROWS > 8, np.inf, ROWS), "row 2 of region 'brow' is no finite number, one of 4"),
        (np.where(ROWS == 7, 1e300, ROWS.astype(float)), "row 1 of region 'chin' is no finite"),
    ],
)
def test_bad_arrays(tmp_path, values, words):
    refused(npy(tmp_path, values), words)


def test_files_that_are_no_array(tmp_path):
    path = tmp_path / "v1.npy"
    refused(path, "does not exist")
    path.write_text("1,2,3\n")
    refused(path, "is no .npy array")
    path.write_bytes(b"")
    refused(path, "is no .npy array")
    npy(tmp_path, ROWS)
    path.write_bytes(path.read_bytes()[:-5])
    refused(path, "is no .npy array")
    with path.open("wb") as file:
        np.savez(file, ROWS)
    refused(path, "holds several arrays, not numbers")
    # What a pickle would run is never run.
    np.save(path, np.array([{"a": 1}]), allow_pickle=True)
    refused(path, "is no .npy array", "Python objects")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TABLE.replace("chin_v", "chin_w"), "column 'chin_v' is missing; column 'chin_w' is not"),
        ("brow_u,brow_v\n1,2\n1,2\n1,2\n", "column 'chin_u' is missing"),
        (TABLE.replace("7,", "nan,"), "row 3: chin_u: 'nan' must be a finite number"),
        (TABLE.replace("7,", "inf,"), "row 3: chin_u: 'inf' must be a finite number"),
        (TABLE.replace("7,", "1e39,"), "row 3: chin_u: '1e39' must be a finite number"),
        (TABLE.replace("7,", "x,"), "row 3: chin_u: 'x' must be a finite number"),
        (TABLE.replace("7,", ","), "row 3: chin_u: '' must be a finite number"),
        (TABLE.replace("7,", ""), "row 3: columns: 3 cells"),
        (TABLE + "1,2,3,4\n", "has 4 rows, but 10 frames with every=3 give 3"),
        (TABLE.split("\n")[0] + "\n", "has 0 rows, but 10 frames"),
        (TABLE.replace("chin_u", "chin_u,blink").replace("\n", ",2\n", 2), "row 2: blink: "),
        ("", "is empty"),
    ],
)
def test_bad_tables(tmp_path, text, words):
    if "blink" in text:
        text = "brow_u,brow_v,chin_u,chin_v,blink\n1,2,3,4,2\n1,2,3,4,0\n1,2,3,4,0\n"
    refused(csv(tmp_path, text), words)


def test_a_recording_of_one_working_frame(tmp_path):
    one = Described("s1", "v1", 30.0, 0, 10, 10)
    refused(npy(tmp_path, ROWS[:0]), "give 0", "at least two", described=one)


# ---------------------------------------------------------------- our own form

ARRAYS = {
    "regional": moved(8)[:, None].repeat(2, axis=1),
    "blink": np.array([np.nan, 0, 0.5, 1, 0, 0, 0, np.nan], np.float32),
    "span": np.array([-1, 0, 0, 0, 1, 1, 1, -1], np.int16),
    "native_frame": np.array([1, 8, 14, 21, 28, 34, 41, 48], np.int32),
    "time": np.array([0, 7, 13, 20, 27, 33, 40, 47]) / 200,
}
ATTRS = {
    "video": "v1",
    "subject": "s1",
    "native_fps": 200.0,
    "n_native_frames": 48,
    "first_native_frame": 1,
    "rate": 30.0,
    "width": 640,
    "height": 480,
    "lags": [1, 3],
    "regions": REGIONS,
    "crop_size": 224,
}
OWN = Described("s1", "v1", None, None, None, None)


def h5(tmp_path, arrays=None, attrs=None):
    path = tmp_path / "v1.h5"
    content, said = {**ARRAYS, **(arrays or {})}, {**ATTRS, **(attrs or {})}
    io.write(path, "motion", content, attrs=said, provenance={})
    return path


def test_our_own_form_comes_back_as_it_was_written(tmp_path):
    for described in (OWN, Described("s1", "v1", 200.0, 1, None, 48)):
        series = read_series(h5(tmp_path), described, [])
        assert set(series.arrays) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(series.arrays[name], array)
            assert series.arrays[name].dtype == array.dtype
        assert series.attrs == ATTRS


def test_rates_of_a_sheet_are_rounded(tmp_path):
    path = h5(tmp_path, attrs={"native_fps": 200000 / 1001})
    read_series(path, Described("s1", "v1", 199.8002, None, None, None), [])


def put(array, index, value):
    changed = array.copy()
    changed[index] = value
    return changed


@pytest.mark.parametrize(
    ("arrays", "attrs", "words"),
    [
        ({"regional": put(ARRAYS["regional"], (3, 1, 0, 0), np.nan)}, {}, "in working frame 3"),
        ({"regional": ARRAYS["regional"][:, :1]}, {}, "regional has the shape (8, 1, 3, 2)"),
        ({"regional": ARRAYS["regional"][:, :, :2]}, {}, "regional has the shape (8, 2, 2, 2)"),
        ({"blink": put(ARRAYS["blink"], 2, np.nan)}, {}, "blink is no finite number in a usable"),
        ({"span": put(ARRAYS["span"], 0, -2)}, {}, "span is below -1"),
        ({"native_frame": put(ARRAYS["native_frame"], 3, 14)}, {}, "native_frame does not rise"),
        ({"native_frame": ARRAYS["native_frame"] + 1}, {}, "native_frame does not rise within 1"),
        ({"time": put(ARRAYS["time"], 3, 0.0)}, {}, "time does not rise"),
        ({"time": ARRAYS["time"] * 3}, {}, "time has steps of 0.105 s and ends at 0.705 s"),
        ({}, {"rate": 5.0}, "rate, native_fps and native_frame give 0.2 s"),
        ({"blink": put(ARRAYS["blink"], 2, 7)}, {}, "blink is not between 0 and 1"),
        ({"span": put(ARRAYS["span"], 3, -1) % 2}, {}, "span has one index in two places"),
        ({}, {"regions": [1, 2, 3]}, "regions are [1, 2, 3]"),
        ({}, {"lags": [1, 1]}, "lags are [1, 1]"),
        ({}, {"lags": [0, 3]}, "lags are [0, 3]"),
        ({}, {"crop_size": -1}, "crop_size is -1"),
        ({}, {"regions": ["a", "a", "b"]}, "regions are ['a', 'a', 'b']"),
        ({}, {"rate": 0.0}, "rate is 0.0"),
        ({}, {"n_native_frames": "48"}, "n_native_frames is '48'"),
        ({}, {"video": "v2"}, "is of video 'v2', but videos.csv says 'v1'"),
        ({}, {"subject": "s2"}, "is of subject 's2', but videos.csv says 's1'"),
    ],
)
def test_bad_files_of_our_own_form(tmp_path, arrays, attrs, words):
    refused(h5(tmp_path, arrays, attrs), words, described=OWN)


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (Described("s1", "v1", 100.0, 1, None, 48), "native_fps 200.0, but videos.csv says 100.0"),
        (Described("s1", "v1", None, 0, None, None), "first_native_frame 1, but videos.csv says 0"),
        (Described("s1", "v1", None, None, None, 50), "n_native_frames 48, but videos.csv says 50"),
    ],
)
def test_a_sheet_that_says_otherwise(tmp_path, described, words):
    refused(h5(tmp_path), words, described=described)


def test_files_of_somebody_elses_making(tmp_path):
    path = h5(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    refused(path, "not a whole HDF5 file", "export it again", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file.attrs["lags"]
    refused(path, "lacks the attribute lags", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["span"]
    refused(path, "lacks span", "export it again", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["time"]
        file["time"] = np.zeros(5)
    refused(path, "time has the shape (5,)", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["regional"]
        file["regional"] = np.zeros((8, 3, 2))
    refused(path, "regional has the shape (8, 3, 2); its axes are frame, lag", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["span"]
        file["span"] = 3
    refused(path, "span has the shape ()", "export it again", described=OWN)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        file.attrs["kind"] = "flow"
    refused(path, "holds flow", described=OWN)

"""What a review page holds: checked without a browser."""

import base64
import dataclasses
import json
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.review import pictures
from mespot.review.page import write_page
from tests.unit import reviews

EVIL = "x \"y\" 'z' </script><script>alert(1)</script> <!-- data --> /* scripts */ äöü &amp;"


def written(tmp_path, review):
    path = tmp_path / "page.html"
    write_page(path, review)
    return path.read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def test_arrays_come_back_as_they_were(tmp_path):
    review = reviews.review()
    data = data_of(written(tmp_path, review))
    np.testing.assert_array_equal(unpacked(data["time"], "<f8"), review.time)
    np.testing.assert_array_equal(unpacked(data["native"], "<i4"), review.native_frame)
    np.testing.assert_allclose(unpacked(data["scores"]["macro"], "<f4"), review.scores["macro"])
    steps = unpacked(data["regions"]["steps"], "<i2").reshape(-1, 3, 2)
    path = np.cumsum(steps, axis=0) * data["regions"]["unit"]
    np.testing.assert_allclose(path, np.cumsum(review.regions.motion, axis=0), atol=0.003)
    assert data["thresholds"] == {"micro": 0.5, "macro": None}


def test_candidates_stand_by_confidence_with_those_that_are_spotted(tmp_path):
    table = reviews.candidates(4, 600).assign(confidence=[0.2, 0.9, 0.4, 0.6])
    table["apex"] = table["apex"].astype("Int64")
    table.loc[1, "apex"] = pd.NA
    data = data_of(written(tmp_path, reviews.review(candidates=table, intervals=table[1:2])))
    assert [one["confidence"] for one in data["candidates"]] == [0.9, 0.6, 0.4, 0.2]
    assert [one["spotted"] for one in data["candidates"]] == [True, False, False, False]
    first = data["candidates"][0]
    assert first["apex"] == (first["onset"] + first["offset"]) // 2


def test_an_interval_that_is_no_candidate_is_there(tmp_path):
    table = reviews.candidates(4, 600)
    data = data_of(written(tmp_path, reviews.review(candidates=table[2:], intervals=table[:1])))
    assert [one["spotted"] for one in data["candidates"]] == [True, False, False]


def test_a_video_in_which_nothing_is_found_has_a_page(tmp_path):
    none = reviews.candidates(4, 600)[:0]
    assert (
        data_of(written(tmp_path, reviews.review(candidates=none, intervals=none)))["candidates"]
        == []
    )


def test_a_name_cannot_break_out_of_the_page(tmp_path):
    page = written(tmp_path, reviews.review(EVIL))
    assert data_of(page)["video"] == EVIL
    assert "alert(1)</script>" not in page
    assert page.count('id="data"') == 1
    assert page.count("<title>") == 1


def test_the_page_asks_for_nothing_from_elsewhere(tmp_path):
    page = written(tmp_path, reviews.review())
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!data:)[^"]', page)


def test_pictures_are_the_faces(tmp_path):
    page = written(tmp_path, reviews.review(frames=90, count=1))
    frames = unpacked(data_of(page)["pictures"]["frames"], "<i4")
    np.testing.assert_array_equal(frames, np.arange(90))
    sheets = re.findall(r'id="sheet-\d+">([^<]*)</script>', page)
    assert len(sheets) == 2
    sheet = cv2.imdecode(np.frombuffer(base64.b64decode(sheets[1]), np.uint8), 0)
    row, column = divmod(70 - pictures.PER_SHEET, pictures.COLUMNS)
    side = pictures.SIDE
    shown = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
    face = cv2.resize(next(reviews.faces([70])), (side, side), interpolation=cv2.INTER_AREA)
    assert np.abs(shown.astype(int) - face).mean() < 3


def test_a_video_without_faces_has_no_pictures(tmp_path):
    page = written(tmp_path, reviews.review(pictures=False))
    assert data_of(page)["pictures"] is None
    assert "sheet-0" not in page


def test_the_surest_candidates_get_their_pictures_first():
    time = np.arange(1000) / 10
    chosen = pictures.choose_frames(time, [(500, 509), (100, 109), (900, 909)], most=40)
    assert chosen.candidates == 2
    assert set(range(496, 514)) | set(range(96, 114)) <= set(chosen.frames)
    assert len(chosen.frames) <= 40
    # What is left shows the rest of the video here and there.
    assert chosen.frames[0] == 0 and chosen.frames[-1] > 700


def test_pictures_that_compress_badly_lose_detail():
    noise = np.random.default_rng(0).integers(0, 256, (64, 144, 144), dtype=np.uint8)
    (sheet,) = pictures.sheets(noise)
    assert len(sheet) < 1.3 * pictures.MOST_BYTES * 64


def test_progress_belongs_to_the_recording_and_not_to_the_method(tmp_path):
    review = reviews.review()
    digest = data_of(written(tmp_path, review))["digest"]
    other = dataclasses.replace(review, method="other", candidates=review.candidates[:4])
    assert data_of(written(tmp_path, other))["digest"] == digest
    longer = reviews.review(frames=601)
    assert data_of(written(tmp_path, longer))["digest"] != digest


def test_a_video_without_frames_is_refused(tmp_path):
    empty = reviews.review(time=np.zeros(0), native_frame=np.zeros(0, int))
    with pytest.raises(InputError, match="anna_1: has no frames"):
        write_page(tmp_path / "page.html", empty)

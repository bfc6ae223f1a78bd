"""The review page in a browser: opened from disk, worked with by keys alone."""

import base64
import json
import re
import shutil
import time

import cv2
import numpy as np
import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mespot.cli import main
from mespot.corpora.sheet import read_annotations, read_sheets
from mespot.corpora.undecided import known_frames, read_undecided
from mespot.metrics import intervals_iou
from mespot.review.page import write_page
from tests.unit import reviews

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="needs chromium and its driver (apt-get install chromium chromium-driver)",
    ),
]


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads, tmp_path_factory):
    options = Options()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,860"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    wait_for_storage(driver, tmp_path_factory.mktemp("blank") / "blank.html")
    yield driver
    driver.quit()


def wait_for_storage(driver, blank):
    """A browser that has just been started may lose what a page stores."""
    blank.write_text("<!doctype html>")
    for _ in range(50):
        driver.get(blank.as_uri())
        if driver.execute_script("return localStorage.getItem('kept')"):
            return
        driver.execute_script("localStorage.setItem('kept', 'yes')")
        time.sleep(0.2)
    raise AssertionError("this browser stores nothing")


class Page:
    """A review page in a browser."""

    def __init__(self, browser, path, review):
        self.browser, self.path, self.review = browser, path, review
        write_page(path, review)
        self.open()

    def open(self):
        self.browser.get(self.path.as_uri())

    def press(self, *keys):
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def text(self, name):
        return self.browser.find_element(By.ID, name).text

    def rows(self):
        """How many rows of the list are in sight."""
        return len(self.browser.find_elements(By.CSS_SELECTOR, "#list li:not([hidden])"))

    def chosen(self):
        return self.browser.find_element(By.CSS_SELECTOR, '#list [aria-selected="true"]').text

    def ends(self):
        """Native frames of the chosen interval, as the page shows them."""
        return [
            int(number) for number in re.findall(r"(?:onset|apex|offset) (\d+)", self.text("ends"))
        ]

    def exported(self, downloads, key="x"):
        before = set(downloads.glob("*.csv"))
        self.press(key)
        for _ in range(100):
            new = [path for path in set(downloads.glob("*.csv")) - before if path.stat().st_size]
            if new:
                return new[0]
            time.sleep(0.05)
        raise AssertionError("nothing was exported")

    def read(self, sheet):
        """What mespot reads in an exported sheet."""
        videos = pd.DataFrame(
            {
                "subject": [self.review.subject],
                "video": [self.review.video],
                "fps": [self.review.fps],
                "first_frame": [self.review.first_frame],
            }
        )
        lengths = {self.review.video: len(self.review.time)}
        return read_annotations(sheet, videos, lengths=lengths)


def faults(browser):
    """Errors in the console, and requests that left the page."""
    errors = [entry["message"] for entry in browser.get_log("browser")]
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return errors + [url[:200] for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def test_an_expert_reviews_a_video_by_keys(browser, downloads, tmp_path):
    page = Page(browser, tmp_path / "page.html", reviews.review())
    assert page.rows() == 3
    first = page.review.candidates.iloc[0]
    assert page.ends() == [first["onset"], first["apex"], first["offset"]]
    # Weaker candidates come into sight, and go.
    page.press("b")
    assert page.rows() == 10
    page.press("B")
    assert page.rows() == 0
    page.press("b")
    # The first is accepted, its onset moved; the second rejected; the third becomes micro.
    page.press("a", "1", ".", ".", ".", ",")
    assert page.ends() == [first["onset"] + 2, first["apex"], first["offset"]]
    page.press("j", "r", "j", "t", "a")
    assert page.chosen().split()[:2] == ["✓", "micro"]
    assert page.text("counts").startswith("2 accepted · 1 rejected · 0 undecided")
    # One is added where nothing was found, and gets a note.
    page.press(Keys.HOME)
    detail = browser.find_element(By.CSS_SELECTOR, "#detail .u-over")
    ActionChains(browser).move_to_element_with_offset(detail, -300, -20).click().perform()
    page.press("i", "e", 'brow, "left"', Keys.ENTER)
    added = page.ends()
    # Undo and redo.
    page.press("j", "r")
    assert "2 rejected" in page.text("counts")
    page.press("z")
    assert "1 rejected" in page.text("counts")
    page.press("y")
    assert "2 rejected" in page.text("counts")
    page.press("z")
    counts = page.text("counts")
    assert counts.startswith("3 accepted · 1 rejected · 0 undecided")
    # A reload loses nothing, and what was done before it can be undone.
    page.open()
    assert page.text("counts") == counts
    sheet = page.exported(downloads)
    assert "3 accepted" in page.text("message")
    read = page.read(sheet)
    third = page.review.candidates.iloc[2]
    wanted = sorted(
        [
            (first["onset"] + 2, first["apex"], first["offset"], "micro"),
            (third["onset"], third["apex"], third["offset"], "micro"),
            (*added, "micro"),
        ]
    )
    assert list(read[["onset", "apex", "offset", "type"]].itertuples(index=False, name=None)) == (
        wanted
    )
    assert set(read["note"]) == {"", 'brow, "left"'}
    page.press("z", "z")
    assert page.text("counts").startswith("2 accepted · 1 rejected · 0 undecided")
    assert faults(browser) == []


def test_decisions_become_a_corpus_to_train_on(browser, downloads, tmp_path):
    recording = tmp_path / "recordings" / "circle.mp4"
    recording.parent.mkdir()
    recording.write_bytes(b"video")
    # Of 20 candidates 13 are in sight; of these, 10 stay undecided.
    review = reviews.review(video="circle", frames=2000, count=20)
    page = Page(browser, tmp_path / "page.html", review)
    page.press("a", "j", "r", "j", "a", "3", ".", "b")
    saved = page.exported(downloads, "n")
    assert saved.name == "circle_decisions.csv"
    assert "3 decided and 10 undecided candidates" in page.text("message")
    out = tmp_path / "study"
    command = ["corpus", "collect", str(saved), "--videos", str(recording), "--out", str(out)]
    assert main(command) == 0
    one, _, three = page.review.candidates[:3].to_dict("records")
    videos, labels = read_sheets(out / "videos.csv", out / "annotations.csv", recording.parent)
    assert list(labels[["onset", "offset", "type"]].itertuples(index=False, name=None)) == [
        (one["onset"], one["offset"], "micro"),
        (three["onset"], three["offset"] + 1, "macro"),
    ]
    undecided = read_undecided(out / "undecided.csv", {"circle": "circle"})
    known = known_frames(undecided, "circle", page.review.native_frame)
    for number, row in enumerate(page.review.candidates.to_dict("records")):
        own = (page.review.native_frame >= row["onset"]) & (
            page.review.native_frame <= row["offset"]
        )
        assert known[own].all() if not 3 <= number < 13 else not known[own].any()
    assert faults(browser) == []


def test_an_end_stops_at_the_other_and_at_the_end_of_the_video(browser, tmp_path):
    page = Page(browser, tmp_path / "page.html", reviews.review(video="ends"))
    onset, _, offset = page.ends()
    page.press("1")
    for _ in range(3):
        ActionChains(browser).key_down(Keys.SHIFT).send_keys(".").key_up(Keys.SHIFT).perform()
    assert page.ends() == [offset, offset, offset]
    page.press("z", "z", "3")
    for _ in range(5):
        ActionChains(browser).key_down(Keys.SHIFT).send_keys(",").key_up(Keys.SHIFT).perform()
    moved = page.ends()
    assert moved[2] == moved[0]
    page.press("1")
    for _ in range(6):
        ActionChains(browser).key_down(Keys.SHIFT).send_keys(",").key_up(Keys.SHIFT).perform()
    assert page.ends()[0] == reviews.FIRST


def test_the_face_plays_steps_and_shows_its_difference(browser, tmp_path):
    page = Page(browser, tmp_path / "page.html", reviews.review(video="face"))
    seen = set()
    for _ in range(12):
        seen.add(page.text("where"))
        time.sleep(0.06)
    assert len(seen) > 4
    page.press("s", "s")
    assert page.text("speed") == "a tenth"
    page.press("2")
    apex = page.ends()[1]
    assert f"frame {apex}" in page.text("where") and "apex" in page.text("where")
    page.press(Keys.ARROW_RIGHT)
    assert f"frame {apex + 1}" in page.text("where")
    face = pixels(browser)
    page.press("v", "d")
    difference = pixels(browser)
    assert np.ptp(face, axis=2).max() > 100  # the arrows
    # Only the mouth has moved.
    coloured = np.ptp(difference, axis=2) > 60
    assert coloured[280:330].any() and not coloured[:250].any()
    assert faults(browser) == []


def pixels(browser):
    """What the large canvas shows, `(432, 432, 3)`."""
    script = "return document.getElementById('face').toDataURL('image/png').split(',')[1]"
    raw = np.frombuffer(base64.b64decode(browser.execute_script(script)), np.uint8)
    return cv2.imdecode(raw, cv2.IMREAD_COLOR)


def test_a_second_coder_is_laid_beside(browser, tmp_path):
    review = reviews.review(video="two")
    page = Page(browser, tmp_path / "page.html", review)
    page.press("a", "j", "a", "j", "a")
    one, two, three = review.candidates[:3].to_dict("records")
    theirs = [
        (one["onset"] + 2, one["offset"], "micro"),
        (three["onset"], three["offset"], "micro"),
        (two["onset"], two["offset"], "micro"),
    ]
    lines = [f"anna;two;{a};;{b};{kind}" for a, b, kind in theirs]
    lines += ["x;other;1;;5;micro", "anna;two;99999;;100000;micro"]
    sheet = tmp_path / "coder.csv"
    sheet.write_text("\ufeffsubject;video;onset;apex;offset;type\r\n" + "\r\n".join(lines))
    browser.find_element(By.ID, "coder-file").send_keys(str(sheet))
    fit = intervals_iou(
        np.array([[one["onset"], one["offset"]]]), np.array([[one["onset"] + 2, one["offset"]]])
    )
    mean = (float(np.squeeze(fit)) + 1) / 2
    counts = page.text("counts")
    assert f"you 3, second coder 3, both 2 (F1 0.67, mean IoU {mean:.2f})" in counts
    assert f"kappa {kappa(review, theirs):.2f}" in counts
    assert "1 row is of other videos: other." in page.text("message")
    assert "Left out: row 6: 99999 to 100000 is outside frames" in page.text("message")
    sheet.write_text("a,b\n1,2\n")
    browser.find_element(By.ID, "coder-file").send_keys(str(sheet))
    time.sleep(0.2)
    assert "no column video" in page.text("message")


def kappa(review, theirs):
    """Cohen's kappa by its definition."""
    codes = np.zeros((2, len(review.time)), int)
    mine = review.candidates[:3][["onset", "offset", "type"]].itertuples(index=False, name=None)
    for row, intervals in zip(codes, (mine, theirs), strict=True):
        for onset, offset, kind in intervals:
            row[onset - reviews.FIRST : offset - reviews.FIRST + 1] = 1 + (kind == "macro")
    observed = (codes[0] == codes[1]).mean()
    expected = sum((codes[0] == k).mean() * (codes[1] == k).mean() for k in range(3))
    return (observed - expected) / (1 - expected)


def busy(browser):
    """Seconds of processor time that the page has taken, however much else the machine does."""
    metrics = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def test_five_hundred_candidates_stay_smooth(browser, tmp_path):
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    review = reviews.review(video="many", frames=9000, count=500, spotted=500)
    page = Page(browser, tmp_path / "page.html", review)
    opened = busy(browser)
    print(f"opening took {opened:.2f} s")
    assert 0 < opened < 3
    assert page.rows() == 500
    browser.execute_script(
        """
        for (let i = 0; i < 60; i++) {
          for (const key of ["j", "a", "+", "-"]) {
            document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          }
          document.body.offsetHeight;
        }
        """
    )
    each = (busy(browser) - opened) / 60
    print(f"four keys took {1000 * each:.1f} ms")
    assert each < 0.1
    assert page.path.stat().st_size < 30e6
    assert page.text("counts").startswith("60 accepted")


def test_any_name_of_a_video_is_shown_as_it_is(browser, downloads, tmp_path):
    name = "x \"y\" 'z' </script><script>document.title='oh'</script> äöü, &amp;"
    page = Page(browser, tmp_path / "page.html", reviews.review(video=name, pictures=False))
    assert page.text("video") == name
    assert browser.title == f"{name} - mespot review"
    page.press("a")
    read = page.read(page.exported(downloads))
    assert list(read["video"]) == [name]
    assert faults(browser) == []


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_everything_is_in_sight_whatever_the_name(browser, tmp_path, size):
    width, height = size
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        page = Page(browser, tmp_path / "page.html", reviews.review(video="a_long_name_" * 20))
        boxes = browser.execute_script(
            """
            const of = (name) => document.querySelector(name).getBoundingClientRect();
            return ["h1", "#counts", ".buttons", "#where", "#note"].map(of).map(
              (box) => [box.left, box.top, box.right, box.bottom]);
            """
        )
        name, counts, buttons, *_ = boxes
        assert name[2] <= counts[0] and counts[2] <= buttons[0]
        assert counts[3] - counts[1] < 25  # a line
        assert all(box[0] >= 0 and box[2] <= width and box[3] <= height for box in boxes)
        assert page.text("counts") == "0 accepted · 0 rejected · 3 undecided"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_help_names_every_key(browser, tmp_path):
    page = Page(browser, tmp_path / "page.html", reviews.review(video="help"))
    page.press("?")
    words = page.text("help-box")
    assert "mespot export annotations.csv --videos videos.csv --format elan" in words
    assert len(browser.find_elements(By.CSS_SELECTOR, "#help-box kbd")) > 35
    page.press(Keys.ESCAPE)
    assert not browser.find_element(By.ID, "help-box").is_displayed()

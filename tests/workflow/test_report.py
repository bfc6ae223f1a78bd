"""The report of a finished run, opened in a browser."""

import re
import shutil
import subprocess

import pytest

from tests.workflow import project

pytestmark = pytest.mark.system

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOWN = "results/demo/figures/timeline/s01_1.png"
# What a reader clicks: the description of a figure in the menu, and the figure itself.
CLICK = """<script>
setTimeout(() => app.setView({navbarMode: "resultinfo", resultPath: "%s",
    category: "Timelines", subcategory: "demo", content: "img",
    contentPath: results["%s"].data_uri}), 1000);
</script>"""


@pytest.fixture(scope="module")
def report(finished):
    page = finished / "results" / "report.html"
    run = project.snakemake(finished, "all", options=("--report", str(page)))
    assert run.returncode == 0, run.stdout[-3000:]
    # docutils complains of captions that it cannot set.
    assert not re.search(r"\((ERROR|WARNING)/\d\)", run.stdout), run.stdout
    return page


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_report_opens_in_a_browser(report):
    page = rendered(report)
    for category in ("Scores", "Timelines", "Pretraining"):
        assert category in page
    assert "Two networks, one for the flow and one for the aligned face" in words(page)


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_a_figure_and_its_caption_come_up(report, tmp_path):
    clicked = tmp_path / "clicked.html"
    clicked.write_text(report.read_text() + CLICK % (SHOWN, SHOWN))
    page = rendered(clicked)
    assert "score of each frame by the method learned" in words(page)
    assert re.search(r'<img src="data:image/png;[^"]*base64,', page)


def rendered(page):
    """What the browser makes of a page, without the scripts that made it."""
    run = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        + ["--virtual-time-budget=10000", page.as_uri()],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=120,
    )
    return re.sub(r"<script.*?</script>", "", run.stdout, flags=re.S)


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())

"""Rule write_report: one page about the whole run."""

from pathlib import Path

from mespot.report import page as report_page
from mespot.report.gather import gather


def run(*, results: str | Path, iou: float, page: str | Path) -> None:
    """Write the page of what lies in the folder `results`.

    iou: least IoU of a hit. Raises InputError for a folder without metrics.csv.
    """
    report_page.write_report(page, gather(results, iou))

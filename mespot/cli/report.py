"""`mespot report`: one page about a run, to send to a colleague."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add the subcommand to the parser of `mespot`."""
    parser = subparsers.add_parser(
        "report",
        help="write one page about a run",
        description="Write one HTML page about a run: what was run on what, scores with intervals,"
        " the comparison of methods, F1 by subject, curves of precision over recall and of F1 over"
        " IoU, histograms of durations and of errors of onset and offset, the recordings, and the"
        " figures that are there, timelines with most errors first. It is made from tables and"
        " figures of the run alone. Timelines and reconstructions show faces.",
        epilog="Example: mespot report results --out run.html",
    )
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the folder results of a run")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the page that is written"
    )
    parser.add_argument(
        "--iou",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="least IoU of a hit, for the curves and the order of the timelines (default: 0.5)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the page and say how large it is. Raises InputError for a folder without results."""
    from mespot.errors import InputError
    from mespot.report.gather import gather
    from mespot.report.page import write_report

    if not 0 < options.iou <= 1:
        raise InputError(f"--iou: {options.iou} is not above 0 and at most 1")
    write_report(options.out, gather(options.results, options.iou))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")

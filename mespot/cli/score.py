"""`mespot score`: scores anyone's predictions against labels. Needs neither torch nor HDF5."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

# The names of mespot.scoring.rules, which takes half a second to load; a test compares them.
RULES = ("strict", "megc2020", "sl_swin", "softnet", "strs", "auw_gcn", "mult")
_DESCRIPTION = """\
Score predicted intervals against labels, all in native frame numbers, inclusive at both ends.

labels: subject, video, type, onset, offset. predictions: video, type, onset, offset and, where
known, subject and confidence; or a submission to MEGC (vid, pred_onset, pred_offset, type). videos:
subject, video and, where known, fps, n_frames and first_frame; without it only the videos that have
labels count. Times in columns onset_s and offset_s need the fps of --videos. What was read in
another way than written is told on stderr. What the rules are: docs/protocol.md.
"""
_EXAMPLE = """\
Example:
  mespot score --labels annotations.csv --predictions intervals.csv --videos videos.csv --rule all
"""


def add(subparsers: Any) -> None:
    """Add the subcommand to the parser of `mespot`."""
    parser = subparsers.add_parser(
        "score",
        help="score anyone's predictions against labels",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--labels", required=True, type=Path, metavar="CSV", help="the labels, one table"
    )
    parser.add_argument(
        "--predictions",
        required=True,
        type=Path,
        metavar="CSV",
        nargs="+",
        help="one file or several, one a fold for example; they count as one table",
    )
    parser.add_argument(
        "--videos", type=Path, metavar="CSV", help="the sheet of all videos that count"
    )
    parser.add_argument(
        "--rule",
        choices=[*RULES, "all"],
        default="strict",
        metavar="NAME",
        help=f"when a prediction is a hit: {', '.join(RULES)}, or all (default: strict)",
    )
    parser.add_argument(
        "--labelled-only",
        action="store_true",
        help="leave out, class by class, predictions in videos without a label of the class",
    )
    parser.add_argument(
        "--recall",
        type=_share,
        nargs="+",
        default=[0.5],
        metavar="SHARE",
        help="recalls at which false alarms a minute are counted (default: 0.5)",
    )
    parser.add_argument(
        "--confidence",
        type=_share,
        default=0.95,
        metavar="SHARE",
        help="confidence of the interval of F1 (default: 0.95)",
    )
    parser.add_argument(
        "--bootstrap",
        type=_count,
        default=2000,
        metavar="N",
        help="bootstrap samples of subjects for the interval of F1 (default: 2000)",
    )
    parser.add_argument(
        "--seed", type=_seed, default=1, metavar="N", help="seed of the bootstrap (default: 1)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print everything as JSON, with all numbers"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the scores. Raises InputError for a table that cannot be scored."""
    from mespot.cli import score_report

    remarks: list[str] = []
    result = score_report.score(options, remarks)
    for line in remarks:
        print(f"mespot: {line}", file=sys.stderr)
    print(score_report.as_json(result) if options.json else score_report.page(result, options))


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number between 0 and 1")
    return share


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 0")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)

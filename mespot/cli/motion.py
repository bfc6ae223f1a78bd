"""`mespot motion export`: the motion of a corpus in a form that can be shared."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add `motion` with its one action `export`."""
    parser = subparsers.add_parser(
        "motion",
        help="share the motion of a corpus without its videos",
        description="Share the motion of a corpus without its videos.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser(
        "export",
        help="write motion, labels and sheet of a corpus to a folder",
        description="Write the motion of a corpus's face regions, its labels and its sheet to a"
        " folder that the corpus `motion` reads. No image and no landmark is in it.",
        epilog="Example: mespot motion export results --corpus demo --out shared",
    )
    action.add_argument("results", type=Path, metavar="RESULTS", help="the folder results of a run")
    action.add_argument("--corpus", required=True, metavar="NAME", help="which corpus of the run")
    action.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="where it is written: a new or an empty folder",
    )
    action.add_argument(
        "--no-labels", dest="labels", action="store_false", help="leave the labels out"
    )
    action.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the folder and say how it is used. Raises InputError for what cannot be exported."""
    from mespot.cli import config_lines
    from mespot.corpora.motion_export import export

    videos = export(options.results, options.corpus, options.out, labels=options.labels)
    print(f"{len(videos)} videos written to {options.out}; to run mespot on them:")
    print(config_lines.corpus("motion", {"root": options.out}))

"""`mespot corpus check`: what is in a corpus, what is odd and what will be left out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mespot.corpora.kinds import KINDS, MOTION
from mespot.errors import InputError


def add(subparsers: Any) -> None:
    """Add `corpus` with its one action `check`."""
    parser = subparsers.add_parser("corpus", help="look at a corpus before any work")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser(
        "check",
        help="say what is in a corpus, what is odd and what will be left out",
        description="Say what is in a corpus, what is odd and what will be left out. Exit status 1"
        " where it cannot be used at all.",
    )
    action.add_argument("root", type=Path, metavar="ROOT", help="folder of the corpus")
    action.add_argument(
        "--kind", required=True, choices=(*KINDS, MOTION), help="which corpus it is"
    )
    action.add_argument("--workbook", help="annotation workbook; else the one in ROOT")
    action.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key of its section in config.yaml, such as missing_offset=drop",
    )
    action.add_argument(
        "--images", action="store_true", help="open every image, not five of each video (slow)"
    )
    action.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write the two sheets and all notes there"
    )
    action.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 where the corpus cannot be used."""
    # Here and not above: what opens images and makes tables takes a second to load.
    from mespot import config
    from mespot.cli import corpus_report
    from mespot.corpora.check import check

    given = {key: value for key, _, value in (pair.partition("=") for pair in options.set)}
    if options.kind == MOTION:
        return _check_motion(options, given)
    if options.workbook is not None:
        given["workbook"] = options.workbook
    settings = config.loader_settings(options.kind, given)
    try:
        checked = check(options.kind, options.root, settings, every_image=options.images)
    except InputError as error:
        print(f"{options.kind}: cannot be used: {error}")
        return 1
    print(corpus_report.page(checked))
    if options.out is not None:
        print("\n".join(corpus_report.write(checked, options.out)))
    return 0


def _check_motion(options: argparse.Namespace, given: dict[str, str]) -> int:
    """The same of a folder that has motion and no videos."""
    from mespot.cli import corpus_report
    from mespot.corpora.motion_check import check_motion

    for name in ("workbook", "images", "out"):
        if getattr(options, name):
            raise InputError(f"--{name}: is for corpora with videos; leave it out")
    try:
        checked = check_motion(options.root, given)
    except InputError as error:
        print(f"{options.kind}: cannot be used: {error}")
        return 1
    print(corpus_report.page(checked))
    return 0

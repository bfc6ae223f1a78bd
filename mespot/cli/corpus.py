"""`mespot corpus`: look at a corpus before any work, or make one of decisions in review pages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mespot.corpora.kinds import KINDS, MOTION
from mespot.errors import InputError

_COLLECT = """\
Make a corpus of the decisions that review pages have saved (key n): a folder with videos.csv,
annotations.csv and, where candidates are undecided, undecided.csv. Videos without a decision are
left out. Nothing is learned from undecided candidates. What is not in the files counts as no
expression. See docs/active-learning.md.
"""


def add(subparsers: Any) -> None:
    """Add `corpus` with its actions `check` and `collect`."""
    parser = subparsers.add_parser(
        "corpus",
        help="look at a corpus before any work, or make one of what was reviewed",
        description="Look at a corpus before any work, or make one of what was reviewed.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_collect(actions)
    action = actions.add_parser(
        "check",
        help="say what is in a corpus, what is odd and what will be left out",
        description="Say what is in a corpus, what is odd and what will be left out. Exit status 1"
        " where it cannot be used at all.",
        epilog="Example: mespot corpus check /data/SAMM_LV --kind samm_lv",
    )
    action.add_argument("root", type=Path, metavar="ROOT", help="the folder of the corpus")
    action.add_argument(
        "--kind",
        required=True,
        choices=(*KINDS, MOTION),
        metavar="NAME",
        help=f"which corpus it is: {', '.join(KINDS)}, or {MOTION}",
    )
    action.add_argument(
        "--workbook", metavar="FILE", help="the annotation workbook (default: the one in ROOT)"
    )
    action.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value of a key of its section in config.yaml, such as missing_offset=drop;"
        " may be given several times",
    )
    action.add_argument(
        "--images", action="store_true", help="open every image (slow; default: five of each video)"
    )
    action.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="also write videos.csv, annotations.csv and all notes there",
    )
    action.set_defaults(run=run)


def _add_collect(actions: Any) -> None:
    action = actions.add_parser(
        "collect",
        help="make a corpus of decisions in review pages, to train on",
        description=_COLLECT,
        epilog="Example:\n  mespot corpus collect *_decisions.csv \\\n"
        "      --videos mespot-results/summary.csv --out reviewed",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.add_argument(
        "decisions", type=Path, nargs="+", metavar="DECISIONS", help="files saved by review pages"
    )
    action.add_argument(
        "--videos",
        type=Path,
        nargs="+",
        required=True,
        metavar="PATH",
        help="where the recordings are: summary.csv of `mespot spot`, a sheet of recordings"
        " (videos.csv), or the recordings themselves",
    )
    action.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where the sheets are written"
    )
    action.set_defaults(run=run_collect)


def run_collect(options: argparse.Namespace) -> None:
    """Write the sheets and say how they are used. Raises InputError for unusable decisions."""
    from mespot.cli import config_lines
    from mespot.corpora.decisions import collect
    from mespot.corpora.folds import LEAST_SUBJECTS
    from mespot.corpora.names import CHARACTERS

    collected = collect(options.decisions, options.videos)
    files = {path.stem: path for path in collected.write(options.out)}
    videos, subjects = len(collected.videos), collected.videos["subject"].nunique()
    print(
        f"{videos} videos of {subjects} subjects, {len(collected.annotations)} expressions, "
        f"{len(collected.undecided)} stretches undecided"
    )
    if collected.left_out:
        print(f"left out, because nothing is decided in them: {', '.join(collected.left_out)}")
    for name, own in collected.renamed.items():
        print(f"renamed, because names may have {CHARACTERS} only: {name} to {own}")
    if subjects < LEAST_SUBJECTS:
        print(
            f"too few people to train on: decide in recordings of {LEAST_SUBJECTS} or more; "
            "files of decisions can be added later"
        )
    print(f"written to {options.out}; to train on it:")
    sheets = {name: files.get(name) for name in ("videos", "annotations", "undecided")}
    print(config_lines.corpus("sheet", {**sheets, "root": collected.root}))


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

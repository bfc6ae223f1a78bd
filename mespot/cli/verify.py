"""`mespot verify`: whether the files of a run are whole, its own, and made as the config says."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add `verify`."""
    parser = subparsers.add_parser(
        "verify",
        help="check that all files of a run are whole and belong together",
        description="Read every file of a run and say which are damaged, of another corpus, video"
        " or fold, made with other settings, code or input, or no part of the run, and the command"
        " that mends each. The exit status is 1 if there are any.",
        epilog="Example: mespot verify results --configfile mine.yaml",
    )
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the folder results of a run")
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="config files that the run was started with, in the same order; relative to the"
        " folder that RESULTS lies in. config.yaml there is always read first",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is wrong, and 1 if anything is. Raises InputError for a folder that is no
    `results`, and for a config that cannot be used."""
    import os
    from collections import Counter

    from mespot import verification
    from mespot.config_files import merged
    from mespot.errors import InputError
    from mespot.plan import open_plan

    folder = options.results.resolve()
    if folder.name != "results" or not folder.parent.is_dir():
        raise InputError(f"{options.results}: is no folder results; name that of a run")
    os.chdir(folder.parent)  # the paths of a run begin there, and those of its config, too
    # First, so that whoever has no run yet is told what is wrong in a config file, and in which.
    config = merged(["config.yaml", *options.configfile])
    if not folder.is_dir():
        raise InputError(f"{options.results}: is no folder results; name that of a run")
    plan = open_plan(config, check_labels=False)
    counts: Counter[str] = Counter()
    for finding in verification.verify(plan):
        counts[finding.state] += 1
        if finding.why:
            print(f"{finding.state}: {finding.why}")
    print(", ".join(f"{number} {state}" for state, number in counts.items()) or "no files")
    return int(any(counts[state] for state in verification.FAULTS))

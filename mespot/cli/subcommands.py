"""The subcommands of `mespot`, a module each.

These modules hold the parsers and load nothing heavy: `mespot --help` answers at once. What a
subcommand needs is imported by the function that runs it.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from mespot.cli import benchmark, corpus, export, inspect, motion, report, score, spot, verify
from mespot.errors import InputError

# Each has `add(subparsers)`, which adds its parser and sets its function as the default of `run`.
SUBCOMMANDS = (spot, export, score, report, verify, corpus, inspect, motion, benchmark)


def run(arguments: Sequence[str] | None) -> int:
    """Run a subcommand; the exit status: its own, or 2 for bad input, reported on stderr."""
    parser = argparse.ArgumentParser(
        prog="mespot",
        description="Spotting of micro- and macro-expressions in long face videos. Each command"
        " says more: mespot COMMAND --help.",
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in SUBCOMMANDS:
        module.add(subparsers)
    options = parser.parse_args(arguments)
    try:
        status = int(options.run(options) or 0)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output (`head`, for example) has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except InputError as error:
        print(f"mespot: {error}", file=sys.stderr)
        return 2
    return status

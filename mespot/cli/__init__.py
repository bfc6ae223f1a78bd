"""The command `mespot`: one module a subcommand, each with `add(subparsers)` that sets `run`."""

import argparse
import sys
from collections.abc import Sequence

from mespot.cli import corpus
from mespot.errors import InputError

COMMANDS = (corpus,)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand. Bad input ends with its message on stderr and the exit status 2."""
    parser = argparse.ArgumentParser(
        prog="mespot", description="Spotting of micro- and macro-expressions in long face videos."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(subparsers)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except InputError as error:
        print(f"mespot: {error}", file=sys.stderr)
        return 2

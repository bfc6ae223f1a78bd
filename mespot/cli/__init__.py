"""The command `mespot`: what can be done without Snakemake.

Nothing is imported here that takes time: a key that stops the command is heard from the start.
"""

import sys
from collections.abc import Sequence

from mespot import stopping


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; the exit status: its own, 2 for bad input and 130 where a key has stopped
    it, both reported on stderr."""
    before = stopping.listen("mespot: stopped")
    try:
        from mespot.cli import subcommands

        return subcommands.run(arguments)
    except KeyboardInterrupt:
        print("mespot: stopped", file=sys.stderr)
        return stopping.STATUS
    finally:
        stopping.as_before(before)

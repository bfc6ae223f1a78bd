"""`mespot benchmark`: what a GPU would save, at the settings of a config file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add `benchmark`."""
    parser = subparsers.add_parser(
        "benchmark",
        help="time the networks on one CPU thread and on the GPU",
        description="Time pretraining, features and learning with the spotter, for each stream, on"
        " one CPU thread, as a job has it, and on the GPU where there is one.",
    )
    parser.add_argument(
        "--config",
        type=Path,
        nargs="+",
        default=[Path("config.yaml")],
        metavar="FILE",
        help="config.yaml, and files of keys that differ after it (default: config.yaml)",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=3,
        metavar="N",
        help="runs of each, of which the fastest counts (default: 3)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table, a row as it is measured. Raises InputError for an unusable config file."""
    from mespot import config
    from mespot.cli import speed

    settings = config.load(*options.config)
    print(speed.machine())
    print(f"{'stream':<8}{'task':<30}{'CPU, s':>10}{'GPU, s':>10}{'CPU / GPU':>12}")
    for row in speed.measure(settings, max(1, options.repeats)):
        line = f"{row['stream']:<8}{row['task']:<30}{row['cpu']:>10.3f}"
        if row["cuda"] is not None:
            line += f"{row['cuda']:>10.3f}{row['cpu'] / row['cuda']:>12.1f}"
        print(line, flush=True)

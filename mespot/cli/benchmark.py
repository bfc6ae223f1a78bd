"""`mespot benchmark`: what a GPU would save, and what a video costs, at the settings of a file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def add(subparsers: Any) -> None:
    """Add `benchmark`."""
    parser = subparsers.add_parser(
        "benchmark",
        help="time the networks or a video, or measure what reviewing is worth",
        description="Time pretraining, features and learning with the spotter, for each stream, on"
        " one CPU thread, as a job has it, and on the GPU where there is one. With --video, measure"
        " time and memory of `mespot spot` in a video instead. With --review, measure what"
        " decisions in review pages are worth (docs/active-learning.md).",
        epilog="Example: mespot benchmark --review results --seeds 3",
    )
    parser.add_argument(
        "--config",
        type=Path,
        nargs="+",
        default=[Path("config.yaml")],
        metavar="FILE",
        help="config.yaml, and files of keys that differ after it (default: config.yaml); --video"
        " reads none of them",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=3,
        metavar="N",
        help="runs of each, of which the fastest counts (default: 3)",
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="FILE",
        help="a video to measure, once and repeated to see whether memory grows with its length",
    )
    parser.add_argument(
        "--times",
        type=int,
        nargs="+",
        default=[1, 5],
        metavar="N",
        help="how often the video is repeated (default: 1 5)",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="the model of --video, a results/model.pt (default: the one that comes along)",
    )
    parser.add_argument(
        "--review",
        type=Path,
        metavar="RESULTS",
        help="folder results of a run with labels: train on the decisions of an expert, whom the"
        " labels play, and print F1 by how many candidates were reviewed (takes 5 minutes of CPU"
        " time for each of --seeds)",
    )
    parser.add_argument(
        "--corpus", default="demo", metavar="NAME", help="the corpus of --review (default: demo)"
    )
    parser.add_argument(
        "--after",
        type=int,
        nargs="+",
        default=[20, 40, 80],
        metavar="N",
        help="candidates after which --review trains (default: 20 40 80)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        metavar="N",
        help="how often --review does it, with other random numbers each time (default: 1); with"
        " two or more, F1 has a 95 %% interval",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("reviewing"),
        metavar="PATH",
        help="where --review writes PATH.csv and PATH.png (default: reviewing). A second call goes"
        " on with the CSV of the first",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table, a row as it is measured. Raises InputError for an unusable config file."""
    from mespot import config

    if options.video is not None:
        _video(options)
        return
    settings = config.load(*options.config)
    if options.review is not None:
        _review(settings, options)
    else:
        _networks(settings, max(1, options.repeats))


def _review(settings: Mapping[str, Any], options: argparse.Namespace) -> None:
    import sys

    from mespot.cli import reviewing
    from mespot.plots import style
    from mespot.plots.reviewing import reviewing as drawn

    material = reviewing.Material.of(options.review, options.corpus, settings)
    after = sorted(max(1, count) for count in options.after)
    table, picture = (options.out.with_name(options.out.name + end) for end in (".csv", ".png"))
    for rows in reviewing.measure(material, table, seeds=max(1, options.seeds), after=after):
        if len(rows):
            print(" ".join(map(str, rows.iloc[-1][["order", "seed", "fold"]])), file=sys.stderr)
    points = reviewing.curve(rows)
    print(reviewing.page(points))
    figure = drawn(points, reviewing.EVERYTHING)
    style.save_png(figure, {}, picture)


def _networks(settings: Mapping[str, Any], repeats: int) -> None:
    from mespot.cli import speed

    print(speed.machine())
    print(f"{'stream':<8}{'task':<30}{'CPU, s':>10}{'GPU, s':>10}{'CPU / GPU':>12}")
    for row in speed.measure(settings, repeats):
        line = f"{row['stream']:<8}{row['task']:<30}{row['cpu']:>10.3f}"
        if row["cuda"] is not None:
            line += f"{row['cuda']:>10.3f}{row['cpu'] / row['cuda']:>12.1f}"
        print(line, flush=True)


def _video(options: argparse.Namespace) -> None:
    from mespot.cli import length

    times = [max(1, count) for count in options.times]
    titles = ("times", "recorded, s", "found", "needed, s", "x real time", "CPU, s", "memory, MB")
    print("".join(f"{title:>13}" for title in titles))
    for count, cost in length.measure(options.video, options.model, times):
        speed = cost.recorded / cost.seconds
        print(
            f"{count:>13}{cost.recorded:>13.1f}{cost.found:>13}{cost.seconds:>13.1f}{speed:>13.2f}"
            f"{cost.cpu:>13.1f}{cost.peak / 1e6:>13.0f}",
            flush=True,
        )

"""`mespot spot`: find the expressions in videos of anybody."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from pathlib import Path
from typing import Any

from mespot import stopping
from mespot.formats import FORMATS

_DESCRIPTION = """\
Find micro- and macro-expressions in videos: files, folders that are searched for them, and folders
of numbered images (with --fps). For each video, a folder of its name gets intervals.csv (a row an
expression), scores.h5 (curves) and timeline.png (a picture). summary.csv has a row a video. What is
done is not done again, unless the video has changed, or the model, --face, --fps or the version of
mespot is another one. Exit status 1: a video or a format failed. An interval is a movement of the
face. What it means, and whether it means anything, it does not say.
"""
_EXAMPLES = """\
Examples:
  mespot spot anna.mp4
  mespot spot recordings/ --out results --review
  mespot spot frames/anna --fps 200

Columns of intervals.csv:
  video, type            its name, as its folder is called; micro (half a second at most) or macro
  onset, apex, offset    frames from 0, or numbers of images: where it begins, is largest, and ends;
                         the offset is its last frame
  onset_s, onset_time    the same in seconds, and as hh:mm:ss.mmm; so for apex and offset
  confidence             the higher, the surer; compare it within one type only
  regions, side          what moves most, the first one most; left, right (the person's own) or both
  blink, speech, head_turn, occluded, cut_off
                         1: look twice, for this happens in it or near it; cut_off: it begins or
                         ends where the usable part of the video does

Columns of summary.csv:
  video, path, state     its name, where it lies; spotted, spotted before, or failed
  micro, macro           how many were found
  minutes, usable_minutes
                         how long it is, and for how long a face can be used
  fps, width, height     its frames a second, as they were read, and the size of its picture, px
  remarks                what is odd about it, or why it failed

The page docs/spot.md of the project's source says more.
"""


def add(subparsers: Any) -> None:
    """Add the subcommand to the parser of `mespot`."""
    parser = subparsers.add_parser(
        "spot",
        help="find the expressions in your own videos",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "videos",
        type=_place,
        nargs="+",
        metavar="VIDEO",
        help="a video file, a folder of videos, or a folder of images",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="a results/model.pt (default: the one that comes along)",
    )
    which.add_argument(
        "--training-free", action="store_true", help="spot without a model; far more false alarms"
    )
    parser.add_argument(
        "--out",
        type=_place,
        default=Path("mespot-results"),
        metavar="FOLDER",
        help="where the results go (default: mespot-results in this folder)",
    )
    parser.add_argument(
        "--fps",
        type=_rate,
        metavar="N",
        help="frames a second of folders of images, and of video files that are named themselves"
        " because they state a wrong rate; videos in a folder keep their own",
    )
    parser.add_argument(
        "--face",
        type=_face,
        default="auto",
        metavar="WHO",
        help="who is followed where there are several: auto, left, right, largest, or a number"
        " from left to right (default: auto, who is seen long, large and in the middle)",
    )
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        choices=FORMATS,
        metavar="NAME",
        help="also write this format, which may be given several times: " + ", ".join(FORMATS),
    )
    parser.add_argument(
        "--review",
        action="store_true",
        help="also write review.html, a page on which what was found is looked at and corrected;"
        " it shows the face",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="how many videos at once (default: as many as there are cores)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Spot in all videos; 1 where one of them failed. Raises InputError for what cannot begin."""
    from mespot.cli.spot_formats import Spotted, write_formats
    from mespot.runtime import limit_threads
    from mespot.videos import batch, files
    from mespot.videos.how import How

    limit_threads(1)  # of each process
    how = How.of(options.model, training_free=options.training_free, face=options.face)
    planned = batch.plan(options.videos, options.out, how, options.fps, options.review)
    tasks = planned.tasks
    jobs = batch.check_jobs(options.jobs, len(tasks), len(os.sched_getaffinity(0)))
    unusable = [row for row in planned.rows.values() if row["state"] == batch.NOT_READ]
    for row in unusable:
        print(f"mespot: {row['remarks']}", file=sys.stderr)
    if options.fps is not None and not planned.rated:
        print(
            f"mespot: --fps {options.fps:g} holds for no video here: those in a folder keep their "
            "own rate. Name the files of which it is true",
            file=sys.stderr,
        )
    if planned.anew:
        print(
            f"mespot: {', '.join(planned.anew)}: spotted before without a review page, which needs "
            "more than was kept; spotted anew",
            file=sys.stderr,
        )
    kept = sum(row["state"] == batch.KEPT for row in planned.rows.values())
    if tasks:
        how.fetch_landmarker(lambda line: print(f"mespot: {line}", file=sys.stderr))
    try:
        _carry_out(planned, jobs)
    except KeyboardInterrupt:
        done = _states(planned).count(batch.FOUND)
        print(f"\nmespot: stopped; {_left(done, len(tasks))}", file=sys.stderr)
        return stopping.STATUS
    given = {task.name for task in tasks}
    given |= {name for name, row in planned.rows.items() if row["state"] == batch.KEPT}
    found = [
        Spotted(name, planned.places[name], row["fps"], name in given)
        for name, row in sorted(planned.rows.items())
        if row["state"] in (batch.FOUND, batch.KEPT)
    ]
    if options.review:
        for one in found:
            if one.given and (page := planned.out / one.name / files.PAGE).is_file():
                print(page)
    unwritten = 0
    if options.format:
        written, faults, unwritten = write_formats(planned.out, found, options.format)
        for path in written:
            print(path)
        for fault in faults:
            print(f"mespot: {batch.plain(fault)}", file=sys.stderr)
    done, failures = (_states(planned).count(state) for state in (batch.FOUND, batch.NOT_READ))
    failures += len(unusable)
    if places := [planned.out / one.name / files.INTERVALS for one in found if one.given]:
        every = f"{planned.out / 'VIDEO' / files.INTERVALS}, such as " if len(places) > 1 else ""
        print(f"intervals: {every}{places[0]}")
    print(
        f"{done} spotted, {kept} spotted before, {failures} failed: {planned.out / batch.SUMMARY}"
    )
    return int(failures + unwritten > 0)


def _place(text: str) -> Path:
    if not text:  # an empty variable of a script; it would be this folder
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def _rate(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"'{text}' must be a number above 0")


def _face(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _states(planned: Any) -> list[str]:
    """The states of what was to be done."""
    rows = (planned.rows.get(task.name) for task in planned.tasks)
    return [row["state"] for row in rows if row is not None]


def _left(done: int, of: int) -> str:
    """How much is done when a key has stopped the command, and how to go on."""
    if done == 0:
        return f"no video is done yet. Run the same command again to spot in {_them(of)}"
    are = "is" if done == 1 else "are"
    return f"{done} of {of} videos {are} done. Run the same command again for the rest"


def _them(count: int) -> str:
    return "it" if count == 1 else f"all {count}"


def _length(minutes: float) -> str:
    return f"{minutes:.1f} min" if minutes >= 1 else f"{60 * minutes:.2g} s"


def _carry_out(planned: Any, jobs: int) -> None:
    from tqdm import tqdm

    from mespot.videos import batch, workers

    sizes = [max(1, task.source.size) for task in planned.tasks]
    shares = [0.0] * len(sizes)
    with tqdm(
        total=sum(sizes),
        disable=None,  # where nobody looks
        bar_format="{percentage:3.0f} % |{bar}| {elapsed} so far, {remaining} left{postfix}",
    ) as bar:
        for event in batch.carry_out(planned, jobs):
            share = event.value if event.kind == workers.PROGRESS else 1.0
            bar.update((share - shares[event.number]) * sizes[event.number])
            shares[event.number] = share
            task = planned.tasks[event.number]
            if event.kind == workers.DONE:
                row = event.value
                told = f"; {row['remarks']}" if row["remarks"] else ""
                bar.write(
                    f"{task.name}: {row['micro']} micro, {row['macro']} macro in "
                    f"{_length(row['minutes'])}{told}",
                    file=sys.stdout,
                )
            elif event.kind == workers.FAILED:
                path = str(task.source.path)
                where = "" if path in event.value else f"{path}: "
                bar.write(f"mespot: {batch.plain(where + event.value)}", file=sys.stderr)

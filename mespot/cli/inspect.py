"""`mespot inspect`: what is in a file that mespot has written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mespot.errors import InputError


def add(subparsers: Any) -> None:
    """Add `inspect`."""
    parser = subparsers.add_parser(
        "inspect",
        help="look into a file that mespot has written",
        description="Print what is in a file that mespot has written (.h5, .pt or a table .csv):"
        " shapes, types, units, meaning, attributes, and what it was made with.",
        epilog="Example: mespot inspect results/demo/flow/s01_1.h5 --png flow.png",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file")
    parser.add_argument(
        "--png",
        type=Path,
        metavar="OUT",
        help="also draw it, into this file: crops and landmarks of some frames, flow as colours,"
        " motion, features and scores over time, losses of an encoder, intervals of a table",
    )
    parser.add_argument(
        "--video",
        type=Path,
        metavar="OUT",
        help="of landmarks of a run, or of results of `mespot spot`: write the recording as .mp4"
        " with landmarks, face regions, frame numbers, labels and intervals drawn in; it shows the"
        " face",
    )
    parser.add_argument(
        "--recording",
        type=Path,
        metavar="PATH",
        help="for --video: the recording, where the file does not say where it is, or it was moved",
    )
    parser.add_argument(
        "--of", metavar="VIDEO", help="which video of several is drawn (default: the first)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the tree; draw the picture and the video."""
    from mespot.cli import inspect_text

    if options.recording is not None and options.video is None:
        raise InputError("--recording: is for --video; name the video to write, too")
    print(inspect_text.page(options.file))
    if options.png is not None:
        from mespot.cli import inspect_picture

        inspect_picture.draw(options.file, options.png, options.of)
        print(f"\ndrawn: {options.png}")
    if options.video is not None:
        from mespot.cli import inspect_video

        inspect_video.write(options.file, options.video, options.recording)
        print(f"\nwritten: {options.video}")

"""`mespot export`: intervals in the format of another program."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mespot.formats import FORMATS


def add(subparsers: Any) -> None:
    """Add `export`."""
    width = max(map(len, FORMATS))
    listed = "\n".join(f"  {name:<{width}}  {one.title}" for name, one in FORMATS.items())
    parser = subparsers.add_parser(
        "export",
        help="write intervals in the format of ELAN, BORIS, Label Studio, ...",
        description="Write intervals in the format of another program. Formats:\n" + listed,
        epilog="Example:\n  mespot export results/sheet/intervals/learned/*.csv \\\n"
        "      --videos videos.csv --format elan --out elan/",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "intervals",
        nargs="+",
        type=Path,
        metavar="INTERVALS",
        help="tables of intervals, such as those of all folds of a method",
    )
    parser.add_argument(
        "--format", required=True, choices=FORMATS, metavar="NAME", help="one of the names above"
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PATH",
        help="the file; for elan, webvtt and textgrid a folder, with a file a video",
    )
    parser.add_argument(
        "--videos",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="the sheet of the recordings (.csv), or video files; their time stamps are read. Not"
        " needed for csv and megc",
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        help="the folder that paths in the sheet are relative to (default: that of the sheet)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the files and name them."""
    from mespot.cli.export_tables import coded_videos
    from mespot.formats import write

    remarks: list[str] = []
    videos = coded_videos(
        options.intervals,
        options.videos or [],
        options.root,
        timed=FORMATS[options.format].timed,
        remarks=remarks,
    )
    for remark in remarks:
        print(remark)
    for path in write(options.format, videos, options.out):
        print(path)

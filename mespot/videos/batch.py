"""Many videos: which are to be spotted in, by several processes, and the table of all of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.errors import InputError
from mespot.runtime import lock_results
from mespot.store import tables
from mespot.store.files import remove_abandoned
from mespot.videos import files, sources, workers
from mespot.videos.how import How
from mespot.videos.sources import Source

log = logging.getLogger(__name__)

SUMMARY = "summary.csv"
FOUND, KEPT, NOT_READ = "spotted", "spotted before", "failed"
# How much of the work is done when the motion is measured; networks and files come after it.
_MEASURED, _MEASURED_BEFORE_PAGE = 0.95, 0.8
_OTHER_RATE = 0.1  # a given rate that differs more from that of the file is worth a remark


@dataclass(frozen=True)
class Task:
    """One video to be spotted in. number: its place among all that were given. digest: of the video
    and the settings; results with the same one need not be made again. review: whether it gets a
    review page."""

    number: int
    source: Source
    name: str
    folder: Path
    digest: str
    review: bool


@dataclass(frozen=True)
class Plan:
    """What is to be done. rows: the rows of the table of all videos, by name, of those that are
    done or cannot be; tasks: the others. anew: names of those that are spotted in again only for
    their review page. places: where each video lies, by name, also those of earlier calls.
    rated: whether the given frames a second hold for any video."""

    out: Path
    how: How
    rows: dict[str, dict[str, Any]]
    tasks: list[Task]
    anew: list[str]
    places: dict[str, Path]
    rated: bool


def plan(
    given: Sequence[Path], out: Path, how: How, fps: float | None, review: bool = False
) -> Plan:
    """Find the videos and what of them is done; no other run may write to `out` from now on.

    review: whether each gets a review page. It needs candidates and motion, which are not kept, so
    a video that was spotted in without one is spotted in again.

    Raises InputError when another one does, when the folder cannot be written, and where there is
    no video.
    """
    identity = how.identity()
    found = sources.find(given, fps, out)
    lock_results(out)
    remove_abandoned(out)
    stamps = {path.name: files.stamp_of(path) for path in sorted(out.iterdir()) if path.is_dir()}
    made = {name: stamp for name, stamp in stamps.items() if stamp is not None}

    # Where recordings are, nothing is written, even if --out says so.
    recorded = {os.path.realpath(path) for s in found for path in (s.path, s.path.parent)}

    def holder(name: str) -> list[Any] | None:
        if os.path.realpath(out / name) in recorded:
            return [name]  # of no video
        return made[name]["video"] if name in made else None

    rows = {name: dict(stamp["row"]) for name, stamp in made.items()}
    places = {name: Path(stamp["video"][0]) for name, stamp in made.items()}
    tasks, anew = [], []
    for number, (source, name) in enumerate(zip(found, sources.names(found, holder), strict=True)):
        digest = _digest(source, identity)
        places[name] = source.path
        if source.fault:
            rows[name] = failed(name, source, source.fault)
            continue
        same = name in made and made[name]["digest"] == digest
        if same and (not review or (out / name / files.PAGE).is_file()):
            rows[name] |= {"state": KEPT, "path": plain(source.path)}  # it may have been moved
            continue
        if same:
            anew.append(name)
        rows.pop(name, None)
        tasks.append(Task(number, source, name, out / name, digest, review))
    rated = any(source.fps is not None for source in found)
    return Plan(out, how, rows, tasks, anew, places, rated)


def _digest(source: Source, identity: Mapping[str, str]) -> str:
    content = json.dumps([source.size, source.changed, identity, source.fps], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def failed(name: str, source: Source, why: str) -> dict[str, Any]:
    """The row of a video that nothing was found in because it cannot be used."""
    empty = dict.fromkeys(tables.COLUMNS["found_videos"], pd.NA)
    told = {"path": plain(source.path), "state": NOT_READ, "remarks": plain(why)}
    return {**empty, "video": name, **told}


def plain(text: str | Path) -> str:
    """Text that can be written; names of files may have bytes that are none."""
    return str(text).encode("utf-8", "replace").decode()


def carry_out(planned: Plan, jobs: int) -> Iterator[workers.Event]:
    """Do it in up to `jobs` processes; numbers are positions in `planned.tasks`. The rows are
    filled in, and the table is written whenever a video is done."""
    write_summary(planned)
    try:
        for event in workers.share_out(planned.tasks, jobs, prepare, planned.how):
            task = planned.tasks[event.number]
            if event.kind == workers.DONE:
                planned.rows[task.name] = event.value
            elif event.kind == workers.FAILED:
                planned.rows[task.name] = failed(task.name, task.source, event.value)
                files.disown(task.folder, task.digest)
            if event.kind != workers.PROGRESS:
                write_summary(planned)
            yield event
    finally:
        remove_abandoned(planned.out)  # what ended processes had begun


def write_summary(planned: Plan) -> None:
    """Write the table of all videos, by name. Raises InputError when it cannot be written."""
    rows = [planned.rows[name] for name in sorted(planned.rows)]
    table = pd.DataFrame(rows, columns=list(tables.COLUMNS["found_videos"]))
    tables.write(planned.out / SUMMARY, "found_videos", table)


def prepare(how: How) -> workers.Work:
    """In a process of its own: the function that spots in one video."""
    from mespot.recording import open_recording
    from mespot.videos.review import write_review
    from mespot.videos.single import Spotter, check_rate

    spotter = Spotter.of(how)
    rate = spotter.settings["tracking"]["rate"]

    def work(task: Task, report: Callable[[float], None]) -> dict[str, Any]:
        remarks = _Remarks(task.source.path)
        logging.getLogger("mespot").addHandler(remarks)
        try:
            recording = open_recording(task.source.path, task.source.fps)
            check_rate(recording)
            _compare_rate(task.source)
            share = _MEASURED_BEFORE_PAGE if task.review else _MEASURED
            with files.workshop(task.folder) as aside:
                found = spotter.spot(
                    recording, task.name, aside, lambda done, of: report(share * done / max(1, of))
                )
                row = _row(found, task, remarks.lines)
                stamp = {
                    "video": task.source.identity,
                    "digest": task.digest,
                    "row": row,
                    "made_with": found.made_with,
                    "followed_by": spotter.followed_by,
                }
                page = partial(write_review, recording=recording, rate=rate)
                files.write(found, aside, task.folder, stamp, page if task.review else None)
            report(1.0)
            return row
        finally:
            logging.getLogger("mespot").removeHandler(remarks)

    return work


def _compare_rate(source: Source) -> None:
    """Warn where the given rate is not that of the file. It may be right: a recording in slow
    motion states the rate at which it is played."""
    if source.fps is None or source.path.is_dir():
        return
    from mespot.recording import open_recording

    with contextlib.suppress(InputError):  # it states none
        own = open_recording(source.path)
        if all(abs(source.fps / rate - 1) > _OTHER_RATE for rate in (own.fps, own.steady_fps)):
            log.warning(
                "%s: read at %g frames a second, as --fps says, and not at the %.4g of the file",
                source.path,
                source.fps,
                own.fps,
            )


class _Remarks(logging.Handler):
    """The warnings of mespot about one video, without its path: they stand beside its name."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.WARNING)
        self.path = path
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage().removeprefix(f"{self.path}: ")
        if line not in self.lines:
            self.lines.append(line)


def _row(found: Any, task: Task, remarks: Sequence[str]) -> dict[str, Any]:
    measured = found.measured
    frames, usable = len(measured.span), int((measured.span >= 0).sum())
    hidden = int(measured.occluded.sum())  # no frame of these is usable
    lines = list(remarks)
    if not measured.found.any():
        lines.append("no face found in any frame")
    elif (without := frames - usable - hidden) > 0:
        lines.append(f"no usable face for {without / measured.rate:.1f} s")
    if hidden > 0:
        lines.append(f"something hides the face for {hidden / measured.rate:.1f} s")
    if (others := int((measured.other_faces > 0).sum())) > 0:
        lines.append(f"another face for {others / measured.rate:.1f} s")
    counts = found.intervals["type"].value_counts()
    return {
        "video": task.name,
        "path": plain(task.source.path),
        "state": FOUND,
        "micro": int(counts.get("micro", 0)),
        "macro": int(counts.get("macro", 0)),
        "minutes": frames / measured.rate / 60,
        "usable_minutes": usable / measured.rate / 60,
        "fps": measured.native_fps,
        "width": measured.width,
        "height": measured.height,
        "remarks": plain("; ".join(lines)),
    }


def check_jobs(jobs: int | None, tasks: int, cores: int) -> int:
    """How many processes: as many as there are cores and videos, or as many as are asked for."""
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs: {jobs} must be at least 1")
    return max(1, min(tasks, cores if jobs is None else jobs))

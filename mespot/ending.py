"""What a person is told at the end of a run: of each corpus what was odd, and what jobs warned of.

It is put together from the `summary` tables and the logs of jobs, and loads nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.plan import Plan, inputs, paths
from mespot.runtime import warnings_of
from mespot.store import tables
from mespot.store.files import replacing

# More than this is in the table, or in the file of warnings.
_VIDEOS_NAMED, _WARNINGS_SHOWN = 5, 10


def lines(plan: Plan, began: float, *, finished: bool) -> list[str]:
    """What to tell, a line each; nothing where there is nothing to tell.

    began: the time at which the run began, as mespot.runtime.lock_results gives it. finished: all
    that was asked for is made. Otherwise only warnings are told. All warnings of the run are
    written to `paths.WARNINGS`.
    """
    told: list[str] = []
    try:
        if finished:
            for corpus in plan.corpora:
                path = paths.summary(corpus)
                if _up_to_date(path, inputs.summarise(plan, corpus).values()):
                    told += of_corpus(tables.read(path, "summary", tables.REAL), path)
        told += of_warnings(warnings_since(Path("results"), began), paths.WARNINGS)
    except (InputError, OSError) as error:
        told.append(f"The end of the run cannot be summed up: {error}")
    return told


def _up_to_date(path: str, read: Iterable[str | list[str]]) -> bool:
    """Whether a table is there, as well as all that it was made from, and is newer."""
    files = [Path(p) for part in read for p in ([part] if isinstance(part, str) else part)]
    if not all(file.exists() for file in (Path(path), *files)):
        return False
    return Path(path).stat().st_mtime >= max(file.stat().st_mtime for file in files)


# ------------------------------------------------------------------------------------- a corpus


def of_corpus(summary: pd.DataFrame, path: str) -> list[str]:
    """A `summary` table in a few lines. path: where it is."""
    whole, videos = summary.iloc[-1], summary.iloc[:-1]
    counted = f"{whole['videos']} video{'s' if whole['videos'] != 1 else ''}"
    told = [f"{whole['corpus']}: {counted}, {_time(whole['minutes'])}; {path} has a row for each"]
    if whole["no_face"] is not pd.NA and whole["no_face"]:
        told.append(f"  no face in {_named(videos.loc[videos['no_face'] == 1, 'video'])}")
    for column, what in (
        ("unusable_minutes", "not usable"),
        ("occluded_minutes", "of this, something hides the face"),
        ("other_face_minutes", "another face beside the one that is followed"),
    ):
        if whole[column] is not pd.NA and whole[column] > 0:
            told.append(f"  {what}: {_time(whole[column])}, in {_longest(videos, column)}")
    if whole["cuts"] is not pd.NA and whole["cuts"]:
        cut = videos[videos["cuts"] > 0]
        names = [f"{row['video']} ({row['cuts']})" for _, row in cut.iterrows()]
        told.append(f"  cuts to another scene or person: {_named(names)}")
    if whole["varying_rate"]:
        varying = videos[videos["varying_rate"] == 1]
        names = [f"{row['video']} (mean {row['fps']:.2f} fps)" for _, row in varying.iterrows()]
        told.append(f"  the frame rate varies in {_named(names)}")
    return told + _rates(whole)


def _rates(whole: pd.Series) -> list[str]:
    """Intervals a minute, a line for each method."""
    end = f"_{CLASSES[0]}_per_minute"
    methods = [name.removesuffix(end) for name in whole.index if name.endswith(end)]
    if not methods or whole["minutes"] <= whole["unusable_minutes"]:
        return []
    title = "intervals a minute"
    width = max(map(len, (title, *methods)))
    told = [f"  {title:{width}}" + "".join(f"{expression:>8}" for expression in CLASSES)]
    for method in methods:
        cells = [whole[f"{method}_{expression}_per_minute"] for expression in CLASSES]
        told.append(f"  {method:{width}}" + "".join(f"{cell:8.1f}" for cell in cells))
    return told


def _longest(videos: pd.DataFrame, column: str) -> str:
    """Videos with some minutes of a column, the most first."""
    some = videos[videos[column] > 0].sort_values(column, ascending=False, kind="stable")
    return _named(f"{row['video']} ({_time(row[column])})" for _, row in some.iterrows())


def _named(videos: Iterable[str]) -> str:
    """Names, or the first few and how many more."""
    names = list(videos)
    more = len(names) - _VIDEOS_NAMED
    return ", ".join(names[:_VIDEOS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _time(minutes: float) -> str:
    return f"{minutes:.1f} min" if minutes >= 1 else f"{minutes * 60:.1f} s"


# ------------------------------------------------------------------------------------- warnings


def warnings_since(results: Path, began: float) -> dict[str, list[str]]:
    """Warning -> the jobs that gave it since a time, such as `demo/track_face/s01_1`."""
    found: dict[str, list[str]] = {}
    for folder in sorted([results / "logs", *results.glob("*/logs")]):
        for log in sorted(folder.rglob("*.log")):
            if log.stat().st_mtime < began:
                continue
            job = log.relative_to(results).with_suffix("").as_posix().replace("logs/", "", 1)
            for warning in dict.fromkeys(warnings_of(log)):
                found.setdefault(warning, []).append(job)
    return found


def of_warnings(found: dict[str, list[str]], path: str) -> list[str]:
    """The first warnings, each once with its job. All are written to the file `path`."""
    if not found:
        Path(path).unlink(missing_ok=True)
        return []
    every = [_line(warning, jobs) for warning, jobs in found.items()]
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in every), encoding="utf-8")
    more = len(every) - _WARNINGS_SHOWN
    shown = [f"  {line}" for line in every[:_WARNINGS_SHOWN]]
    return ["warnings:", *shown, *([f"  and {more} more in {path}"] if more > 0 else [])]


def _line(warning: str, jobs: Sequence[str]) -> str:
    more = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    named = jobs[0].rsplit("/", 1)[-1]  # mostly the video, which the warning may name as well
    return f"{jobs[0]}{more}: {warning.removeprefix(f'{named}: ')}"

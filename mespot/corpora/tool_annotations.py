"""Annotations of a sheet corpus that were made in ELAN, BORIS or Label Studio.

Tools know tiers and behaviours, times of a media file, and files. What they have written becomes
labels in three steps: the names that `sheet.behaviours` lists say what is micro, macro or an apex;
the name of the linked media file says which video of the recording sheet it is; the time stamps of
that video say which frames were meant. What can be meant in one way only is read. Everything that
is wrong is collected and reported at once, with its file and place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mespot.corpora.corpus_tables import LABEL_COLUMNS
from mespot.corpora.layout import natural
from mespot.corpora.linked import Recordings
from mespot.corpora.notes import DOUBTFUL, REMARK, Notes
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.formats.coded import APEX, FrameTimes
from mespot.formats.found import Annotated, Event
from mespot.formats.reading import SHEET, SUFFIXES, read, tool_of
from mespot.store.paths import FOLDER, kind_at
from mespot.store.sheet_cells import cleaned, type_of
from mespot.store.sheet_errors import MOST_SHOWN

Behaviours = Mapping[str, Sequence[str]]
# Names without a config: those that the exports give.
DEFAULT: dict[str, list[str]] = {name: [name] for name in (*CLASSES, APEX)}


def annotation_files(given: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files that `sheet.annotations` names: one, a list, or all that a folder holds.

    Raises InputError for a folder without annotations, and for one that cannot be listed.
    """
    if not isinstance(given, (str, Path)):
        return [file for one in given for file in annotation_files(one)]
    path = Path(given)
    if kind_at(path) != FOLDER:
        return [path]
    try:
        names = sorted((one.name for one in path.iterdir()), key=natural)
    except OSError as error:
        raise InputError(f"{path}: cannot be listed: {error.strerror}; check permissions") from None
    files = [path / name for name in names if not name.startswith((".", "~$"))]
    kept = [file for file in files if file.suffix.lower() in SUFFIXES and kind_at(file) != FOLDER]
    if not kept:
        kinds = ", ".join(sorted(SUFFIXES))
        raise InputError(f"{path}: has no annotations in it; put files there ({kinds})")
    return kept


def is_of_tool(path: Path) -> bool:
    """Whether a file was written by an annotation tool, and is no sheet of labels."""
    return tool_of(path) != SHEET


@dataclass
class _Label:
    """An expression as a tool has it: seconds of the media file, or frames from 0 on."""

    type: str
    event: Event
    start: float
    end: float
    apex: float | None = None


@dataclass
class _Coded:
    """A video and what one file says of it. origin: s of the video at time 0 of the annotations."""

    video: str
    source: Annotated
    origin: float
    labels: list[_Label]


def read_tools(
    files: Sequence[Path],
    videos: pd.DataFrame,
    behaviours: Behaviours | None = None,
    notes: Notes | None = None,
    times: Mapping[str, FrameTimes] | None = None,
) -> pd.DataFrame:
    """The labels in files of tools, as of `mespot.corpora.sheet.read_annotations`.

    videos: subject, video and path. behaviours: of micro, macro and apex, the names of tiers,
    behaviours or labels; `tier: text` and `behaviour: modifier` name a part of one. times: of each
    video; None where no video has been opened yet. Then frames are empty, and everything else is
    checked all the same.

    Raises InputError that names each fault with its file and place, and the cure.
    """
    return _Reading(videos, behaviours or DEFAULT, notes or Notes()).read(files, times)


class _Reading:
    def __init__(self, videos: pd.DataFrame, behaviours: Behaviours, notes: Notes):
        self.recordings = Recordings(videos)
        self.roles = _roles(behaviours)
        self.notes = notes
        self.errors: list[str] = []
        self.unread: Counter[str] = Counter()

    def read(self, files: Sequence[Path], times: Mapping[str, FrameTimes] | None) -> pd.DataFrame:
        """All labels of all files."""
        coded: dict[str, _Coded] = {}
        for file in files:
            self.unread = Counter()
            for source in read(file):
                one = self._of_video(source, file)
                if one is None:
                    continue
                if one.video in coded:
                    first = coded[one.video].source.where
                    text = f"annotates '{one.video}', as {first} does; keep one of them"
                    self.errors.append(f"{source.where}: {text}")
                coded.setdefault(one.video, one)
            if self.unread:
                told = ", ".join(f"'{name}' ({count})" for name, count in self.unread.items())
                self.notes.add(
                    REMARK, str(file), f"not named in sheet.behaviours, not read: {told}"
                )
        self._raise_any()
        if not any(one.labels for one in coded.values()):
            self._nothing(files)
        for video in self.recordings.subject:
            if video not in coded:
                text = "no file annotates it: taken as a video without expressions"
                self.notes.add(DOUBTFUL, f"video '{video}'", text)
        table = [row for one in coded.values() for row in self._rows(one, times)]
        self._raise_any()
        return pd.DataFrame(table, columns=list(LABEL_COLUMNS)).astype(LABEL_COLUMNS)

    # ------------------------------------------------------------ whose it is

    def _of_video(self, source: Annotated, file: Path) -> _Coded | None:
        """What a source says of its video; None, and perhaps an error, where there is none."""
        asked = self._asked(source.events)
        meant = {
            video: origin for link, origin in source.media for video in self.recordings.meant(link)
        }
        if not source.media:
            meant = dict.fromkeys(self.recordings.named(file.stem), 0.0)
        if len(meant) == 1:
            ((video, origin),) = meant.items()
            labels = self._labels(asked, video, source.frames)
            return _Coded(video, source, origin, labels)
        if not asked and source.where != str(file):
            return None  # an observation or task of another study
        links = ", ".join(f"'{link}'" for link, _ in source.media)
        if meant:
            both = ", ".join(f"'{video}'" for video in sorted(meant))
            text = f"its media {links} can be each of the videos {both}; give their files names of"
            text = f"{text} their own, or link the one that is meant"
        elif source.media:
            hint = self.recordings.like(source.media[0][0])
            text = f"links {links}, which is no video of the recording sheet{hint}; correct the"
            text = f"{text} path there, or link the video in the tool"
        else:
            text = "links no video, and no video of the recording sheet has its name; link one in"
            text = f"{text} the tool, or rename the file after the video"
        self.errors.append(f"{source.where}: {text}")
        return None

    # ------------------------------------------------------------ what it says

    def _asked(self, events: Sequence[Event]) -> list[tuple[str, Event]]:
        """The events that have a role, and which."""
        found = []
        for event in events:
            named = [_key(name) for name in event.names]
            named += [re.sub(r" \(\d+\)$", "", name) for name in named]  # of our own exports
            roles = {self.roles[name] for name in named if name in self.roles}
            if len(roles) > 1:
                both = " and ".join(sorted(roles))
                text = f"is {both} by sheet.behaviours; name it under one of them"
                self.errors.append(f"{event.where}: {text}")
            elif roles:
                found.append((roles.pop(), event))
            else:
                self.unread[event.names[0]] += 1
        return found

    def _labels(self, asked: Sequence[tuple[str, Event]], video: str, frames: bool) -> list[_Label]:
        """The expressions of a video, with their apexes."""
        labels, apexes = [], []
        for role, event in self._of_subject(asked, video):
            if event.fault:
                self.errors.append(f"{event.where}: {event.fault}")
            elif role == APEX:
                apexes.append(event)
            elif event.end is None:
                text = "is a point in time, and an expression needs a start and an end; make it a"
                text = f"{text} state event, or name it as apex in sheet.behaviours"
                self.errors.append(f"{event.where}: {text}")
            elif event.end < event.start or (event.end == event.start and not frames):
                text = f"ends at {event.end:g}, not after its start {event.start:g}; correct it"
                self.errors.append(f"{event.where}: {text}")
            else:
                labels.append(_Label(role, event, event.start, event.end))
        for apex in apexes:
            self._attach(apex, labels, frames)
        return labels

    def _of_subject(
        self, asked: Sequence[tuple[str, Event]], video: str
    ) -> list[tuple[str, Event]]:
        """Without the events of other people, where a tool knows several."""
        names = {event.subject for _, event in asked if event.subject}
        owner = str(self.recordings.subject[video])
        own = {name for name in names if name.casefold() == owner.casefold()}
        if len(names) > 1 and not own:
            both = ", ".join(f"'{name}'" for name in sorted(names))
            text = f"has events of {both}, and '{video}' is of '{owner}'; name the subject so"
            self.errors.append(f"{asked[0][1].where}: {text}")
        if not own:
            return list(asked)
        return [(role, event) for role, event in asked if event.subject in own | {""}]

    def _attach(self, apex: Event, labels: list[_Label], frames: bool) -> None:
        """Give an apex to the expression that it lies in: of its class, if its text says one."""
        kind = type_of(apex.text.split(" ")[0]) if apex.text else None
        around = [
            label
            for label in labels
            if label.start <= apex.start
            and (apex.start <= label.end if frames else apex.start < label.end)
            and kind in (None, label.type)
        ]
        if len(around) != 1:
            what = "lies in no expression" if not around else "lies in several expressions"
            text = f"{what}; move it, or take it out of sheet.behaviours.apex"
            self.errors.append(f"{apex.where}: {text}")
        elif around[0].apex is not None:
            text = f"is a second apex of {around[0].event.where}; delete one"
            self.errors.append(f"{apex.where}: {text}")
        else:
            around[0].apex = apex.start

    # ------------------------------------------------------------ which frames it means

    def _rows(
        self, one: _Coded, times: Mapping[str, FrameTimes] | None
    ) -> list[tuple[object, ...]]:
        subject = self.recordings.subject[one.video]
        rows: list[tuple[object, ...]] = []
        first: dict[tuple[object, ...], str] = {}
        for label in sorted(one.labels, key=lambda label: (label.start, label.end)):
            where = label.event.where
            found = (pd.NA, pd.NA, pd.NA)
            if times is not None:
                found = self._frames(one, label, times[one.video])
                key = label.type, found[0], found[2]
                if (same := first.setdefault(key, where)) != where:
                    self.errors.append(f"{where}: the same label as {same}; delete one of them")
            rows.append((subject, one.video, *found, label.type, where))
        return rows

    def _frames(self, one: _Coded, label: _Label, times: FrameTimes) -> tuple:
        """Onset, apex and offset."""
        if one.source.frames:
            onset, offset = (times.first + int(end) for end in (label.start, label.end))
            apex = pd.NA if label.apex is None else times.first + int(label.apex)
            inside = offset <= times.last
            last = f"frame {times.last - times.first + 1} of the tool"
        else:
            start, end = one.origin + label.start, one.origin + label.end
            step = times.edges[-1] - times.edges[-2]
            inside = start < times.edges[-1] and end <= times.edges[-1] + step and start > -step
            last = f"{times.edges[-1]:.3f} s"
            onset, offset = times.frames(start, end)
            apex = pd.NA
            if label.apex is not None:
                # Rounding must not move it out of its expression.
                apex = min(max(times.frame(one.origin + label.apex), onset), offset)
        if not inside:
            text = (
                f"[{label.start:g}, {label.end:g}] is outside '{one.video}', which ends at {last}"
            )
            self.errors.append(f"{label.event.where}: {text}; is it the right video?")
        return onset, apex, offset

    # ------------------------------------------------------------ messages

    def _nothing(self, files: Sequence[Path]) -> None:
        """Refuse files in which there is something, and nothing of it has a role."""
        names: Counter[str] = Counter()
        for file in files:
            for source in read(file):
                names.update(event.names[0] for event in source.events)
        if names:
            wanted = ", ".join(f"'{name}'" for name in self.roles)
            there = ", ".join(f"'{name}' ({count})" for name, count in names.most_common(20))
            raise InputError(
                f"{files[0]}: has none of {wanted}, but {there}; name what is micro and macro in"
                " sheet.behaviours"
            )

    def _raise_any(self) -> None:
        if self.errors:
            rest = len(self.errors) - MOST_SHOWN
            shown = self.errors[:MOST_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
            raise InputError("\n".join(shown))


def _key(name: str) -> str:
    return " ".join(cleaned(name).casefold().split())


def _roles(behaviours: Behaviours) -> dict[str, str]:
    """What each name means. Raises InputError for one that is named twice."""
    roles: dict[str, str] = {}
    for role, names in behaviours.items():
        for name in names:
            if roles.setdefault(_key(name), role) != role:
                both = f"{roles[_key(name)]} and {role}"
                raise InputError(f"sheet.behaviours: {name!r} is named under {both}; remove one")
    return roles

"""Starts and stops, as BORIS keeps state events, joined to intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mespot.formats.found import Event

START, STOP, EITHER = "START", "STOP", ""


@dataclass(frozen=True)
class Mark:
    """A start or a stop at `time` (s). side: which of them, where that is known."""

    time: float
    subject: str
    behaviour: str
    modifier: str
    where: str
    side: str = EITHER


def names_of(behaviour: str, modifier: str) -> tuple[str, ...]:
    """What an event goes by: its behaviour, and `behaviour: modifier` where it has one."""
    return (behaviour, f"{behaviour}: {modifier}") if modifier else (behaviour,)


def joined(marks: Iterable[Mark]) -> list[Event]:
    """An event for each start and its stop: the next mark of the same subject and behaviour.

    The order of marks at one time is that in which they are given. What has no partner becomes an
    event with a fault.
    """
    open_marks: dict[tuple[str, str, str], Mark] = {}
    events = []
    for mark in sorted(marks, key=lambda one: one.time):
        key = mark.subject, mark.behaviour, mark.modifier
        started = open_marks.pop(key, None)
        if mark.side == START and started is not None:
            events.append(_unpaired(started, "starts again before it stops"))
            started = None
        if started is not None:
            names = names_of(mark.behaviour, mark.modifier)
            where, note = started.where, mark.modifier
            events.append(Event(names, started.time, mark.time, where, note, mark.subject))
        elif mark.side == STOP:
            events.append(_unpaired(mark, "stops and has no start"))
        else:
            open_marks[key] = mark
    return events + [_unpaired(mark, "starts and has no stop") for mark in open_marks.values()]


def _unpaired(mark: Mark, what: str) -> Event:
    fault = f"{what}; complete it in BORIS (Observations > Fix unpaired events)"
    names = names_of(mark.behaviour, mark.modifier)
    return Event(names, mark.time, None, mark.where, mark.modifier, mark.subject, fault)

"""Annotations in ELAN's files, EAF 2.x and 3.0.

The parser resolves no entity and loads nothing from elsewhere. An annotation goes by the name of
its tier, and by `tier: text`, for tiers that hold all classes. One that refers to another has the
time of that one, if it is the only one that does so.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mespot.errors import InputError
from mespot.formats.found import Annotated, Event, content

_CURE = "open it in ELAN and save it again"
_ALIGN = "give it a time in ELAN, or name a tier whose annotations have one"


def read(path: Path) -> list[Annotated]:
    """The annotations of all tiers. Raises InputError for what is no EAF file."""
    root = _root(path)
    header = root.find("HEADER")
    units = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if units != "milliseconds":
        raise InputError(f"{path}: its times are in {units!r}, not in milliseconds; {_CURE}")
    media = [] if header is None else _media(path, header)
    slots = {slot.get("TIME_SLOT_ID"): slot for slot in root.findall("TIME_ORDER/TIME_SLOT")}
    reader = _Reader(path, slots)
    events = [event for tier in root.findall("TIER") for event in reader.tier(tier)]
    return [Annotated(str(path), media, [reader.timed(event) for event in events])]


def _root(path: Path) -> Element:
    data = content(path, b"<")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise InputError(
            f"{path}: has a document type or entities, which no EAF file has; {_CURE}"
        ) from None
    except ParseError as error:
        row, column = error.position
        raise InputError(
            f"{path}: row {row}, column {column}: is not XML; {_CURE}, or copy it again"
        ) from None
    except (LookupError, ValueError) as error:  # an encoding that is not known
        raise InputError(f"{path}: is not XML ({error}); {_CURE}") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(f"{path}: is XML of another kind ({root.tag!r:.60}); name an .eaf file")
    return root


def _media(path: Path, header: Element) -> list[tuple[str, float]]:
    media = []
    for one in header.findall("MEDIA_DESCRIPTOR"):
        origin = one.get("TIME_ORIGIN") or "0"
        seconds = _milliseconds(origin)
        if seconds is None:
            raise InputError(f"{path}: TIME_ORIGIN {origin!r} is no whole number; {_CURE}")
        links = dict.fromkeys(filter(None, (one.get("MEDIA_URL"), one.get("RELATIVE_MEDIA_URL"))))
        media += [(link, seconds) for link in links]
    if not media and (name := header.get("MEDIA_FILE")):
        media = [(name, 0.0)]
    return media


def _milliseconds(text: str) -> float | None:
    """Seconds of whole milliseconds; None for another text."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 16):
        return None
    return sign * int(digits) / 1000


class _Reader:
    """Annotations by their id, so that references can be followed."""

    def __init__(self, path: Path, slots: dict[str | None, Element]):
        self.path, self.slots = path, slots
        self.annotations: dict[str, Element] = {}
        self.referred: Counter[tuple[str, str]] = Counter()  # tier and annotation referred to

    def tier(self, tier: Element) -> list[tuple[str, Element]]:
        """Name of the tier and annotation, for each one in it."""
        name = tier.get("TIER_ID") or ""
        found = [one for holder in tier.findall("ANNOTATION") for one in holder]
        for one in found:
            self.annotations[one.get("ANNOTATION_ID") or ""] = one
            if one.tag == "REF_ANNOTATION":
                self.referred[name, one.get("ANNOTATION_REF") or ""] += 1
        return [(name, one) for one in found]

    def timed(self, found: tuple[str, Element]) -> Event:
        """The event; a fault in it says why it has no time."""
        tier, one = found
        text = " ".join((one.findtext("ANNOTATION_VALUE") or "").split())
        where = f"{self.path}: tier {tier!r}, annotation {one.get('ANNOTATION_ID')!r}"
        names = (tier, f"{tier}: {text}") if text else (tier,)
        times = self._times(tier, one)
        if isinstance(times, str):
            return Event(names, 0.0, None, where, text, fault=times)
        return Event(names, times[0], times[1], where, text)

    def _times(self, tier: str, one: Element) -> tuple[float, float] | str:
        """Start and end, s, or what is wrong."""
        followed: set[str] = set()
        first = True
        while one.tag == "REF_ANNOTATION":
            target = one.get("ANNOTATION_REF") or ""
            if first and self.referred[tier, target] > 1:
                return f"shares the time of annotation {target!r} with others of its tier; {_ALIGN}"
            if target in followed or target not in self.annotations:
                return f"refers to annotation {target!r}, which is not there; {_CURE}"
            followed.add(target)
            one, first = self.annotations[target], False
        if one.tag != "ALIGNABLE_ANNOTATION":
            return f"is of a kind that is not known ({one.tag!r:.60}); {_CURE}"
        times = []
        for side in ("TIME_SLOT_REF1", "TIME_SLOT_REF2"):
            slot = self.slots.get(one.get(side))
            if slot is None:
                return f"has a time slot {one.get(side)!r}, which is not there; {_CURE}"
            value = slot.get("TIME_VALUE")
            if value is None:
                return f"has the time slot {one.get(side)!r}, which has no time; {_ALIGN}"
            seconds = _milliseconds(value)
            if seconds is None or seconds < 0:
                return f"has the time {value!r}, which is no number of milliseconds; {_CURE}"
            times.append(seconds)
        return times[0], times[1]

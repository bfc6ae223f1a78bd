"""What the demo corpus consists of: its subjects, videos, labels and random numbers."""

from typing import TYPE_CHECKING, Any

from mespot.errors import InputError

if TYPE_CHECKING:  # kept out of the planning of the workflow, which only asks for `videos`
    from collections.abc import Mapping, Sequence

    import numpy as np

    from mespot.demo.events import Expression
    from mespot.demo.settings import ScriptSettings

# What a generator is for; each has its own, so that a change in one leaves the others' numbers.
IDENTITY, SCRIPT, MOTION, SENSOR = range(4)  # 4 is taken: mespot.demo.settings
LOOKS, SHOTS = 5, 6


def videos(section: "Mapping[str, Any]") -> list[dict[str, str]]:
    """Subject and video names in order: s01 s01_1, s01 s01_2, ...

    section: `demo` of the configuration. The names of the videos of its groups are counted on from
    its own. Who has been in a group before is the same subject: networks that have learned from a
    person must not be asked about that person's other recordings.
    """
    names, first = [], 1
    known: dict[tuple[Any, ...], str] = {}
    for group in _groups(section):
        for place in range(group["subjects"]):
            name = f"s{first + place:02d}"
            subject = known.setdefault(_person(group, place), name)
            names += [
                {"subject": subject, "video": f"{name}_{number}"}
                for number in range(1, group["videos_per_subject"] + 1)
            ]
        first += group["subjects"]
    return names


def _person(group: "Mapping[str, Any]", place: int) -> tuple[Any, ...]:
    """Who is seen: the folder of portraits, the portrait, and the variant of its proportions.

    Without `people` a portrait is known by its place only: planning lists no folder.
    """
    people = sorted(group.get("people") or [])
    who = (people[place % len(people)], place // len(people)) if people else (place,)
    return group.get("portraits"), *who


def own_section(video: str, section: "Mapping[str, Any]") -> dict[str, Any]:
    """The section as it holds for the group of one video, without how many subjects there are.

    Its key `drawn_as` is the name that the video would have if its group were the only one: random
    numbers and portraits follow from it, so a group does not depend on those before it.
    """
    subject, number = numbers(video)
    for group in _groups(section):
        if subject < group["subjects"]:
            own = {key: value for key, value in group.items() if key not in _SIZES}
            return own | {"drawn_as": f"s{subject + 1:02d}_{number + 1}"}
        subject -= group["subjects"]
    raise InputError(f"{video}: not in the built-in corpus; config: demo says how many there are")


_SIZES = ("subjects", "videos_per_subject")


def _groups(section: "Mapping[str, Any]") -> list[dict[str, Any]]:
    base = {key: value for key, value in section.items() if key != "groups"}
    return [base, *({**base, **group} for group in section["groups"])]


def numbers(video: str) -> tuple[int, int]:
    """0-based subject and video of a name: s03_1 is (2, 0)."""
    subject, number = video.removeprefix("s").split("_")
    return int(subject) - 1, int(number) - 1


def generator(seed: int, video: str, purpose: int) -> "np.random.Generator":
    """Random numbers for one purpose in one video; what a person looks like is the same in all."""
    import numpy as np

    subject, number = numbers(video)
    number = -1 if purpose in (IDENTITY, LOOKS) else number
    return np.random.default_rng(np.random.SeedSequence([seed, subject, number + 1, purpose]))


def script(video: str, settings: "ScriptSettings") -> "list[Expression]":
    """The labelled expressions of a video."""
    from mespot.demo.events import expressions

    return expressions(settings, generator(settings.seed, video, SCRIPT))


def for_video(section: "Mapping[str, Any]") -> "tuple[str, dict[str, Any]]":
    """Of the section that `own_section` gives: the name that random numbers follow from, and the
    settings, with a value of the video's own for each key that is varied."""
    from mespot.demo.settings import of_video

    name = section["drawn_as"]
    rest = {key: value for key, value in section.items() if key != "drawn_as"}
    return name, of_video(rest, *numbers(name))


def annotations(
    entries: "Sequence[Mapping[str, str]]", section: "Mapping[str, Any]"
) -> list[dict[str, Any]]:
    """All labels of the videos `entries`, in order; frames are 0-based and inclusive.

    section: of `demo`, the keys of ScriptSettings, those of `videos`, and `varied`. Others change
    no label.
    """
    from dataclasses import fields

    from mespot.demo.settings import ScriptSettings

    keys = {field.name for field in fields(ScriptSettings)}
    rows = []
    for entry in entries:
        name, drawn = for_video(own_section(entry["video"], section))
        own = {key: value for key, value in drawn.items() if key in keys}
        rows += [
            {**entry, "onset": e.onset, "apex": e.apex, "offset": e.offset, "type": e.type}
            for e in script(name, ScriptSettings.from_config(own))
        ]
    return rows

"""What the demo corpus consists of: its subjects, videos, labels and random numbers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # kept out of the planning of the workflow, which only asks for `videos`
    from collections.abc import Mapping, Sequence

    import numpy as np

    from mespot.demo.events import Expression
    from mespot.demo.settings import ScriptSettings

# What a generator is for; each has its own, so that a change in one leaves the others' numbers.
IDENTITY, SCRIPT, MOTION, SENSOR = range(4)  # 4 is taken: mespot.demo.settings


def videos(subjects: int, videos_per_subject: int) -> list[dict[str, str]]:
    """Subject and video names in order: s01 s01_1, s01 s01_2, ..."""
    return [
        {"subject": f"s{subject:02d}", "video": f"s{subject:02d}_{number}"}
        for subject in range(1, subjects + 1)
        for number in range(1, videos_per_subject + 1)
    ]


def numbers(video: str) -> tuple[int, int]:
    """0-based subject and video of a name: s03_1 is (2, 0)."""
    subject, number = video.removeprefix("s").split("_")
    return int(subject) - 1, int(number) - 1


def generator(seed: int, video: str, purpose: int) -> "np.random.Generator":
    """Random numbers for one purpose in one video; of an identity, the same in all its videos."""
    import numpy as np

    subject, number = numbers(video)
    number = -1 if purpose == IDENTITY else number
    return np.random.default_rng(np.random.SeedSequence([seed, subject, number + 1, purpose]))


def script(video: str, settings: "ScriptSettings") -> "list[Expression]":
    """The labelled expressions of a video."""
    from mespot.demo.events import expressions

    return expressions(settings, generator(settings.seed, video, SCRIPT))


def section_of(video: str, section: "Mapping[str, Any]") -> dict[str, Any]:
    """The section `demo` of the configuration as it holds for one video."""
    from mespot.demo.settings import of_video

    return of_video(section, *numbers(video))


def annotations(
    entries: "Sequence[Mapping[str, str]]", section: "Mapping[str, Any]"
) -> list[dict[str, Any]]:
    """All labels of the videos `entries`, in order; frames are 0-based and inclusive.

    section: of the keys of `demo`, those of ScriptSettings and `varied`.
    """
    from mespot.demo.settings import ScriptSettings

    return [
        {**entry, "onset": e.onset, "apex": e.apex, "offset": e.offset, "type": e.type}
        for entry in entries
        for e in script(
            entry["video"], ScriptSettings.from_config(section_of(entry["video"], section))
        )
    ]

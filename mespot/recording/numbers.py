"""The numbers of images: which of a folder's files they are, and what else their names can say."""

import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mespot.errors import InputError
from mespot.limits import FRAMES
from mespot.suffixes import IMAGE_SUFFIXES

log = logging.getLogger(__name__)

# With fewer images a regular step between their numbers is chance.
_REGULAR = 3
_CURE = (
    "rename the images so that the last number in their names counts frames (img_000123.jpg), or "
    "name the video file in `path`"
)


def numbered_images(folder: Path) -> dict[int, Path]:
    """Images of a folder by the last number in their name; hidden and other files are left out.

    Raises InputError when there is none or two carry one number.
    """
    files: dict[int, Path] = {}
    others: Counter[str] = Counter()
    beginnings: dict[str, str] = {}
    images = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith("."):
            continue
        if file.suffix.lower() not in IMAGE_SUFFIXES:
            others[file.suffix.lower()] += 1
            continue
        if not re.search(r"\d", file.stem):
            log.warning("%s: an image without a number in its name, left out", file)
            continue
        images.append(file)
    for file in images:
        number = last_number(file.stem)
        if number >= FRAMES:
            raise InputError(
                f"{folder}: {file.name}: its number is too large for a frame number; {_CURE}"
            )
        if number in files:
            raise InputError(_same_number(folder, files[number], file, images))
        files[number] = file
        beginnings.setdefault(_without_number(file.stem), file.name)
    if not files:
        kinds = [f"{count} {suffix}" for suffix, count in others.most_common(3) if suffix]
        there = f", but files of other kinds: {', '.join(kinds)}" if kinds else ""
        raise InputError(
            f"{folder}: no frames: no numbered images in this folder{there}; "
            f"images end in {', '.join(sorted(IMAGE_SUFFIXES))}"
        )
    if len(beginnings) > 1:
        first, second = list(beginnings.values())[:2]
        log.warning(
            "%s: names of %d kinds, such as %s and %s; is this one recording?",
            folder,
            len(beginnings),
            first,
            second,
        )
    return files


def last_number(stem: str) -> int:
    """The last number in the name of an image (without its suffix)."""
    return int(re.findall(r"\d+", stem)[-1])


def regular_step(numbers: Sequence[int]) -> int:
    """The step of numbers that rise evenly but for gaps; 1 for fewer than three.

    Images that were exported one by one out of every second frame have even numbers.
    """
    if len(numbers) < _REGULAR:
        return 1
    return math.gcd(*(b - a for a, b in zip(numbers[:-1], numbers[1:], strict=True)))


def _without_number(stem: str) -> str:
    *_, last = re.finditer(r"\d+", stem)
    return f"{stem[: last.start()]}#{stem[last.end() :]}"


def _same_number(folder: Path, one: Path, other: Path, images: Sequence[Path]) -> str:
    """Why two images have the same last number, and what to do."""
    names = f"{folder}: {one.name} and {other.name} have the same number at the end"
    stems = [file.stem for file in images]
    numbers = [re.findall(r"\d+", stem) for stem in stems]
    if all(re.search(r"\d\.\d+$", stem) for stem in stems):
        clock = all(len(found) > 3 for found in numbers)
        return f"{names}, which looks like a time {'of day' if clock else 'in seconds'}; {_CURE}"
    if len({found[-1] for found in numbers}) == 1 and len(images) > 1:
        size = all(re.search(r"\d[xX×]\d+\D*$", stem) for stem in stems)
        return f"{names}, which looks like {'a size' if size else 'no frame number'}; {_CURE}"
    if _without_number(one.stem) == _without_number(other.stem):
        return f"{other}: has the same number as {one.name}; remove one"
    return f"{names}; are these several recordings? Move each to a folder of its own, or {_CURE}"

"""The photographs that the demo corpus is made of, and their upright, evenly sized versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mespot.demo.action_units import face_width
from mespot.errors import InputError
from mespot.recording.images import read_image

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
OVERSAMPLING = 2  # pixels of a prepared face per pixel of a frame, along each axis
_LEAST_WIDTH = 60  # px: a smaller face has too little detail to be moved convincingly
_MOST_TURN = 0.25  # of the face width: how far the nose may be off the middle


@dataclass(frozen=True)
class Portrait:
    """name; image (H, W, 3) uint8 BGR; glasses: worn by a person known to wear some."""

    name: str
    image: np.ndarray
    glasses: bool = False


def names(folder: str | None, people: Sequence[str] | None = None) -> list[str]:
    """Names of the portraits in order, without reading them. InputError for a folder without any.

    folder: with one portrait a file; None for the built-in ones. people: only portraits of these,
    one of each; None for all.
    """
    if folder is None:
        return ["grace_hopper", "eileen_collins"]
    images = sorted(p.name for p in _listing(folder) if p.suffix.lower() in SUFFIXES)
    if images and people is not None:
        where = f"{folder}: demo.people"  # in the order of mespot.demo.corpus
        return [_of_person(person, images, where) for person in sorted(people)]
    if not images:
        raise InputError(
            f"{folder}: demo.portraits: no portrait in this folder;"
            f" put images ({', '.join(sorted(SUFFIXES))}) of one face each there"
        )
    return images


def same_person(name: str, folder: str) -> str:
    """Name of the portrait in `folder` of the person whom the portrait `name` shows.

    Sets of pictures number the people first and the expressions last: the names of both are alike
    up to the last `_`. Raises InputError where there is none, or more than one.
    """
    images = sorted(p.name for p in _listing(folder) if p.suffix.lower() in SUFFIXES)
    if name in images:
        return name
    person, where = _person(name), f"{folder}: demo.smiles"
    return _one([image for image in images if _person(image) == person], where, person)


def _person(name: str) -> str:
    return Path(name).stem.rpartition("_")[0] or Path(name).stem


def _of_person(person: str, images: Sequence[str], where: str) -> str:
    """The portrait with this person's number or name as a part of its own: `003` is in
    `003_03.jpg` and `london_003_03.jpg`."""
    found = [image for image in images if person in _person(image).split("_")]
    return _one(found, where, person)


def _one(found: Sequence[str], where: str, person: str) -> str:
    if len(found) != 1:
        raise InputError(
            f"{where}: {len(found) or 'no'} portrait{'s' * (len(found) != 1)} of {person!r} in this"
            " folder; there must be one, such as"
            f" {person}_03.jpg"
        )
    return found[0]


def _listing(folder: str) -> list[Path]:
    try:
        return list(Path(folder).iterdir())
    except OSError as error:
        raise InputError(
            f"{folder}: demo.portraits: not a folder that can be read ({error.strerror})"
        ) from None


def load(folder: str | None, name: str) -> Portrait:
    """One portrait by its name. Raises InputError when it cannot be read.

    The built-in two are works of the US government and in the public domain: Grace Hopper by the
    US Navy, in matplotlib's sample data, and Eileen Collins by NASA, in scikit-image's.
    """
    if folder is not None:
        return Portrait(name, read_image(Path(folder) / name))
    if name == "grace_hopper":
        from matplotlib import get_data_path

        path = Path(get_data_path()) / "sample_data" / "grace_hopper.jpg"
        return Portrait(name, read_image(path), glasses=True)
    from skimage.data import astronaut

    return Portrait(name, np.ascontiguousarray(astronaut()[..., ::-1]))


def check(where: str, faces: list[np.ndarray]) -> np.ndarray:
    """The landmarks (478, 3) of the one usable face among those found in a portrait.

    where: the portrait, for messages. Raises InputError when there is no face or more than one, and
    when the face is too small or turned aside.
    """
    if len(faces) != 1:
        raise InputError(
            f"{where}: {len(faces) or 'no'} face{'s' * (len(faces) > 1)} found in this portrait;"
            " use a picture of one person who looks into the camera"
        )
    points = np.asarray(faces[0], np.float64)
    width = face_width(points)
    if width < _LEAST_WIDTH:
        raise InputError(
            f"{where}: the face is {width:.0f} px wide; use a picture where it has at least"
            f" {_LEAST_WIDTH} px"
        )
    turn = abs(points[1, 0] - points[[234, 454], 0].mean()) / width
    if turn > _MOST_TURN:
        raise InputError(f"{where}: the face is turned aside; use a picture from the front")
    return points


@dataclass(frozen=True)
class Upright:
    """A portrait whose eyes are level and whose face has the wanted width and place.

    image: the portrait, made smaller where it has far more detail than a frame. matrix: (2, 3),
    leads from that image to the upright face, px of a frame. points: (478, 3) landmarks of the
    upright face, px of a frame.
    """

    image: np.ndarray
    matrix: np.ndarray
    points: np.ndarray


def upright(
    portrait: Portrait, points: np.ndarray, centre: tuple[float, float], width: float, mirror: bool
) -> Upright:
    """Turn, scale and, if wanted, mirror a portrait; nothing is resampled yet.

    centre: where the middle of the face shall be, width: how wide it shall be, px of a frame.
    """
    image, points = portrait.image, points.copy()
    detail = face_width(points) / (width * OVERSAMPLING)
    if detail > 1.2:
        size = (round(image.shape[1] / detail), round(image.shape[0] / detail))
        points *= size[0] / image.shape[1]
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    if mirror:
        points[:, 0] = image.shape[1] - 1 - points[:, 0]
        image = np.ascontiguousarray(image[:, ::-1])
    eyes = points[[33, 263], :2]
    axis = eyes[np.argmax(eyes[:, 0])] - eyes[np.argmin(eyes[:, 0])]
    angle = np.arctan2(axis[1], axis[0])
    scale = width / face_width(points)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    low, high = (points[:, :2] @ turn.T).min(axis=0), (points[:, :2] @ turn.T).max(axis=0)
    matrix = np.concatenate([turn, (np.array(centre) - (low + high) / 2)[:, None]], axis=1)
    moved = np.concatenate([points[:, :2] @ turn.T + matrix[:, 2], points[:, 2:] * scale], axis=1)
    return Upright(image, matrix, moved)

"""Image files, and the depth of their pixels."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from mespot.errors import InputError
from mespot.limits import PICTURE_BYTES, PIXELS
from mespot.store.files import regular

# Bits that cameras have. Files have 8 or 16.
_DEPTHS = (8, 10, 12, 14, 16)
# Images that are looked at for the depth of a recording.
_SAMPLED = 25


def read_image(file: Path) -> np.ndarray:
    """An image (H, W, 3) uint8 BGR; of 16 bits, the upper 8. Raises InputError as `stored_image`
    does."""
    return scaled(stored_image(file), 16)


def scaled(image: np.ndarray, bits: int) -> np.ndarray:
    """An image of uint8, or one of uint16 that uses only `bits` bits, as uint8.

    What is brighter than these bits allow is white.
    """
    if image.dtype == np.uint8:
        return image
    return (np.minimum(image, 2**bits - 1) >> (bits - 8)).astype(np.uint8)


def depth(files: Sequence[Path]) -> int:
    """The least depth (bits) that holds all values of some of the images of a recording.

    Cameras of 10 and 12 bits are stored in files of 16, of which they use the darkest part.
    """
    if stored_image(files[0]).dtype == np.uint8:
        return 8
    chosen = np.unique(np.linspace(0, len(files) - 1, _SAMPLED).astype(int))
    brightest = max(int(stored_image(files[index]).max()) for index in chosen)
    return next(bits for bits in _DEPTHS if brightest < 2**bits)


def _pixels(data: bytes) -> int:
    """How many pixels the header of an image states; 0 where it states none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of many pixels: they are what is asked for
        try:
            with Image.open(io.BytesIO(data)) as image:
                return image.width * image.height
        except Image.DecompressionBombError:
            return PIXELS + 1
        except (UnidentifiedImageError, OSError, ValueError):
            return _pixels_of_tiff(data)


def _pixels_of_tiff(data: bytes) -> int:
    """The same of a TIFF with pixels of a kind that only OpenCV reads."""
    try:
        file = io.BytesIO(data)
        directory = ImageFileDirectory_v2(file.read(8))
        file.seek(directory.next)
        directory.load(file)
        return int(directory[256]) * int(directory[257])
    except Exception:  # no TIFF; what OpenCV cannot read, it refuses
        return 0


def stored_image(file: Path) -> np.ndarray:
    """An image (H, W, 3) BGR of uint8 or uint16.

    Raises InputError for an empty or unreadable file and for pixels of another type.
    """
    try:
        data = regular(file, PICTURE_BYTES).read_bytes()
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}; copy it anew") from None
    if _pixels(data) > PIXELS:
        raise InputError(f"{file}: has more than {PIXELS} pixels; make it smaller")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image is None:
        raise InputError(f"{file}: {'is empty' if not data else 'no readable image'}; copy it anew")
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{file}: has pixels of type {image.dtype}; save it with 8 or 16 bits")
    return image

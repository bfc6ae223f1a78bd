"""Image files."""

from pathlib import Path

import cv2
import numpy as np

from mespot.errors import InputError


def read_image(file: Path) -> np.ndarray:
    """An image (H, W, 3) uint8 BGR. Raises InputError for an empty or unreadable file."""
    data = file.read_bytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise InputError(f"{file}: {'is empty' if not data else 'no readable image'}; copy it anew")
    return image

"""Figures as parts of the page, until there is no room left for more."""

from __future__ import annotations

import base64
import html
from pathlib import Path

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.recording.images import read_image

WIDTH = 1500  # px of a figure
QUALITY = 82
# Of all figures together; the page is a third larger, and stays well under 20 MB.
MOST_BYTES = 11_000_000
# Height of a picture as a share of its width that fits on a printed page, with a headline above.
TALLEST = 1.15
_AS_WIDE = 0.7  # as the widest gap: as good to cut a picture in


class Pictures:
    """What has been put into a page so far."""

    def __init__(self) -> None:
        self.bytes = 0

    def figure(self, path: Path, caption: str) -> str | None:
        """A figure from its file, made smaller; None when there is no room left.

        One that is higher than a printed page is cut between its rows.
        """
        try:
            image = read_image(path)
        except InputError:
            return f"<p class=small>{html.escape(path.name)} cannot be read.</p>"
        if image.shape[1] > WIDTH:
            height = round(image.shape[0] * WIDTH / image.shape[1])
            image = cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA)
        options = [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
        parts = [
            cv2.imencode(".webp", part, options)[1].tobytes()
            for part in cut(image, round(TALLEST * image.shape[1]))
        ]
        return self._placed(parts, "image/webp", caption, "long" if len(parts) > 1 else "")

    def drawn(self, svg: bytes, caption: str) -> str | None:
        """A figure that was drawn for this page; None when there is no room left."""
        return self._placed([svg], "image/svg+xml", caption, "drawn")

    def _placed(self, parts: list[bytes], kind: str, caption: str, look: str = "") -> str | None:
        size = sum(map(len, parts))
        if self.bytes + size > MOST_BYTES:
            return None
        self.bytes += size
        words = html.escape(caption)
        text = "".join(
            f'<img src="data:{kind};base64,{base64.b64encode(part).decode()}" alt="{words}"'
            ' loading="lazy">'
            for part in parts
        )
        named = f' class="{look}"' if look else ""
        return f"<figure{named}>{text}<figcaption>{words}</figcaption></figure>"


def cut(image: np.ndarray, most: int) -> list[np.ndarray]:
    """Pieces `(h, W, 3)` of a picture `(H, W, 3)`, each at most `most` px high.

    It is cut in the widest gap of empty rows that is low enough, the last one of those that are
    about as wide, or at `most` where there is none.
    """
    pieces = []
    while len(image) > most:
        empty = (image[:most] == image[:1, :1]).all(axis=(1, 2))
        edges = np.flatnonzero(np.diff(np.r_[False, empty, False].astype(int)))
        gaps = edges.reshape(-1, 2)[edges[1::2] > most // 2]
        at = most
        if len(gaps):
            wide = np.diff(gaps, axis=1)[:, 0]
            at = int(gaps[wide >= _AS_WIDE * wide.max()][-1].mean())
        pieces.append(image[:at])
        image = image[at:]
    return [*pieces, image]

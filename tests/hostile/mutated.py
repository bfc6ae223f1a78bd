"""Files that were whole, with bytes changed at random: what their readers make of them."""

import hashlib
import io as streams
import random
import time
import zipfile
from pathlib import Path

from mespot.errors import InputError
from mespot.store.sealed import seal
from tests.hostile import readers

_DIGEST = 32


def plain(path, change):
    """Any bytes of the file."""
    path.write_bytes(change(path.read_bytes()))


def sealed(path, change):
    """The same of an HDF5 file, and its seal made anew: the seal notices every other change."""
    path.write_bytes(change(path.read_bytes()))
    seal(path)


def digested(path, change):
    """The same of a checkpoint, and its digest made anew."""
    payload = change(path.read_bytes()[:-_DIGEST])
    path.write_bytes(payload + hashlib.sha256(payload).digest())


def zipped(path, change):
    """Bytes of one of the files in an archive, in which all checksums are right."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    sizes = [len(content) for content in entries.values()]
    place = change(bytes(range(256)) * 4)  # decides which of them
    chosen = random.Random(place).choices(list(entries), sizes)[0]
    entries[chosen] = change(entries[chosen])
    buffer = streams.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())


WAYS = {"plain": plain, "sealed": sealed, "digested": digested, "zipped": zipped}


def changer(seed):
    """What changes some bytes, and now and then cuts or repeats a part."""
    draw = random.Random(seed)

    def change(data):
        data = bytearray(data)
        # Where bytes are not zero, most of what a reader goes by is.
        places = [place for place, byte in enumerate(data) if byte] or [0]
        for _ in range(draw.choice([1, 1, 2, 3, 10])):
            if data:
                at = draw.choice(places)
                data[at] = draw.choice([0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)])
        if draw.random() < 0.1:
            data = data[: draw.randrange(len(data) + 1)]
        elif draw.random() < 0.1:
            at = draw.randrange(len(data) + 1)
            data[at:at] = data[at : at + draw.randrange(1, 200)]
        return bytes(data)

    return change


def read(reader, way, whole, first, count, seconds, *arguments):
    """Read `count` changed copies of a file, or as many as there is time for; seeds from `first`.

    Raises AssertionError, with the seed, for an error that is not our own. The copy lies beside the
    whole file.
    """
    whole = Path(whole)
    bad = whole.with_name(f"bad{whole.suffix}")
    good, end = whole.read_bytes(), time.monotonic() + seconds
    for seed in range(first, first + count):
        if time.monotonic() > end:
            return
        bad.write_bytes(good)
        WAYS[way](bad, changer(seed))
        try:
            readers.READERS[reader](bad, *arguments)
        except InputError as error:
            assert bad.stem in str(error), f"seed {seed}: does not name the file: {error}"
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error

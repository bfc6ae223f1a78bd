"""How many frames an MP4 or QuickTime file declares, before FFmpeg makes room for each of them."""

import struct
from pathlib import Path

# Boxes that hold others on the way to those with the numbers of frames.
_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
_MOST = 1_000_000  # boxes that are looked at; ten hours in pieces of a second have a third of them


def declared_frames(path: str | Path) -> int:
    """The largest number of frames that is written as a number and not as an entry for each of
    them; 0 where there is none, and in files of other kinds."""
    found = 0
    with open(path, "rb") as file:
        waiting = [(0, file.seek(0, 2))]
        for _ in range(_MOST):
            if not waiting:
                break
            start, end = waiting.pop()
            file.seek(start)
            head = file.read(32)
            if len(head) < 20:
                continue
            size, name = struct.unpack(">I4s", head[:8])
            content = 8
            if size == 1:
                size, content = struct.unpack(">Q", head[8:16])[0], 16
            stop = min(start + size, end) if size else end
            if stop - start < content or not name.isascii():
                continue
            waiting.append((stop, end))
            if name in _HOLDERS:
                waiting.append((start + content, stop))
            body = head[content : content + 12].ljust(12, b"\0")
            if name == b"stsz" and any(body[4:8]):  # one size for all
                found = max(found, struct.unpack(">I", body[8:12])[0])
            elif name == b"trun" and not body[2]:  # nothing of a frame of its own
                found = max(found, struct.unpack(">I", body[4:8])[0])
    return found

"""How many frames an MP4 or QuickTime file declares, before FFmpeg makes room for each of them."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

# Boxes that hold others on the way to those with the numbers of frames.
_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
_MOST = 1_000_000  # boxes that are looked at; ten hours in pieces of a second have a third of them
_KINDS = {b"vide", b"soun"}  # sound in a track that is pictures, too, is none
# Old QuickTime files keep sound as samples that last a tick each. Compressed, there are more of
# them than bytes. FFmpeg makes room for this many together.
_TOGETHER = 1024


@dataclass
class _Track:
    """What its boxes say of one track. frames: with one size for all. kinds: of what it is. ticks:
    whether every sample lasts a tick. chunks: how many there are. runs: (number of the first chunk,
    samples in each) of chunks that are alike."""

    frames: int = 0
    kinds: set[bytes] = field(default_factory=set)
    ticks: list[bool] = field(default_factory=list)
    chunks: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)

    def declared(self) -> int:
        """Entries that FFmpeg makes room for."""
        if self.kinds & _KINDS != {b"soun"} or not self.ticks or not all(self.ticks):
            return self.frames
        ends = [first for first, _ in self.runs[1:]] + [self.chunks + 1]
        return sum(
            -(-samples // _TOGETHER) * max(0, end - first)
            for (first, samples), end in zip(self.runs, ends, strict=True)
        )


def declared_frames(path: str | Path) -> int:
    """The largest number of frames that is written as a number and not as an entry for each of
    them; 0 where there is none, and in files of other kinds. Of sound in samples, the number of
    pieces in which it is read."""
    tracks = [_Track()]  # the first for what belongs to none
    with open(path, "rb") as file:
        waiting = [(0, file.seek(0, 2), tracks[0])]
        for _ in range(_MOST):
            if not waiting:
                break
            start, end, track = waiting.pop()
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
            waiting.append((stop, end, track))
            if name == b"trak":
                tracks.append(track := _Track())
            if name in _HOLDERS:
                waiting.append((start + content, stop, track))
            _read(track, name, head[content : content + 16].ljust(16, b"\0"))
            if name == b"stsc":
                file.seek(start + content + 8)
                entries = file.read((stop - start - content - 8) // 12 * 12)
                track.runs = [run[:2] for run in struct.iter_unpack(">III", entries)]
    return max(track.declared() for track in tracks)


def _read(track: _Track, name: bytes, body: bytes) -> None:
    """Take over what a box says with its first bytes."""
    second, third, fourth = struct.unpack(">III", body[4:])
    if name == b"stsz" and second:  # one size for all
        track.frames = max(track.frames, third)
    elif name == b"trun" and not body[2]:  # nothing of a frame of its own
        track.frames = max(track.frames, second)
    elif name == b"hdlr":
        track.kinds.add(body[8:12])
    elif name == b"stts":
        track.ticks.append(second == 1 and fourth == 1)
    elif name in (b"stco", b"co64"):
        track.chunks = max(track.chunks, second)

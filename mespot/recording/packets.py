"""What a video file holds, told by its packets before anything is decoded.

The packets and the index of a file know every frame and its time. So the working frames are known
before the first picture is decoded, and a frame that is lost is missed in its place: the numbers
and times of the frames after it stay right.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from mespot.errors import InputError
from mespot.limits import FRAMES, PIXELS, VIDEO_HOURS
from mespot.recording.boxes import declared_frames

# Messages of the decoder are captured: they tell where a file is damaged.
av.logging.set_level(av.logging.ERROR)
av.logging.set_skip_repeated(False)

# Containers with videos in them. Others name further files, which FFmpeg would read along.
_FORMATS = (
    *("avi", "mov", "mp4", "matroska", "webm", "asf", "asf_o", "mpeg", "mpegts", "mxf", "dv"),
    *("flv", "ogg", "nut", "rm", "gif", "yuv4mpegpipe", "mpegvideo", "m4v", "h264", "hevc", "ivf"),
    *("mjpeg", "obu", "swf", "gxf", "wtv", "lvf", "nuv", "vc1", "dirac", "mpegtsraw", "h263"),
)
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(_FORMATS),
    "max_pixels": str(PIXELS),
}
# Packets come in the order in which they are decoded. Those of frames that are shown within this
# many of each other can change places.
_REORDERED = 16
# A gap between time stamps is longer than this many usual steps.
_GAP = 1.5
# A chunk of an AVI file begins this many bytes before its data; the index names either place.
_CHUNK_HEAD = 8
# Of most formats the demuxer says where it found damage; in these it passes over it in silence.
_SILENT = frozenset({"mpeg"})
# Between packets lie the container's own bytes: this many, and more where frames are large.
_PASSED_OVER = 2048


@dataclass(frozen=True)
class Contents:
    """The frames of a video stream, in the order in which they are shown.

    pts: `(N,)` int64 time stamps in units of `tick` s; N counts the frames that were lost, too.
    moved: by how much the time stamp of a packet is too early, by its place in the file. spoilt:
    `pts` of frames just before a loss; the damage may begin in them. rates:
    frames a second as the container states them. announced: frames that the file announces.
    ends_early: whether it ends before the end that it announces.
    """

    pts: np.ndarray
    tick: Fraction
    moved: dict[int, int]
    spoilt: frozenset[int]
    rates: list[float]
    announced: int
    ends_early: bool

    @property
    def stamps(self) -> np.ndarray:
        """Seconds from the first frame."""
        return (self.pts - self.pts[0]) * self.tick.numerator / self.tick.denominator


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its video stream. Raises InputError when there is none."""
    try:
        with av.logging.Capture():
            # A colon in a name would be read as a protocol.
            container = av.open(f"file:{path}", options=_OPTIONS)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path}: cannot be opened as a video ({reason}); is it a whole video file?"
        ) from None
    with container:
        # The largest, and never a cover picture.
        stream = container.streams.best("video")
        if stream is None:
            raise InputError(f"{path}: has no pictures, only sound; name the video file")
        assert isinstance(stream, VideoStream)
        if stream.codec_context is None:
            raise InputError(
                f"{path}: is coded in a way that is not known; convert it, or copy it again"
            )
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > PIXELS:
            raise InputError(
                f"{path}: has pictures of {width}x{height} px, at most {PIXELS} are read; make them"
                " smaller"
            )
        # Of pictures that are larger than the header says.
        stream.codec_context.options = {"max_pixels": str(PIXELS)}
        stream.codec_context.thread_count = 1  # threads are the workflow's to give
        yield container, stream


@dataclass
class _Packets:
    """Of each packet that is shown, in the order of the file."""

    pts: array[int]
    position: array[int]
    doubtful: list[int]  # numbers of packets before or in which the file is damaged
    start: int | None = None  # time stamp of the first key frame
    total: int = 0  # with those that an edit list leaves out
    broken_off: bool = False  # reading ended with an error


def contents(path: Path) -> Contents:
    """Look through the packets of a file. Raises InputError when it has no frame."""
    size, declared = path.stat().st_size, declared_frames(path)
    if declared > size:
        raise InputError(
            f"{path}: declares {declared} frames in {size} bytes: the file is cut off or damaged;"
            " copy it again"
        )
    with opened(path) as (container, stream):
        packets = _read(container, stream)
        if not packets.pts:
            raise InputError(f"{path}: no frame can be read; is it a whole video file?")
        pts = np.array(packets.pts, np.int64)
        if container.format.name == "avi":
            moved, lost = _by_index(stream, packets)
        else:
            moved, lost = {}, _lost(pts, packets.doubtful)
        if moved:
            pairs = zip(packets.position, packets.pts, strict=True)
            pts = np.array([at + moved.get(k, 0) for k, at in pairs])
        before = np.searchsorted(np.sort(pts), lost) - 1
        spoilt = frozenset(np.sort(pts)[before[before >= 0]].tolist())
        pts = np.concatenate([pts, lost])
        # What is shown before the first key frame cannot be decoded.
        pts = np.unique(pts if packets.start is None else pts[pts >= packets.start])
        tick = stream.time_base or Fraction(1)
        if float((pts[-1] - pts[0]) * tick) > VIDEO_HOURS * 3600 or len(pts) >= FRAMES:
            raise InputError(
                f"{path}: its time stamps are more than {VIDEO_HOURS} hours apart; write the file"
                " again with a video program"
            )
        rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
        announced, ends_early = _announced(container, stream, packets, pts, tick)
        return Contents(pts, tick, moved, spoilt, rates, max(announced, len(pts)), ends_early)


def _read(container: InputContainer, stream: VideoStream) -> _Packets:
    packets = _Packets(array("q"), array("q"), [])
    silent = container.format.name in _SILENT and len(container.streams) == 1
    end, sizes = -1, deque([0], maxlen=100)
    demuxed = container.demux(stream)
    while True:
        try:
            with av.logging.Capture() as said:
                packet = next(demuxed, None)
        except (av.FFmpegError, OSError):
            packets.broken_off = True
            return packets
        if any(source == container.format.name for _, source, _ in said):
            packets.doubtful.append(len(packets.pts))
        if packet is None or not packet.size:
            packets.broken_off |= bool(said)
            if packet is None:
                return packets
            continue
        packets.total += 1
        pts = packet.dts if packet.pts is None else packet.pts
        if packet.is_keyframe and packets.start is None:
            packets.start = pts
        if pts is None or packet.is_discard:
            continue
        # A gap in time is a frame left out; with bytes in the gap it is a frame lost.
        skipped = silent and 0 <= end < (packet.pos or 0) - _PASSED_OVER - max(sizes)
        end = -1 if packet.pos is None else packet.pos + packet.size
        sizes.append(packet.size)
        if packet.is_corrupt or skipped:
            packets.doubtful.append(len(packets.pts))
        packets.pts.append(pts)
        packets.position.append(-1 if packet.pos is None else packet.pos)


def _by_index(stream: VideoStream, packets: _Packets) -> tuple[dict[int, int], np.ndarray]:
    """What to add to the time stamps of an AVI file's packets, and those of lost frames.

    An AVI file has no time stamps. They are counted from the packets, so those after a lost packet
    come too early; the index knows better.
    """
    known = {entry.pos: entry.timestamp for entry in stream.index_entries if entry.size}
    true = [known.get(at - _CHUNK_HEAD, known.get(at)) for at in packets.position]
    found = {at for at in true if at is not None}
    if len(found) < 0.5 * len(true) or len(known) <= len(true):
        return {}, np.array([], np.int64)
    moved = {
        position: at - own
        for position, own, at in zip(packets.position, packets.pts, true, strict=True)
        if at is not None and at != own
    }
    return moved, np.array(sorted(set(known.values()) - found), np.int64)


def _lost(pts: np.ndarray, doubtful: list[int]) -> np.ndarray:
    """Time stamps for the frames that are missing where the file is damaged.

    doubtful: numbers of packets. The damage lies in the gap between time stamps that ends nearest
    to one of them. Without a gap nothing is missing.
    """
    shown = np.unique(pts)
    lost: dict[int, list[float]] = {}
    steps = np.diff(shown)
    usual = float(np.median(steps)) if len(steps) else 0.0
    gaps = np.flatnonzero(steps > _GAP * usual)
    for packet in doubtful:
        near = pts[max(0, packet - _REORDERED) : packet + _REORDERED]
        inside = gaps[(near.min() <= shown[gaps]) & (shown[gaps + 1] <= near.max())]
        if len(inside):
            at = pts[min(packet, len(pts) - 1)]
            gap = int(inside[np.abs(shown[inside + 1] - at).argmin()])
            count = round(steps[gap] / usual)
            lost[gap] = (shown[gap] + steps[gap] * np.arange(1, count) / count).tolist()
    return np.rint([at for found in lost.values() for at in found]).astype(np.int64)


def _announced(
    container: InputContainer,
    stream: VideoStream,
    packets: _Packets,
    pts: np.ndarray,
    tick: Fraction,
) -> tuple[int, bool]:
    """Frames that the file announces, and whether it ends before them."""
    usual = float(np.median(np.diff(pts))) if len(pts) > 1 else 1.0
    if container.format.name == "avi":
        # The header counts frames that the recorder left out, as the time stamps do.
        span = round(float(pts[-1] - pts[0]) / usual) + 1
        return len(pts) + max(0, stream.frames - span), stream.frames > span
    if stream.frames:
        missing = max(0, stream.frames - packets.total)
        return len(pts) + missing, missing > 0
    if packets.broken_off and container.duration and usual:
        start = (container.start_time or 0) / av.time_base
        lasts = container.duration / av.time_base - (float(pts[-1] * tick) - start)
        missing = max(0, round(lasts / (usual * tick)) - 1)
        return len(pts) + missing, missing > 0
    return len(pts), False

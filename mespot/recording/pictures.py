"""The pictures of a video file, decoded one after the other.

What the file says of its pictures is applied: fields are joined to whole pictures, pixels made
square, turned pictures set upright, more than 8 bits scaled to 8.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from mespot.recording.packets import Contents, opened

# Decoders that hide damage unless they are told to refuse it; of the others a frame says so.
_REFUSING = frozenset({"mjpeg"})
# Pixels that are more oblong than this are an error of the header.
_OBLONG = 8
# No format has more B frames in a row.
_HELD = 16


class Maker:
    """Makes pictures of the frames of one file."""

    def __init__(self, stream: VideoStream) -> None:
        self._aspect = _aspect(stream)
        self._matrix: np.ndarray | None = None
        self._seen = False
        self._reformatter = VideoReformatter()  # keeps its tables from frame to frame

    def picture(self, frame: VideoFrame) -> np.ndarray:
        """`(H, W, 3)` uint8 BGR, upright, with square pixels."""
        if not self._seen:
            self._matrix, self._seen = _display_matrix(frame), True
        # Bicubic as in OpenCV's own reader, so that pictures are the same to the byte.
        bgr = self._reformatter.reformat(
            frame, format="bgr24", interpolation="BICUBIC", threads=1
        ).to_ndarray()
        return upright(squared(bgr, self._aspect), self._matrix)


@dataclass(frozen=True)
class Decoded:
    """A decoded frame: its 0-based number, and whether it is spoilt by damage of the file."""

    index: int
    broken: bool
    frame: VideoFrame
    maker: Maker

    def picture(self) -> np.ndarray:
        """`(H, W, 3)` uint8 BGR, upright, with square pixels."""
        return self.maker.picture(self.frame)


def decoded(path: Path, contents: Contents) -> Iterator[Decoded]:
    """The frames of a file in the order in which they are shown.

    Frames that cannot be decoded are left out. After one of them, and after a spoilt one, all are
    broken up to the next key frame, because they are made from it. So are the B frames just before
    it, which are made from what comes after them, too, and the last frame before a lost one, in
    which the damage may begin.
    """
    last, broken = -1, False
    held: list[Decoded] = []  # a frame, and the B frames after it
    with opened(path) as (container, stream):
        maker = Maker(stream)
        pts = array("q", contents.pts.astype(np.int64).tobytes())
        for frame in _deinterlaced(_frames(container, stream, contents)):
            index = last + 1 if frame.pts is None else _number(pts, frame.pts, last + 1)
            if index <= last:
                continue
            between = frame.pict_type == PictureType.B and len(held) <= _HELD
            if frame.is_corrupt or index > last + 1:
                sound = 0 if index > last + 1 else 1
                held[sound:] = [replace(one, broken=True) for one in held[sound:]]
                broken = True
            if frame.key_frame and not frame.is_corrupt:
                broken = False
            if frame.pts in contents.spoilt:
                broken = True
            if not between:
                yield from held
                held = []
            held.append(Decoded(index, broken, frame, maker))
            last = index
        yield from held


def _frames(
    container: InputContainer, stream: VideoStream, contents: Contents
) -> Iterator[VideoFrame]:
    if stream.codec_context.name in _REFUSING:
        context = stream.codec_context
        context.options = {**context.options, "err_detect": "explode"}
    packets = container.demux(stream)
    while True:
        frames: list[Any] = []
        with av.logging.Capture():
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError):  # the file breaks off
                packet = None
            if packet is None:
                return
            if contents.moved and packet.size:
                late = contents.moved.get(-1 if packet.pos is None else packet.pos, 0)
                packet.pts = None if packet.pts is None else packet.pts + late
                packet.dts = None if packet.dts is None else packet.dts + late
            with suppress(av.FFmpegError, OSError, ValueError):
                frames = packet.decode()
        yield from frames


def _number(pts: Sequence[int], at: int, expected: int) -> int:
    """The frame whose time stamp is nearest to `at`; most often it is the expected one."""
    if expected < len(pts) and pts[expected] == at:
        return expected
    right = bisect_left(pts, at)
    if right == len(pts) or (right > 0 and at - pts[right - 1] < pts[right] - at):
        return right - 1
    return right


def _deinterlaced(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """The same frames; those that consist of two fields become whole pictures.

    The filter looks at the frames before and after. It gives one frame for each, in order.
    """
    graph: Graph | None = None
    stamps = deque[int | None]()
    for frame in frames:
        if graph is None and not frame.interlaced_frame:
            yield frame
            continue
        if graph is None:
            graph = _filter(frame)
        stamps.append(frame.pts)
        graph.push(frame)
        yield from _filtered(graph, stamps)
    if graph is not None:
        graph.push(None)
        yield from _filtered(graph, stamps)


def _filter(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    fields = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(fields)
    fields.link_to(sink)
    graph.configure()
    return graph


def _filtered(graph: Graph, stamps: deque[int | None]) -> Iterator[VideoFrame]:
    while stamps:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        assert isinstance(frame, VideoFrame)
        frame.pts = stamps.popleft()  # the filter counts in another unit
        yield frame


def _aspect(stream: VideoStream) -> float:
    """Width of a pixel in units of its height."""
    stated = float(stream.sample_aspect_ratio or 1)
    return stated if 1 / _OBLONG <= stated <= _OBLONG else 1.0


def squared(picture: np.ndarray, aspect: float) -> np.ndarray:
    """A picture `(H, W, 3)` with square pixels: what is too small is enlarged.

    aspect: width of a pixel in units of its height.
    """
    if aspect == 1:
        return picture
    height, width = picture.shape[:2]
    size = round(width * max(aspect, 1)), round(height * max(1 / aspect, 1))
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)


def upright(picture: np.ndarray, matrix: np.ndarray | None) -> np.ndarray:
    """A picture `(H, W, 3)` as its display matrix shows it: turned by right angles and mirrored.

    matrix: `(3, 3)`; a pixel x, y comes to the place x, y times its first two rows and columns.
    """
    if matrix is None:
        return picture
    (a, b), (c, d) = matrix[:2, :2].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        picture, a, d = picture.transpose(1, 0, 2), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def _display_matrix(frame: VideoFrame) -> np.ndarray | None:
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    return np.frombuffer(bytes(data), np.int32).reshape(3, 3) if data else None

"""What `mespot benchmark --video` measures: time and memory from a video to the motion of regions.

Each measurement is made in a process of its own, of which the system tells the most memory it held.
"""

import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av

from mespot import measured
from mespot.errors import InputError
from mespot.recording import open_recording
from mespot.runtime import share_freed_memory


@dataclass(frozen=True)
class Cost:
    """frames: working frames. recorded: their time, s. seconds: what measuring them took. peak: the
    most memory, bytes."""

    frames: int
    recorded: float
    seconds: float
    peak: int


def measure(
    video: Path, landmarker: Path, config: Mapping[str, Any], times: Sequence[int]
) -> Iterator[tuple[int, Cost]]:
    """The cost of a video that is repeated so many times, for each of `times`.

    landmarker: MediaPipe's model. config: as config.load gives it. Raises InputError when the video
    cannot be read or the model is missing.
    """
    open_recording(video)  # a fault is told here
    if not landmarker.is_file():
        raise InputError(f"{landmarker}: there is no face landmarker; name its file")
    settings = {name: config[name] for name in ("tracking", "crop", "flow")}
    with tempfile.TemporaryDirectory() as folder:
        for count in times:
            source = video
            if count > 1:
                source = Path(folder, f"{count}{video.suffix}")
                repeat(video, source, count)
            with get_context("spawn").Pool(1) as pool:
                yield count, pool.apply(cost, (source, landmarker, settings, folder))


def cost(video: Path, landmarker: Path, settings: Mapping[str, Any], scratch: str) -> Cost:
    """What a video costs in this process, which should have done nothing else."""
    share_freed_memory()
    start = time.perf_counter()
    motion = measured.measure(open_recording(video), settings, landmarker, scratch)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(len(motion.time), len(motion.time) / motion.rate, seconds, peak)


def repeat(source: Path, target: Path, times: int) -> None:
    """Write a video that shows another one several times; its packets are copied."""
    with av.open(f"file:{target}", "w") as output:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(f"file:{source}") as container:
                pictures = container.streams.video[0]
                stream = stream or output.add_stream_from_template(pictures)
                packets = [one for one in container.demux(pictures) if one.dts is not None]
                stamps = sorted(one.pts for one in packets if one.pts is not None)
                for packet in packets:
                    packet.dts = (packet.dts or 0) + shift
                    packet.pts = None if packet.pts is None else packet.pts + shift
                    packet.stream = stream
                    output.mux(packet)
                shift += 2 * stamps[-1] - stamps[-2] - stamps[0]

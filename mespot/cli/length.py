"""What `mespot benchmark --video` measures: time and memory of `mespot spot`, from file to tables.

Each measurement is made in a process of its own, of which the system tells the most memory it held.
Those are the workers of `mespot spot`: they end with the process that started them.
"""

import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from mespot.errors import InputError
from mespot.recording import open_recording
from mespot.runtime import limit_threads
from mespot.videos import batch, workers
from mespot.videos.how import How


@dataclass(frozen=True)
class Cost:
    """recorded: how long the video is, s. found: intervals. seconds: what spotting took, from the
    start of the process. cpu: the same in CPU seconds. peak: the most memory, bytes."""

    recorded: float
    found: int
    seconds: float
    cpu: float
    peak: int


def measure(video: Path, model: Path | None, times: Sequence[int]) -> Iterator[tuple[int, Cost]]:
    """The cost of a video that is repeated so many times, for each of `times`.

    model: None for the one that comes along. Raises InputError when the video or the model cannot
    be used, and where MediaPipe's model cannot be had.
    """
    how = How.of(model)
    how.identity()  # a fault is told here, and not once for each of them
    open_recording(video)
    limit_threads(1)  # as in `mespot spot`
    with tempfile.TemporaryDirectory() as folder:
        for count in times:
            source = video
            if count > 1:
                source = Path(folder, f"{count}{video.suffix}")
                repeat(video, source, count)
            piece = source, Path(folder, f"out{count}")
            for event in workers.share_out([piece], 1, costs, how):
                if event.kind == workers.FAILED:
                    raise InputError(event.value)
                if event.kind == workers.DONE:
                    yield count, event.value


def costs(how: How) -> workers.Work:
    """What measures a video, in a process that has done nothing else."""
    return lambda piece, report: cost(piece[0], piece[1], how, report)


def cost(video: Path, out: Path, how: How, report: workers.Report) -> Cost:
    """What spotting in a video costs in this process. out: a new folder for what is found. report:
    called with the share that is done."""
    start = time.perf_counter()
    planned = batch.plan([video], out, how, None)
    if not planned.tasks:
        raise InputError(f"{video}: {planned.rows.popitem()[1]['remarks']}")
    row = batch.prepare(how)(planned.tasks[0], report)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Cost(
        row["minutes"] * 60,
        row["micro"] + row["macro"],
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss * 1024,
    )


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

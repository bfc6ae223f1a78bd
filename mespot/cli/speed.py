"""What `mespot benchmark` measures: the networks on CPU and GPU, on noise in the shape of clips."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from mespot.device import deterministic, device, generator
from mespot.face.regions import REGIONS
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.training.clips import ClipPool, network_shape, standardise
from mespot.training.encoders import Encoder, EncoderInput, coded, features
from mespot.training.origin import Origin
from mespot.training.pretrain import fit
from mespot.training.recipes import PretrainingRecipe
from mespot.training.video_values import CHANNELS, form

_FRAMES = 900  # of the video; half a minute, as the videos of the demo corpus
_RECIPE = PretrainingRecipe.__dataclass_fields__


def machine() -> str:
    """What `measure` runs on: the version of torch and the GPU."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return f"torch {torch.__version__}, GPU: {gpu}"


def measure(config: Mapping[str, Any], repeats: int) -> Iterator[dict[str, Any]]:
    """Rows {stream, task, cpu, cuda}: seconds of the fastest of `repeats` runs; cuda is None
    without a GPU. config: as config.load gives it.

    The CPU is one thread, as every job of the pipeline has. The tasks are an epoch of pretraining,
    with the loss on validation clips before and after it; the features of a video; and a window
    through the encoder and back, as in the joint training of encoder and spotter.
    """
    deterministic()
    devices = [torch.device("cpu")] + ([device()] if device().type == "cuda" else [])
    for stream in CHANNELS:
        for task, run in _tasks(stream, config).items():
            seconds = {where.type: _fastest(run, where, repeats) for where in devices}
            yield {"stream": stream, "task": task, "cuda": None, **seconds}


def _tasks(stream: str, config: Mapping[str, Any]) -> dict[str, Callable[[torch.device], Any]]:
    settings = config["pretrain"]
    side = settings["input_size"]
    rng = np.random.default_rng(0)
    channels = sum(form(stream).values())
    values = rng.normal(size=(_FRAMES, channels, side, side)).astype(np.float16)
    pool = ClipPool([values], settings["clip_length"])
    scale = standardise(
        pool.grid(32),
        reconstructed=form(stream)["in_channels"],
        target=settings["target"],
        target_reach=settings["target_reach"],
    )
    shape = network_shape(stream, settings)
    network = ReconstructionNetwork(**shape)
    network.initialise(generator(0))
    recipe = PretrainingRecipe(**{name: settings[name] for name in _RECIPE} | {"epochs": 1})
    span = np.zeros(_FRAMES, np.int16)
    grid = side // settings["downsample"]
    weights = np.full((len(REGIONS), grid, grid), 1 / grid**2, np.float32)
    read = dict(
        stream=stream,
        input_size=side,
        reference_seconds=settings["reference_seconds"],
        clip_length=settings["clip_length"],
    )
    encoder = Encoder(shape, network.state_dict(), scale, read, Origin("none", (), ""))
    video = EncoderInput(values, weights)
    frames = round(config["spotting"]["learned"]["window_seconds"] * config["tracking"]["rate"])
    window, whole = (0, min(frames, _FRAMES)), (0, _FRAMES)

    def learn(where: torch.device) -> None:
        coded(network.to(where), encoder, video, window, whole).square().sum().backward()

    return {
        "an epoch of pretraining": lambda where: fit(
            network, pool, pool, scale, recipe, where=where
        ),
        f"features of {_FRAMES} frames": lambda where: features(
            network.to(where), encoder, video, span
        ),
        "a window, forward and back": learn,
    }


def _fastest(run: Callable[[torch.device], Any], where: torch.device, repeats: int) -> float:
    """Seconds of the fastest of `repeats` runs, after one that loads the libraries."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run(where)
        if where.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])

"""Draws docs/architecture.svg: the networks and what lies between them.

python docs/architecture.py

The networks are built from config.yaml and a clip goes through them; every number in the picture
is read off what they are made of and what comes out.
"""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mespot.face.regions import REGIONS
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.networks.spotter import HEADS, Spotter
from mespot.plots import style
from mespot.training.clips import network_shape
from mespot.training.region_motion import PATH_CHANNELS, span_channels
from mespot.training.video_values import CHANNELS

ROOT = Path(__file__).resolve().parents[1]
SVG = ROOT / "docs" / "architecture.svg"

BLUE, ORANGE, GREEN, GREY = "#DCEBF5", "#FBEBCB", "#D9EFE7", "#F0F0F0"
SIZE = 10.0, 6.6  # inches, and the units of the picture
TIMES = "\N{MULTIPLICATION SIGN}"


def numbers(config: dict[str, Any]) -> dict[str, Any]:
    """The numbers in the picture, read off the networks of `config`."""
    settings, learned = config["pretrain"], config["spotting"]["learned"]
    size, length = settings["input_size"], settings["clip_length"]
    values: dict[str, Any] = {"size": size, "length": length, "masked": settings["mask_ratio"]}
    values["kind"] = settings["mask_kind"]
    for stream in CHANNELS:
        network = ReconstructionNetwork(**network_shape(stream, settings))
        channels = network.in_channels + network.reference
        read = torch.zeros(1, channels, length, size, size)
        with torch.no_grad():
            code, clip = network.encode(read), network(read)
        values[stream] = channels
        values["code"], values["clip"] = tuple(code.shape[1:]), tuple(clip.shape[2:])
    layers = [layer[1] for layer in network.encoder]  # type: ignore[index]
    values["stem"] = network.downsample
    values["channels"] = network.stem.out_channels
    values["kernel"] = tuple(layers[0].kernel_size) if layers else ()
    values["dilations"] = [layer.dilation[0] for layer in layers]
    values["decoder"] = len(network.decoder)
    values["regions"] = len(REGIONS)
    motion = span_channels(np.zeros((1, 1, PATH_CHANNELS)), 1.0, learned["lags"]).shape[2]
    spotter = Spotter(
        regions=len(REGIONS),
        motion=motion,
        context=1,
        streams=dict.fromkeys(CHANNELS, values["code"][0]),
        code=learned["code"],
        width=learned["width"],
        dilations=learned["dilations"],
        dropout=learned["dropout"],
        lengths=[1.0] * len(HEADS),
    )
    values["shared"] = next(iter(spotter.codes.values())).out_features
    values["motion"], values["lags"] = motion, learned["lags"]
    values["read"], values["width"] = spotter.input.in_features, spotter.input.out_features
    values["temporal"] = [block.dilation for block in spotter.blocks]  # type: ignore[union-attr]
    values["heads"] = spotter.heads.out_features // len(HEADS)
    return values


def labels(n: dict[str, Any]) -> dict[str, str]:
    """The text of every box: a title, and what is in it."""
    code, frames = n["code"], n["length"]

    def by(*sizes: int) -> str:
        return f" {TIMES} ".join(map(str, sizes))

    def listed(values: list[int]) -> str:
        return ", ".join(map(str, values))

    layers = f"{len(n['dilations'])} layers {by(*n['kernel'])}"
    return {
        "flow": f"Clip of the flow\nu, v, strain\n{by(n['flow'], frames, n['size'], n['size'])}",
        "face": "Clip of the face\nchange, reference\n"
        f"{by(n['face'], frames, n['size'], n['size'])}",
        "mask": f"Mask\n{n['kind']}s,\n{100 * n['masked']:g} % hidden",
        "stem": f"Stem\nwhat fits the visible\npixels of {by(n['stem'], n['stem'])},\n"
        f"{n['channels']} channels",
        "encoder": f"Encoder\n{layers},\nresidual, dilated in\ntime {listed(n['dilations'])}",
        "code": f"Code\n{by(code[0], *code[2:])}\na frame",
        "decoder": f"Decoder\n{n['decoder']} layer {by(*n['kernel'])},\nhow much a cell\n"
        "moves, brightens",
        "output": f"Reconstruction\nof all {by(*n['clip'])}\npixels of\neach channel",
        "pool": f"Pooling\n{n['regions']} face regions\nat their landmarks",
        "features": f"Features\n{by(n['regions'], code[0])}\na frame and stream",
        "shared": f"Code of a region\nlinear, {code[0]} \N{RIGHTWARDS ARROW} {n['shared']},\n"
        "shared by regions",
        "motion": f"Hand-made motion\n{by(n['regions'], n['motion'])}: displacements\nover "
        f"{listed(n['lags'])} frames, paths",
        "blink": "Blinks\n1 a frame",
        "join": f"Input\n{n['read']} \N{RIGHTWARDS ARROW} {n['width']}\nlinear",
        "temporal": f"Temporal network\n{len(n['temporal'])} layers, {n['width']} channels,\n"
        f"dilated {listed(n['temporal'])}",
        "heads": f"Heads\n{len(HEADS)} {TIMES} {n['heads']} a frame:\nscore, distances to\n"
        "onset and offset",
        "intervals": "Intervals\nmicro and macro:\nbox voting, second\nlook, thresholds",
    }


# Box: middle x, middle y, width, height, colour.
BOXES = {
    "flow": (0.9, 5.6, 1.4, 0.8, GREY),
    "face": (0.9, 4.6, 1.4, 0.8, GREY),
    "mask": (2.4, 5.1, 1.05, 0.8, BLUE),
    "stem": (3.8, 5.1, 1.2, 1.0, BLUE),
    "encoder": (5.3, 5.1, 1.3, 1.0, BLUE),
    "code": (6.7, 5.1, 1.0, 0.8, ORANGE),
    "decoder": (7.95, 5.1, 1.1, 1.0, BLUE),
    "output": (9.28, 5.1, 1.15, 1.0, GREY),
    "pool": (6.7, 3.3, 1.45, 0.8, ORANGE),
    "features": (4.4, 3.3, 1.45, 0.8, ORANGE),
    "shared": (4.4, 2.05, 1.45, 0.8, GREEN),
    "motion": (2.2, 1.3, 1.74, 0.8, GREY),
    "blink": (2.2, 0.5, 1.74, 0.5, GREY),
    "join": (4.4, 0.9, 1.1, 0.8, GREEN),
    "temporal": (6.08, 0.9, 1.75, 0.8, GREEN),
    "heads": (7.83, 0.9, 1.35, 1.0, GREEN),
    "intervals": (9.27, 0.9, 1.17, 1.0, GREY),
}
# From the side of one box to that of another: (box, side), (box, side).
ARROWS = [
    (("flow", "right"), ("mask", "left")),
    (("face", "right"), ("mask", "left")),
    (("mask", "right"), ("stem", "left")),
    (("stem", "right"), ("encoder", "left")),
    (("encoder", "right"), ("code", "left")),
    (("code", "right"), ("decoder", "left")),
    (("decoder", "right"), ("output", "left")),
    (("code", "bottom"), ("pool", "top")),
    (("pool", "left"), ("features", "right")),
    (("features", "bottom"), ("shared", "top")),
    (("shared", "bottom"), ("join", "top")),
    (("motion", "right"), ("join", "left")),
    (("blink", "right"), ("join", "left")),
    (("join", "right"), ("temporal", "left")),
    (("temporal", "right"), ("heads", "left")),
    (("heads", "right"), ("intervals", "left")),
]
PANELS = {  # title: bottom, top
    "a  Masked reconstruction: two networks of this form, one a stream, trained without labels": (
        (4.05, 6.5)
    ),
    "b  Features: the encoder alone, nothing hidden": (2.75, 3.9),
    "c  Spotting: trained on the labels of other subjects": (0.1, 2.6),
}


def draw(text: dict[str, str]) -> Figure:
    """The picture."""
    with style.house_style():
        # A list, of which a browser takes the first that it has.
        mpl.rcParams["font.family"] = "sans-serif"
        figure = style.new_figure(SIZE[1], SIZE[0])
        figure.set_layout_engine("none")
        axis = figure.add_axes((0, 0, 1, 1))
        axis.set_xlim(0, SIZE[0])
        axis.set_ylim(0, SIZE[1])
        axis.set_axis_off()
        for title, (bottom, top) in PANELS.items():
            frame = FancyBboxPatch(
                (0.1, bottom + 0.05),
                SIZE[0] - 0.2,
                top - bottom - 0.1,
                boxstyle="round,pad=0.05",
                facecolor="none",
                edgecolor="#BBBBBB",
                linewidth=0.8,
            )
            axis.add_patch(frame)
            letter, rest = title.split("  ", 1)
            axis.text(0.2, top - 0.17, letter, fontsize=10, fontweight="bold", va="center")
            axis.text(0.42, top - 0.17, rest, fontsize=9, va="center")
        for name, (x, y, width, height, colour) in BOXES.items():
            _box(axis, x, y, width, height, colour, text[name])
        for start, end in ARROWS:
            arrow = FancyArrowPatch(
                _side(*start),
                _side(*end),
                arrowstyle="-|>",
                mutation_scale=9,
                color="#333333",
                linewidth=0.9,
                shrinkA=0,
                shrinkB=1,
            )
            axis.add_patch(arrow)
    return figure


def _box(
    axis: Axes, x: float, y: float, width: float, height: float, colour: str, text: str
) -> None:
    patch = FancyBboxPatch(
        (x - width / 2 + 0.06, y - height / 2 + 0.06),
        width - 0.12,
        height - 0.12,
        boxstyle="round,pad=0.06",
        facecolor=colour,
        edgecolor="#444444",
        linewidth=0.7,
    )
    axis.add_patch(patch)
    lines = text.split("\n")
    step = 0.165
    top = y + step * (len(lines) - 1) / 2
    for number, line in enumerate(lines):
        weight = "bold" if number == 0 else "normal"
        axis.text(
            *(x, top - step * number, line),
            ha="center",
            va="center",
            fontsize=8.5 if number == 0 else 8,
            fontweight=weight,
        )


def _side(name: str, side: str) -> tuple[float, float]:
    x, y, width, height, _ = BOXES[name]
    dx, dy = {"left": (-1, 0), "right": (1, 0), "top": (0, 1), "bottom": (0, -1)}[side]
    return x + dx * width / 2, y + dy * height / 2


def main() -> None:
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    figure = draw(labels(numbers(config)))
    with style.house_style():
        mpl.rcParams["svg.fonttype"] = "none"  # text stays text
        mpl.rcParams["svg.hashsalt"] = "mespot"
        figure.savefig(SVG, metadata={"Date": None})


if __name__ == "__main__":
    main()

"""What all figures share: size, fonts, colours, and files that depend on the content alone.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), which the colour-blind can tell
apart. Line style, marker or fill repeats the distinction for a print in grey.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure, SubFigure

from mespot.store.files import replacing

WIDTH = 7.1  # inches: a page between its margins, or two columns of a paper
DPI = 300
_HIGHEST = 12_000  # px; a higher picture has fewer dots an inch, because few programs show it

ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE, BLACK = "#0072B2", "#D55E00", "#CC79A7", "#000000"
GREY, LIGHT = "#777777", "#DDDDDD"

CLASS_COLOUR = {"micro": VERMILLION, "macro": BLUE}
# Neighbours in this order differ in lightness too.
SERIES_COLOUR = (BLUE, ORANGE, BLACK, SKY, VERMILLION, GREEN, PURPLE)
SERIES_MARKER = ("o", "s", "^", "D", "v", "P", "X")

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # fonts as text, which an editor can search and a journal can embed
    "svg.hashsalt": "mespot",  # without it, names inside a file are chosen at random
    "figure.dpi": DPI,
}


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults with this project's on top, whatever the user has set elsewhere."""
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in _SETTINGS.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, inches, drawn by Agg; constrained layout."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(
    figure: Figure,
    provenance: Mapping[str, Any],
    png: str | Path,
    pdf: str | Path,
    pages: Sequence[Figure] = (),
) -> None:
    """Write both files atomically, with what they were made with and without dates.

    pages: what the PDF consists of, where that is not the figure.
    The same figure and provenance give the same bytes. The provenance is JSON in the PNG's text
    field Description and the PDF's Subject.
    """
    made_with = json.dumps(provenance, sort_keys=True, default=str)
    save_png(figure, provenance, png)
    with house_style(), replacing(pdf) as temporary:
        metadata = {"Subject": made_with, "CreationDate": None}
        with PdfPages(temporary, metadata=metadata) as file:
            for page in pages or [figure]:
                _settle(page)
                file.savefig(page, dpi=DPI)


def save_png(figure: Figure, provenance: Mapping[str, Any], png: str | Path) -> None:
    """The same, of the PNG alone."""
    made_with = json.dumps(provenance, sort_keys=True, default=str)
    with house_style():
        _settle(figure)
        with replacing(png) as temporary:
            dpi = min(DPI, int(_HIGHEST / figure.get_figheight()))
            figure.savefig(temporary, dpi=dpi, metadata={"Description": made_with})


def svg(figure: Figure) -> bytes:
    """The figure as SVG, with the outlines of its letters; the same figure gives the same bytes."""
    content = BytesIO()
    with house_style():
        _settle(figure)
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _settle(figure: Figure) -> None:
    """Lay the figure out once and round what came out.

    The solver of the constrained layout works through sets, so its last bits differ from run to
    run, which shows in a PDF as 0 or -0.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.findobj(Axes):
        place = axes.get_position(original=True)
        axes.set_position(np.round(place.bounds, 7), which="original")
    for part in figure.findobj(SubFigure):
        part.patch.set_visible(False)


def method_styles(methods: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each method, by its place in the list."""
    return {
        name: (SERIES_COLOUR[i % len(SERIES_COLOUR)], SERIES_MARKER[i % len(SERIES_MARKER)])
        for i, name in enumerate(methods)
    }

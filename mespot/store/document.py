"""Writes the page on file formats: `python -m mespot.store.document > docs/file-formats.md`."""

from mespot.store.schema import AXES, LAYOUTS, Layout
from mespot.store.tables import COLUMNS

_HEAD = """\
# File formats

Made by `python -m mespot.store.document` from `mespot/store/schema.py` and
`mespot/store/tables.py`; do not edit by hand. Paths are below `results/{corpus}/`.

Every HDF5 file carries the attributes `kind`, `version`, `description` and `provenance` (JSON: the
rule, its settings, a digest of its code with the versions of the libraries). Every data set carries
`axes`, `units` and `description`. A file is written under a temporary name and moved into place:
one that exists is whole. `h5ls -rv FILE` shows all of it.

Frames: `native_frame` is the recording's own number (the number in the file name for a folder of
images; a video file counts from 0, or from the number that its corpus gives the first frame). A
*working frame* is one that was picked at the working rate; every data set is indexed by it.
Intervals are inclusive at both ends.
"""

_CHECKPOINTS = """\
## Checkpoints (`.pt`)

`encoders/{encoder}/{fold}/{stream}.pt` and `spotters/{method}/{fold}.pt` are dictionaries of
builtins and tensors, so that `torch.load(path, weights_only=True)` reads them. The keys `kind`
and `version` say what it is; the rest rebuilds the network without any other file.
"""

_TABLES = """\
## Tables (`.csv`)

UTF-8, comma, a header row; an empty field is unknown. `numbered_videos` is the sheet of videos with
the number of each first frame, where labels do not count from 0. Columns that end in `_w` are
indices of working frames, all other frames are native numbers. `confidence` is what the intervals
of a method are ranked by. `level` is the same on the scale on which the method's threshold is
chosen: the confidence itself or, without labels, how far it lies from the mean of the video's
scores, 0, to their maximum, 1. `epoch` is that of the spotter whose intervals these are. `f1_sd` is
the standard deviation over seeds; columns that end in `_low` and `_high` are the ends of intervals.

"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD]
    parts += [_layout(kind, layout) for kind, layout in LAYOUTS.items()]
    parts.append(_CHECKPOINTS)
    parts.append(_TABLES)
    for kind, columns in COLUMNS.items():
        cells = ", ".join(f"`{name}` ({dtype.lower()})" for name, dtype in columns.items())
        parts.append(f"- **{kind}**: {cells}\n")
    parts.append("\n## Axes\n\n| axis | meaning |\n|---|---|\n")
    parts.append("".join(f"| {name} | {meaning} |\n" for name, meaning in AXES.items()))
    return "\n".join(parts[: 2 + len(LAYOUTS)]) + "\n" + "".join(parts[2 + len(LAYOUTS) :])


def _layout(kind: str, layout: Layout) -> str:
    where = "one group a video, with" if layout.per_video else "at the root:"
    lines = [
        f"## {kind} (version {layout.version}): `{layout.path}`",
        "",
        f"{layout.description} Data sets {where}",
        "",
        "| data set | type | axes | units | meaning |",
        "|---|---|---|---|---|",
    ]
    for name, declared in layout.data_sets.items():
        axes = ", ".join(declared.axes)
        row = (f"`{name}`", declared.dtype, axes, declared.units, declared.description)
        lines.append("| " + " | ".join(row) + " |")
    attributes = "; ".join(f"`{name}` ({text})" for name, text in layout.attributes.items())
    lines += ["", f"Attributes: {attributes}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")

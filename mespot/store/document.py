"""Writes the page on file formats: `python -m mespot.store.document > docs/file-formats.md`."""

from textwrap import fill

from mespot.store.schema import AXES, LAYOUTS, Layout
from mespot.store.tables import COLUMNS

_HEAD = """\
# File formats

`python -m mespot.store.document` makes this page from `mespot/store/schema.py` and
`mespot/store/tables.py`. Do not edit it by hand. Paths are below `results/{corpus}/`.

Every HDF5 file has the attributes `kind`, `version`, `description` and `provenance`. The provenance
is JSON: the rule, its settings, and a digest of its code and of the versions of the libraries.
Every data set has the attributes `axes`, `units` and `description`. A file is written under a
temporary name and then moved into place. So a file that exists is complete. `h5ls -rv FILE` shows
everything in it. A file with a group for each video also has the attribute `videos`: their names,
in the order of the corpus.

What is read back is checked. The names in the path of a file must be those that are written in it.
Types, shapes and attributes must be those below. Numbers must be finite in all frames with a usable
face. Nothing may be a link or lie in another file.

Data sets are packed with the filters shuffle and deflate, which every HDF5 library has. A chunk
holds up to 256 KiB, unpacked.

Behind the content of an HDF5 file is its *seal*: SHA-256 of every 64 KiB, of which each is checked
when it is read. HDF5 and its tools do not look there. A program that changes the file cuts the seal
off, and then mespot refuses the file. A file of the kind `motion` needs no seal.

`native_frame` is the number of a frame in the recording. For a folder of images, it is the number
in the file name. A video file counts from 0, or from the number that the corpus gives to the first
frame. A *working frame* is a frame that was picked at the working rate. Every data set has one
entry for each working frame. Intervals include both ends.

`time` is the time stamp of the frame in the video file, in seconds from its first frame. Where the
rate of a video varies, or its recorder left frames out, some working frames have no frame near
them. They have the number of the frame before and a time between those of their neighbours.
`native_fps` is then the mean rate.
"""

_MOTION = """\
## A folder of motion

A lab that may not share its videos can share the motion of the face regions. The corpus `motion`
reads it ([corpora.md](corpora.md)), and `mespot motion export` writes it. The folder has these
files:

- `videos.csv`, a table `motion_videos` (below): a row for each recording. `path` is its series,
  relative to the folder. A recording with an empty path is left out, and so are its labels.
- `regions.txt`: the names of the face regions, one a line, in the order of the series. `.h5` files
  have their own names and need no `regions.txt`. A region with the word `eye` in its name
  (`left_eye`) moves in a blink. The words `left` and `right` say which regions change places in a
  mirrored face.
- `annotations.csv`, a table `annotations`, if there are labels. Frames are native numbers.

A series has one of three forms. T working frames have T - 1 rows. Row i is the motion from working
frame i to i + 1. Working frame i is native frame `first_frame + every * i`, so the working rate is
`fps / every`.

- `.npy`: an array (T - 1, R, 2) of real or whole numbers, u (to the right) and v (downwards) of
  each of R regions.
- `.csv`: a row for each pair of frames. It has the columns `{region}_u` and `{region}_v` of each
  region and, if known, `blink` (0 to 1) of the later frame.
- `.h5`: a file of the kind `motion` (above). It keeps every lag, usable spans and blinks, and its
  working frames can be any native frames. `fps`, `first_frame` and `n_frames` may be empty in
  `videos.csv`; where they are filled in, they must agree with the file. `every` must be empty.

Some rules hold for all of them:

- Any unit of displacement will do, if it is the same in all recordings. mespot's own is pixels of
  the aligned crop.
- `fps`, `first_frame` and `n_frames` describe the recording: its native rate, the number of its
  first frame, and how many frames it has. T - 1 must be (`n_frames` - 1) / `every`, rounded down.
- All recordings have the same regions.
- A `.npy` or `.csv` has lag 1. The other lags of `flow.lags` are added up from it. Its frames are
  one usable span. Without a column `blink` there are no blinks.

"""

_CHECKPOINTS = """\
## Checkpoints (`.pt`)

`encoders/{encoder}/{fold}/{stream}.pt` and `spotters/{method}/{fold}.pt` are dictionaries of
builtins and tensors. `torch.load(path, weights_only=True)` reads them. The keys `kind` and
`version` say which kind of checkpoint it is, and `whose` has the names of its path. `seen` lists
everybody whom the network was trained on, as `corpus/subject`. `pretraining` of an encoder says
whom it was allowed to see. `origins` of a spotter says the same of the encoders whose features it
has learned from. The other keys are enough to rebuild the network. A spotter also has its
predictions for training subjects, from networks that never saw them: thresholds are chosen from
these predictions. Behind the dictionary are 32 bytes, the SHA-256 of all before them.

`results/model.pt` has neither recordings nor names of people. It has the networks, by class the
thresholds and how long expressions last, the trees of the second look as arrays, the settings by
which videos are read, the SHA-256 of MediaPipe's model, and what it was made from. Its provenance
is JSON.
"""

_TABLES = """\
## Tables (`.csv`)

Tables are UTF-8, with commas and a header row. An empty cell means unknown or undefined. A table of
a run has a seal in the hidden folder `.seals` beside it, JSON with its SHA-256 and whose it is.
`numbered_videos` is the sheet of videos with the number of each first frame, for labels that do not
count from 0. `motion_videos` is the sheet of a folder of motion. `labels` has the columns of the
user's own behind its own ones, such as AU or emotion, as they are in the annotation sheet.

Columns that end in `_w` are indices of working frames. All other frames are native numbers.
Columns that end in `_s` are the times of these frames in seconds from the first frame of the
recording.
`confidence` ranks the intervals of a method. `level` is the confidence on the scale on which the
threshold of the method is chosen, which is the confidence itself. For the decoder `peaks` it is the
position between the mean of the scores of the video (0) and their maximum (1). For the
training-free method it is in units of the floor of the class, so its threshold is 1. `f1_sd` is the
standard deviation over seeds. Columns that end in `_low` and `_high` are the ends of intervals.
`f1_oracle_threshold` is explained in [protocol.md](protocol.md).

`summary` has a row for each video and a last one for the corpus, whose subject and video are `all`.
`videos`, `varying_rate` and `no_face` are counts: 1 or 0 for a video. A rate varies if the time
stamps of the file do not agree with its mean rate, which is `fps`. The minutes are those of the
recording, those without a usable face, those of them in which something hides the face, and those
with another lasting face beside the one that is followed. `cuts` counts cuts to another scene or
person, and `faces` lasting faces. `other_face_size` is the width of the largest other face, where
the one that is followed is 1. What needs faces is empty where there are no videos. Two further
columns for each method, `{method}_micro_per_minute` and `{method}_macro_per_minute`, are its
intervals in a minute of usable face.

`found` and `found_videos` are what `mespot spot` writes: [spot.md](spot.md) explains them.

"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_HEAD]
    parts += [_layout(kind, layout) for kind, layout in LAYOUTS.items()]
    parts.append(_MOTION + _CHECKPOINTS)
    parts.append(_TABLES)
    for kind, columns in COLUMNS.items():
        cells = ", ".join(f"`{name}` ({dtype.lower()})" for name, dtype in columns.items())
        parts.append(fill(f"- **{kind}**: {cells}", 118, subsequent_indent="  ") + "\n")
    parts.append("\n## Axes\n\n| axis | meaning |\n|---|---|\n")
    parts.append("".join(f"| {name} | {meaning} |\n" for name, meaning in AXES.items()))
    return "\n".join(parts[: 2 + len(LAYOUTS)]) + "\n" + "".join(parts[2 + len(LAYOUTS) :])


def _layout(kind: str, layout: Layout) -> str:
    where = "in one group per video:" if layout.per_video else "at the root:"
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
    lines += ["", "| attribute | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in layout.attributes.items()]
    lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page(), end="")

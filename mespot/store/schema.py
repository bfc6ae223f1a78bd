"""Layouts of the HDF5 files: the only place that defines which file holds what.

docs/file-formats.md is generated from this module (`python -m mespot.store.document`).
"""

from dataclasses import dataclass
from pathlib import Path

from mespot.store.files import remake

# Names of the axes, as in the attribute `axes` of every data set.
AXES = {
    "frame": "working frames, in time order",
    "point": "the 478 MediaPipe face landmarks",
    "blendshape": "the 52 MediaPipe blendshapes, in MediaPipe's order",
    "xyz": "x right, y down, z away from the camera (relative, MediaPipe's scale)",
    "row": "rows of a 4x4 or 2x3 matrix",
    "column": "columns of a matrix",
    "y": "image rows, from the top",
    "x": "image columns, from the left",
    "uv": "u to the right, v downwards",
    "lag": "time lags in working frames; the attribute `lags` lists them",
    "region": "face regions; the attribute `regions` names them",
    "channel": "channels of the learned feature",
    "parameter": "parameters of the rigid motion, named by the attribute `rigid_parameters`",
}


# Lengths of axes that are the same in every file; those of others are counted by an attribute.
SIZES = {"point": 478, "blendshape": 52, "xyz": 3, "uv": 2}
COUNTED_BY = {"lag": "lags", "region": "regions", "parameter": "rigid_parameters"}

# Attributes: the least value of numbers, and whether they are whole; all others are text.
NUMBERS: dict[str, tuple[float, bool]] = {
    "native_fps": (1e-6, False),
    "rate": (1e-6, False),
    "n_native_frames": (0, True),
    "first_native_frame": (0, True),
    "width": (0, True),
    "height": (0, True),
    "crop_size": (0, True),
    "face_followed": (0, True),
    "image_scale": (0, False),
    "scale": (0, False),
}
# Lists: of different whole numbers from 1, of different texts, or of any measures.
LISTS = {
    **{"lags": int, "regions": str, "rigid_parameters": str, "blendshape_names": str, "seen": str},
    **{"face_seconds": float, "face_sizes": float, "mean_points": float},
}
# Measures that may be below 0, and how many there are of them.
COORDINATES = {"mean_points": (0, 2 * SIZES["point"])}
# NaN says that there is none; infinity that nothing is ever above it.
MAY_LACK = ("threshold_micro", "threshold_macro")


@dataclass(frozen=True)
class DataSet:
    """One data set: element type, axes (the first is time), units, meaning.

    least, most: of its values in usable frames, if anything is known of them.
    """

    dtype: str
    axes: tuple[str, ...]
    units: str
    description: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Layout:
    """One kind of file.

    per_video: every video has a group of its own for the data sets. cure: what to do about a file
    that cannot be read, where Snakemake does not make it again. by_users: people write such
    files too; who reads them knows more of what can be wrong and explains it, so values and
    attributes are left to them, and there need be no seal.
    """

    version: int
    path: str
    description: str
    data_sets: dict[str, DataSet]
    attributes: dict[str, str]
    per_video: bool = False
    cure: str = ""
    by_users: bool = False

    def remedy(self, path: str | Path) -> str:
        """What to do about a file that cannot be read."""
        return self.cure or remake(path)


_CLOCK = {
    "native_frame": DataSet(
        "int32",
        ("frame",),
        "frame",
        "native number of the frame in the recording (see above)",
    ),
    "time": DataSet("float64", ("frame",), "s", "time stamp in the recording"),
    "span": DataSet(
        "int16",
        ("frame",),
        "1",
        "index of the usable span of the frame; -1: no usable face",
        least=-1,
    ),
}

_BRIDGED = DataSet(
    "bool",
    ("frame",),
    "1",
    "no face was found, but landmarks were interpolated over a short gap",
)

_MOTION = {
    "video": "name of the video",
    "subject": "name of the subject",
    "native_fps": "frames a second of the recording",
    "n_native_frames": "frames in the recording",
    "first_native_frame": "native number of the first frame",
    "rate": "working frames a second",
    "width": "width of the recording, px",
    "height": "height of the recording, px",
}

# A folder of motion knows nothing of the corpus that it came from.
_RECORDING = {"corpus": "name of the corpus", **_MOTION}

# Attributes that every per-video stage passes on to the next.
RECORDING = tuple(_RECORDING)

# What files with the motion of face regions share.
_REGIONAL = {
    "regional": DataSet(
        "float32",
        ("frame", "lag", "region", "uv"),
        "px",
        "mean displacement of a face region over the last `lag` working frames",
    ),
    "blink": DataSet("float32", ("frame",), "1", "the larger of the two eyeBlink blendshapes"),
    **_CLOCK,
}
_REGIONAL_ATTRIBUTES = {
    "lags": "time lags, working frames",
    "regions": "names of the face regions",
    "crop_size": "side of the aligned crop, px; 0 where it is not known",
}

# Where learned features come from; mespot.training.origin reads and compares it.
ORIGIN = {
    "pretraining": "inductive, transductive or none: whom the encoder was allowed to see",
    "seen": "everybody whom it has learned from, as `corpus/subject`",
    "encoder_digest": "SHA-256 of its weights and of the scale of its input",
}

LAYOUTS: dict[str, Layout] = {
    "landmarks": Layout(
        3,
        "landmarks/{video}.h5",
        "Face landmarks of one video.",
        {
            "points": DataSet(
                "float32", ("frame", "point", "xyz"), "px", "landmarks in pixels of the recording"
            ),
            "blendshapes": DataSet("float32", ("frame", "blendshape"), "1", "blendshape scores"),
            "head_pose": DataSet(
                "float32", ("frame", "row", "column"), "1", "facial transformation matrix, 4x4"
            ),
            "found": DataSet("bool", ("frame",), "1", "a face was found in this frame"),
            "bridged": _BRIDGED,
            "cut": DataSet(
                "bool", ("frame",), "1", "first frame after a cut to another scene or person"
            ),
            "other_faces": DataSet(
                "int16",
                ("frame",),
                "1",
                "lasting faces beside the one that is followed",
            ),
            **_CLOCK,
        },
        {
            **_RECORDING,
            "blendshape_names": "names of the blendshapes",
            "face_seconds": "how long each lasting face was found, s, from left to right",
            "face_sizes": "its median width, px",
            "face_followed": "which of them is followed, from 1; 0 without a face",
        },
    ),
    "frames": Layout(
        5,
        "frames/{video}.h5",
        "Small aligned pictures of the face in one video, and where it is in the recording. Crops "
        "are cut out of the recording again by `transform` and `bridged`. The landmarks are in "
        "`landmarks/{video}.h5`. `transform` takes them to the crop.",
        {
            "image": DataSet(
                "uint16",
                ("frame", "y", "x"),
                "1",
                "aligned grey face crop, made smaller; multiply by `image_scale` for 0..255",
            ),
            "transform": DataSet(
                "float64",
                ("frame", "row", "column"),
                "px",
                "2x3 similarity from pixels of the recording to pixels of the crop",
            ),
            "blink": DataSet(
                "float32", ("frame",), "1", "the larger of the two eyeBlink blendshapes"
            ),
            "occluded": DataSet(
                "bool", ("frame",), "1", "something hides the face; such a frame is in no span"
            ),
            "bridged": _BRIDGED,
            **_CLOCK,
        },
        {
            **_RECORDING,
            "crop_size": "side of the aligned crop, px",
            "image_scale": "grey levels of one unit of `image`",
            "mean_points": "mean landmarks over the usable frames, px of the crop: x and y of the "
            "first, of the second and so on; empty without a usable frame",
        },
    ),
    "flow": Layout(
        3,
        "flow/{video}.h5",
        "Optical flow between aligned face crops of one video, without rigid motion. In the corpus "
        "`motion`, the maps and the rigid motion are empty (0 cells, 0 parameters).",
        {
            "flow": DataSet(
                "int16",
                ("frame", "y", "x", "uv"),
                "px/frame",
                "flow from the previous working frame, in pixels of the crop; multiply by `scale`",
            ),
            "rigid": DataSet(
                "float32",
                ("frame", "lag", "parameter"),
                "px",
                "rigid motion that the alignment left, and that was removed",
            ),
            **_REGIONAL,
        },
        {
            **_RECORDING,
            **_REGIONAL_ATTRIBUTES,
            "scale": "px/frame of one unit of `flow`",
            "rigid_parameters": "names of the parameters of the rigid motion",
        },
    ),
    "motion": Layout(
        1,
        "{video}.h5 in a folder of motion",
        "Motion of the face regions of one video: what `mespot motion export` writes and the corpus"
        " `motion` reads. It has no image and no landmark.",
        _REGIONAL,
        {**_MOTION, **_REGIONAL_ATTRIBUTES},
        cure="copy or export it again",
        by_users=True,
    ),
    "features": Layout(
        2,
        "features/{encoder}/{fold}/{stream}.h5",
        "Learned features of every video of the corpus, from one encoder.",
        {
            "feature": DataSet(
                "float16",
                ("frame", "region", "channel"),
                "1",
                "output of the encoder, pooled over a face region",
            ),
            **_CLOCK,
        },
        {
            "corpus": "name of the corpus",
            "encoder": "name of the encoder",
            "fold": "name of the fold",
            "stream": "face or flow",
            "regions": "names of the face regions",
            **ORIGIN,
        },
        per_video=True,
    ),
    "scores": Layout(
        2,
        "scores/{method}/{fold}.h5",
        "Scores of every frame of the test videos of the fold.",
        {
            "micro": DataSet("float32", ("frame",), "1", "score of a micro-expression"),
            "macro": DataSet("float32", ("frame",), "1", "score of a macro-expression"),
            **_CLOCK,
        },
        {
            "corpus": "name of the corpus",
            "method": "name of the method",
            "fold": "name of the fold",
            "threshold_micro": "threshold on `micro`, an attribute of the group of each video; NaN "
            "after a second look, whose confidences are not scores",
            "threshold_macro": "threshold on `macro`, an attribute of the group of each video; NaN "
            "after a second look, whose confidences are not scores",
        },
        per_video=True,
    ),
    "found": Layout(
        1,
        "{video}/scores.h5 of `mespot spot`",
        "Scores of every frame of one video of anybody's.",
        {
            "micro": DataSet("float32", ("frame",), "1", "score of a micro-expression"),
            "macro": DataSet("float32", ("frame",), "1", "score of a macro-expression"),
            "blink": DataSet(
                "float32", ("frame",), "1", "the larger of the two eyeBlink blendshapes"
            ),
            **_CLOCK,
        },
        {
            "video": "name of the video",
            "native_fps": "frames a second of the recording",
            "rate": "working frames a second",
            "threshold_micro": "threshold on `micro`; NaN after a second look, whose confidences "
            "are not scores",
            "threshold_macro": "threshold on `macro`; NaN after a second look, whose confidences "
            "are not scores",
        },
        cure="delete it and spot again",
    ),
}

"""Small artefacts for tests of figures: one video of T frames, and what is read off a figure."""

import matplotlib.image
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from mespot.face.regions import REGIONS
from mespot.store import io
from tests import trees

T, S = 90, 32
CHIN = list(REGIONS).index("chin")
RECORDING = {
    "corpus": "made",
    "video": "v1",
    "subject": "006",
    "native_fps": 60.0,
    "n_native_frames": 2 * T,
    "first_native_frame": 1,
    "rate": 30.0,
    "width": 640,
    "height": 480,
}


def make_clock():
    span = np.zeros(T, np.int16)
    span[40:50] = -1
    span[50:] = 1
    return {
        "span": span,
        "native_frame": np.arange(T, dtype=np.int32) * 2 + 1,
        "time": np.arange(T) / 30,
    }


def make_frames(tmp_path, clock):
    rng = np.random.default_rng(0)
    # A spot that brightens around frame 70.
    bump = 80 * np.exp(-(((np.arange(T) - 70) / 3.0) ** 2))
    image = rng.integers(0, 5, (T, S, S)).astype(np.float64)
    image += np.where(np.arange(S) < S // 2, 60, 100)  # a static face
    image[:, 8:16, 8:16] += bump[:, None, None]
    image = image.astype(np.uint8)
    # The recording shows the crops as they are; only every other frame of it is a working frame.
    trees.images(tmp_path / "v1", "img{}.png", range(1, 2 * T + 1), np.repeat(image, 2, axis=0))
    arrays = {
        "image": image,
        "transform": np.tile(np.eye(2, 3), (T, 1, 1)),
        "bridged": np.zeros(T, bool),
        "blink": np.zeros(T, np.float32),
        "occluded": np.zeros(T, bool),
        **clock,
    }
    attrs = {**RECORDING, "crop_size": S, "image_scale": 1.0, "mean_points": [0.0] * 956}
    io.write(tmp_path / "frames.h5", "frames", arrays, attrs=attrs, provenance={})
    return tmp_path / "frames.h5"


def source(tmp_path):
    """How the recording is opened whose frames `make_frames` has written."""
    return {"path": tmp_path / "v1", "fps": RECORDING["native_fps"]}


def intervals(*rows):
    """Rows (type, onset_w, offset_w, confidence) of video v1; native frames are 2 w + 1."""
    table = pd.DataFrame(list(rows), columns=["type", "onset_w", "offset_w", "confidence"])
    table["apex_w"] = (table["onset_w"] + table["offset_w"]) // 2
    for name in ("onset", "apex", "offset"):
        table[name] = 2 * table[f"{name}_w"] + 1
    return table.assign(subject="006", video="v1", onset_s=0.0, apex_s=0.0, offset_s=0.0)


def texts(figure):
    """(text, size in points) of all that is written in a figure."""
    return [(t.get_text(), t.get_fontsize()) for t in figure.findobj(Text) if t.get_text()]


def pixels(png, colour):
    """How many pixels of a PNG have about that colour."""
    image = matplotlib.image.imread(png)[..., :3]
    return int((np.abs(image - to_rgb(colour)).max(axis=-1) < 0.02).sum())


def moving_chin():
    """`(T, 1, R, 2)`: the chin moves around frame 70, faster and longer around 20; eyes blink."""
    regional = np.zeros((T, 1, len(REGIONS), 2), np.float32)
    for middle, size, width in ((70, 1.0, 3), (20, 3.0, 10)):
        way = size * np.exp(-(((np.arange(T) - middle) / width) ** 2))
        regional[1:, 0, CHIN, 1] += np.diff(way)
    regional[:, 0, list(REGIONS).index("left_eye")] = 9
    return regional


def history(level):
    rows = []
    for epoch in range(3):
        trained = np.nan if epoch == 0 else level + 0.1
        rows.append({"epoch": epoch, "training_masked": trained, "training_visible": trained})
        rows[-1] |= {"validation_masked": level, "validation_visible": level / 2}
    return rows

"""A model of one's own from Python: `train`, and `example`, recordings to try it with.

`train` does in one process what the target results/model.pt of the workflow does in many jobs. The
workflow is for whole corpora: it works on several recordings at once, keeps what is done, and
scores methods on people that they have not seen.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.config import changed, load
from mespot.corpora.folds import LEAST_SUBJECTS
from mespot.corpora.sheet import faces_of, read_sheets
from mespot.corpora.undecided import known_frames, read_undecided
from mespot.demo import corpus
from mespot.demo.film import film
from mespot.device import deterministic
from mespot.errors import InputError
from mespot.landmarker import kept
from mespot.measured import Measured, measure
from mespot.provenance import code_digest
from mespot.recording import open_recording
from mespot.recording.picking import nearest
from mespot.settings import decoding_of, preprocessing_of
from mespot.spotting.calibration import calibrate
from mespot.spotting.decoders import Decoding
from mespot.store.files import replacing
from mespot.training.companions import at_rate
from mespot.training.ensemble import held_out_predictions, predict, train_members
from mespot.training.model import Model
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import SpotterInput, decided, labelled, motion_input
from mespot.training.spotter_training import motion_task
from mespot.training.trained_spotter import TrainedSpotter
from mespot.videos.how import DEFAULTS

__all__ = ["example", "train"]

Settings = Mapping[str, Any]


def example(
    folder: str | Path, *, subjects: int = 3, seconds: float = 10.0, **settings: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write recordings to try mespot with: animated photographs, one of each person.

    The folder gets the videos and the two sheets of a corpus, videos.csv and annotations.csv; they
    are also returned. It must be empty or missing. settings: other keys of `demo` in config.yaml,
    such as `width=240`. Raises InputError for a folder with something in it, and for settings that
    the generator refuses.

    >>> import mespot
    >>> videos, labels = mespot.example("study", subjects=1, seconds=1.0)
    >>> list(videos["video"])
    ['s01_1']
    """
    given = {"subjects": subjects, "videos_per_subject": 1, "seconds": seconds, **settings}
    config = changed(load(DEFAULTS), {"demo": given}, "example")
    section, root = config["demo"], Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(f"{root}: is not empty; name a new folder")
    landmarker = kept(config["landmarker"])
    entries = corpus.videos(section)
    rows = []
    for entry in entries:
        own = corpus.own_section(entry["video"], section)
        path = root / f"{entry['video']}.mp4"
        with replacing(path) as temporary:
            film(entry["video"], temporary, landmarker, own)
        rows.append({**entry, "path": path.name, "fps": corpus.for_video(own)[1]["fps"]})
    columns = ["subject", "video", "onset", "apex", "offset", "type"]
    tables = pd.DataFrame(rows), pd.DataFrame(corpus.annotations(entries, section), columns=columns)
    for table, name in zip(tables, ("videos.csv", "annotations.csv"), strict=True):
        with replacing(root / name) as temporary:
            table.to_csv(temporary, index=False)
    return tables


def train(
    videos: str | Path,
    annotations: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    undecided: str | Path | None = None,
    root: str | Path | None = None,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Train a model on labelled recordings, for `mespot.spot(model=...)` and `mespot spot --model`.

    videos, annotations: the two sheets of docs/corpora.md, of at least three people. output: the
    file, .pt. undecided: the sheet of the stretches that nobody has decided on, as `mespot corpus
    collect` writes it; nothing is learned from them. root: the folder that the paths in `videos`
    are relative to; None: that of the sheet. settings: keys of config.yaml with other values, such
    as `{"spotting": {"learned": {"repeats": 3}}}`; the method is `model.method`. progress: called
    with how many recordings are measured, and of how many.

    Raises InputError for sheets, recordings or settings that cannot be used, and where there is
    nothing to learn from.

    >>> import mespot
    >>> videos, labels = mespot.example("people", seconds=2.0, micro_per_video=6.0)
    >>> quick = {"spotting": {"learned": {"epochs": 1, "repeats": 1, "inner_groups": 2}}}
    >>> mespot.train("people/videos.csv", "people/annotations.csv", "own.pt", settings=quick).name
    'own.pt'
    """
    for name, given in (("videos", videos), ("output", output)):
        if not isinstance(given, (str, Path)):
            raise InputError(f"{name}: is {type(given).__name__}; give the path of a file")
    if annotations is None or isinstance(annotations, pd.DataFrame):
        kind = type(annotations).__name__
        raise InputError(f"annotations: is {kind}; give the path of a sheet with labels")
    deterministic()
    _check_place(Path(output))
    config = changed(load(DEFAULTS), settings or {}, "settings")
    method = _method(config)
    learned = config["spotting"]["learned"]
    own = {field.name for field in fields(SpotterRecipe)} - {"seed", "masked_motion", "joint"}
    masked = method.get("network_pretraining") == "masked"
    training = {"seed": config["spotting"]["seed"], **{key: learned[key] for key in sorted(own)}}
    if masked:
        training["masked_motion"] = learned["masked_motion"]
    recipe = SpotterRecipe.of(training, streams=[], masked=masked)
    decoding = decoding_of(method, learned)
    sheet, labels = read_sheets(videos, annotations, root, opened=True)
    assert labels is not None
    subjects = dict(zip(sheet["video"], sheet["subject"], strict=True))
    stretches = None if undecided is None else read_undecided(undecided, subjects)
    if sheet["subject"].nunique() < LEAST_SUBJECTS:
        raise InputError(
            f"{videos}: has fewer than {LEAST_SUBJECTS} subjects; add recordings of others"
        )
    if labels.empty:
        raise InputError(f"{annotations}: has no label; a model learns from labels")
    measured = _measured(sheet, config, progress)
    table = _on_working_frames(labels, measured)
    recordings = _inputs(sheet, table, stretches, measured, recipe)
    first = measured[str(sheet["video"].iloc[0])]
    rate, regions = first.rate, list(first.regions)
    task, unit = motion_task(recordings, recipe, regions, rate)
    members = train_members(task)
    spotter = TrainedSpotter.of(
        output,
        task,
        members,
        held_out_predictions(task, members, predict),
        scale={},
        unit=unit,
        rate=rate,
        regions=regions,
        whose={"corpus": "own", "method": config["model"]["method"], "fold": "all"},
        origins={},
    )
    frames = sum(int((one.span >= 0).sum()) for one in recordings)
    model = Model.of(
        [spotter],
        calibrate(spotter.held_out, Decoding.of(decoding), regions, rate),
        decoding=decoding,
        preprocessing=preprocessing_of(config),
        landmarker=config["landmarker"],
        provenance={
            "mespot": version("mespot"),
            "corpora": ["own"],
            "subjects": len({one.subject for one in recordings}),
            "recordings": len(recordings),
            "minutes": round(frames / rate / 60, 1),
            "settings": {"training": training, "decoding": decoding},
            "code": code_digest("mespot.own_model"),
        },
    )
    model.save(output)
    return Path(output)


def _check_place(output: Path) -> None:
    """Raises InputError where no file can be written: the training would be in vain."""
    if output.suffix != ".pt" or output.is_dir():
        raise InputError(f"{output}: is no name of a model; give that of a file that ends in .pt")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(output.parent, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise InputError(f"{output}: cannot be written there; name a file in another folder")


def _method(config: Settings) -> Settings:
    """The method of the model. Raises InputError for one that reads more than motion."""
    name = config["model"]["method"]
    method = {} if name is None else config["methods"][name]
    if method.get("kind") != "learned" or method["streams"] or "ensemble_partner" in method:
        raise InputError(
            f"settings: model.method: {name!r} is no learned method that reads the motion of "
            "regions alone, without a partner; name one, such as 'regions', or run the workflow"
        )
    return dict(method)


def _measured(
    sheet: pd.DataFrame, config: Settings, progress: Callable[[int, int], None] | None
) -> dict[str, Measured]:
    """The motion of each recording."""
    landmarker, faces = kept(config["landmarker"]), faces_of(sheet)
    measured = {}
    for number, row in enumerate(sheet.to_dict("records"), start=1):
        fps, first = (None if pd.isna(row[key]) else row[key] for key in ("fps", "first_frame"))
        recording = open_recording(row["path"], fps, first)
        face = faces.get(row["video"], config["tracking"]["face"])
        how = {name: config[name] for name in ("crop", "flow")}
        how["tracking"] = {**config["tracking"], "face": face}
        with tempfile.TemporaryDirectory(prefix="mespot-") as scratch:
            measured[row["video"]] = measure(recording, how, landmarker, scratch)
        if progress is not None:
            progress(number, len(sheet))
    return measured


def _on_working_frames(labels: pd.DataFrame, measured: Mapping[str, Measured]) -> pd.DataFrame:
    """The labels with onset_w and offset_w. Raises InputError for one outside its recording."""
    ends: dict[str, list[int]] = {"onset": [], "offset": []}
    for label in labels.to_dict("records"):
        one = measured[label["video"]]
        last = one.first_native_frame + one.n_native_frames - 1
        for name, column in ends.items():
            if not one.first_native_frame <= label[name] <= last:
                raise InputError(
                    f"{label['row']}: {name}: {label[name]} is outside video '{label['video']}', "
                    f"which has frames {one.first_native_frame} to {last}; correct the label"
                )
            column.append(nearest(one.native_frame, int(label[name])))
    return labels.assign(onset_w=ends["onset"], offset_w=ends["offset"])


def _inputs(
    sheet: pd.DataFrame,
    labels: pd.DataFrame,
    stretches: pd.DataFrame | None,
    measured: Mapping[str, Measured],
    recipe: SpotterRecipe,
) -> list[SpotterInput]:
    """The labelled recordings of which something is known, at the rate of the first, their motion
    in px. stretches: those that are undecided."""
    rate = next(iter(measured.values())).rate
    inputs = []
    for row in sheet.to_dict("records"):
        one = measured[row["video"]]
        motion = {name: getattr(one, name) for name in ("regional", "span", "blink", "rate")}
        read = motion_input(
            {**motion, "lags": list(one.lags)},
            str(row["subject"]),
            str(row["video"]),
            drift_seconds=recipe.drift_seconds,
            slow_drift_seconds=recipe.slow_drift_seconds,
        )
        inputs.append(labelled(read, labels))
    if stretches is not None:
        known = [
            known_frames(stretches, one.video, measured[one.video].native_frame) for one in inputs
        ]
        inputs = decided(inputs, known)
    inputs = [at_rate(one, measured[one.video].rate, rate) for one in inputs]
    usable = {one.subject for one in inputs if (one.span >= 0).any()}
    if len(usable) < 2:
        raise InputError(
            "videos: fewer than two subjects have a usable face in frames of which something is "
            "known; thresholds need two"
        )
    return inputs

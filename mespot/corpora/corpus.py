"""One corpus as the pipeline sees it, and how it is opened when a workflow is planned.

Every job plans the workflow anew: opening is cheap and lists no folder of frames.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import kinds
from mespot.corpora.companions import companions
from mespot.corpora.folds import folds
from mespot.corpora.motion import read_motion
from mespot.corpora.names import BRACES
from mespot.corpora.notes import Note, Notes
from mespot.corpora.sheet import faces_of, read_sheets, read_videos
from mespot.corpora.tool_annotations import annotation_files, is_of_tool
from mespot.corpora.undecided import read_undecided
from mespot.demo import corpus as demo
from mespot.errors import InputError

# The fold of whatever holds nobody out: encoders that see no label and everybody's video, the
# training-free spotter, and everything on a corpus without labels.
ALL = "all"

# Keys of a corpus's section that do not go to its loader.
_OWN_KEYS = ("root", "settings")


@dataclass(frozen=True)
class Corpus:
    """One corpus.

    videos: table (subject, video, path, fps, first_frame), indexed by video. annotations: the files
    in which the labels are, None for an unlabelled corpus. folds: fold -> its test subjects.
    loader: for a real corpus its `kind` and the settings of its loader, which say what the labels
    in those files mean; None for sheets. notes: what was odd in its folders. has_faces: False for
    motion, whose table has a series of motion in place of a video, and the columns every and
    n_frames. regions: the file that names the face regions of such series. left_out: recordings of
    the sheet that have none. faces: video -> which of several faces is followed, where the sheet
    says so. behaviours: where annotation tools have written the annotations, the names in them that
    are micro, macro or an apex; None for others. undecided: the sheet of the stretches that nobody
    has decided on; None where there are none. timed: whether some labels have times, which become
    frames by the time stamps of the recordings.
    """

    name: str
    videos: pd.DataFrame
    annotations: list[Path] | None
    folds: dict[str, list[str]]
    loader: dict[str, Any] | None = None
    notes: list[Note] = field(default_factory=list)
    has_faces: bool = True
    regions: Path | None = None
    left_out: list[str] = field(default_factory=list)
    faces: dict[str, str | int] = field(default_factory=dict)
    behaviours: dict[str, list[str]] | None = None
    undecided: Path | None = None
    timed: bool = False

    def test_videos(self, fold: str) -> list[str]:
        """Videos of the subjects that the fold holds out; every video for the fold `all`."""
        if fold == ALL:
            return list(self.videos.index)
        return list(self.videos.index[self.videos.subject.isin(self.folds[fold])])

    def training_videos(self, fold: str) -> list[str]:
        """Videos of the subjects that the fold trains on; every video for the fold `all`."""
        if fold == ALL:
            return list(self.videos.index)
        return list(self.videos.index[~self.videos.subject.isin(self.folds[fold])])

    def fold_of(self, video: str) -> str:
        """The fold in which the subject of `video` is tested."""
        subject = self.videos.subject[video]
        return next(fold for fold, subjects in self.folds.items() if subject in subjects)


def corpora_of(config: Mapping[str, Any]) -> list[str]:
    """Every corpus that a run opens: those that are spotted on, then their companions, then those
    only pretrained on."""
    recipes = [config["pretrain"], *(e["settings"] for e in config["encoders"].values())]
    extra = [name for recipe in recipes for name in recipe.get("corpora", [])]
    return list(dict.fromkeys([*config["corpora"], *companions(config), *extra]))


_FROM = "from-"


def recording_of(path: str | Path) -> tuple[Any, ...]:
    """What two paths have in common that lead to one recording, through links of any kind."""
    real = os.path.realpath(path)
    try:
        found = os.stat(real)
    except OSError:  # one that is still to be made
        return (real,)
    return (found.st_dev, found.st_ino)


def fold_from(corpus: str, fold: str = ALL) -> str:
    """The fold of everything that was trained on another corpus, in one of its folds."""
    return f"{_FROM}{corpus}" if fold == ALL else f"{_FROM}{corpus}-{fold}"


def trained_for(fold: str) -> tuple[str, str] | None:
    """The other corpus and its fold, by the name that `fold_from` gave; None for other folds."""
    if not fold.startswith(_FROM):
        return None
    corpus, _, of_corpus = fold.removeprefix(_FROM).partition("-")
    return corpus, of_corpus or ALL


def open_corpus(name: str, config: Mapping[str, Any], *, check_labels: bool = False) -> Corpus:
    """Open the corpus `name` as config.yaml describes it.

    A corpus that is not spotted in has no folds, and one that is only pretrained on has no
    annotations either. check_labels: read the annotation workbook of a real corpus too, so that one
    that cannot be used is reported before any job starts. Raises InputError for a sheet, root or
    workbook that cannot be used, for more folds than subjects, and for a companion without labels.
    """
    named = companions(config)
    for_labels = name in config["corpora"] or name in named
    sources = _sources(name, config, for_labels)
    annotations = sources.annotations if for_labels else None
    if name in named and annotations is None:
        raise InputError(
            f"config: {named[name]}: {name} has no labels to train on; name a corpus with labels"
        )
    others = [sources.regions or "", sources.undecided or ""]
    for path in [*sources.videos["path"], *(annotations or []), *others]:
        if BRACES.search(str(path)):
            raise InputError(f"{path}: has {{ or }}, which no path may have; rename the folder")
    if check_labels and annotations is not None and sources.loader is not None:
        kinds.read_labels(name, annotations, sources.videos, sources.loader)
    return Corpus(
        name,
        sources.videos.set_index("video", drop=False),
        annotations,
        _folds(name, sources.videos, sources.faces, annotations is not None, config),
        sources.loader,
        sources.notes,
        sources.has_faces,
        sources.regions,
        sources.left_out,
        sources.faces,
        sources.behaviours,
        sources.undecided if for_labels else None,
        sources.timed,
    )


@dataclass(frozen=True)
class _Sources:
    """Where the videos and labels of a corpus are; the fields are those of `Corpus`."""

    videos: pd.DataFrame
    annotations: list[Path] | None = None
    loader: dict[str, Any] | None = None
    notes: list[Note] = field(default_factory=list)
    has_faces: bool = True
    regions: Path | None = None
    left_out: list[str] = field(default_factory=list)
    faces: dict[str, str | int] = field(default_factory=dict)
    behaviours: dict[str, list[str]] | None = None
    undecided: Path | None = None
    timed: bool = False


def _sources(name: str, config: Mapping[str, Any], for_labels: bool) -> _Sources:
    if name == "demo":
        return _demo(config["demo"])
    if name == "sheet":
        return _sheet(config["sheet"])
    if name == "unlabelled":
        sheets, odd = config["unlabelled"], Notes()
        videos = read_videos(sheets["videos"], sheets["root"], odd, "unlabelled")
        return _Sources(videos, notes=odd.entries, faces=faces_of(videos))
    if name in kinds.MOTIONS:
        return _motion(config[name], name)
    if name in kinds.KINDS:
        return _real(name, config[name], for_labels)
    raise InputError(f"config: corpora: no corpus {name!r}; name one that config.yaml describes")


def _sheet(section: Mapping[str, Any]) -> _Sources:
    """Recordings in a sheet, and their labels in another one or in files of annotation tools."""
    odd, given, behaviours = Notes(), section["annotations"], section["behaviours"]
    videos, labels = read_sheets(section["videos"], given, section["root"], odd, behaviours)
    faces = faces_of(videos)
    if section["undecided"] is not None and labels is None:
        raise InputError("config: sheet.undecided: needs sheet.annotations, too; name both")
    if labels is None:
        return _Sources(videos, notes=odd.entries, faces=faces)
    undecided = None if section["undecided"] is None else Path(section["undecided"])
    if undecided is not None:
        read_undecided(undecided, dict(zip(videos["video"], videos["subject"], strict=True)))
    files = annotation_files(given)
    of_tools = behaviours if any(map(is_of_tool, files)) else None
    return _Sources(
        videos,
        files,
        notes=odd.entries,
        faces=faces,
        behaviours=of_tools,
        undecided=undecided,
        timed=of_tools is not None or bool(labels[["onset", "offset"]].isna().any(axis=None)),
    )


def _demo(section: Mapping[str, Any]) -> _Sources:
    """The built-in corpus: the files that its rules will write."""
    folder = Path("results/demo/corpus")
    videos = pd.DataFrame(demo.videos(section))
    videos["path"] = [str(folder / "videos" / f"{video}.mp4") for video in videos.video]
    own = [demo.for_video(demo.own_section(video, section))[1] for video in videos.video]
    videos["fps"] = [settings["fps"] for settings in own]
    videos["first_frame"] = pd.NA
    return _Sources(videos, [folder / "annotations.csv"])


def _motion(section: Mapping[str, Any], name: str) -> _Sources:
    """Series of motion, without any video."""
    motion = read_motion(section, name)
    annotations = None if motion.annotations is None else [motion.annotations]
    return _Sources(
        motion.videos,
        annotations,
        notes=motion.notes,
        has_faces=False,
        regions=motion.regions,
        left_out=motion.left_out,
    )


def _real(kind: str, section: Mapping[str, Any], for_labels: bool) -> _Sources:
    """A corpus in its folder; its workbook is looked for only where the labels are wanted."""
    settings = {key: value for key, value in section.items() if key not in _OWN_KEYS}
    videos, notes = kinds.read_videos(kind, section["root"], settings)
    if not (for_labels and kinds.labelled(kind)):
        return _Sources(videos, notes=notes)
    annotations = kinds.workbooks(kind, section["root"], settings)
    return _Sources(videos, annotations, {"kind": kind, **settings}, notes)


def _folds(
    name: str,
    videos: pd.DataFrame,
    faces: Mapping[str, str | int],
    labelled: bool,
    config: Mapping[str, Any],
) -> dict[str, list[str]]:
    """The folds of a corpus: its own, or the one in which all was trained on another corpus."""
    evaluation = config["evaluation"]
    if name == evaluation["test"]:
        return {fold_from(evaluation["train"]): sorted(set(videos.subject))}
    if name == evaluation["train"]:
        if not labelled:
            raise InputError(
                f"config: evaluation.train: {name} has no labels to train on; name a corpus with"
                " labels"
            )
        return {}
    if not labelled or name not in config["corpora"]:
        return {}
    _check_recordings(name, videos, faces)
    own = folds(videos.subject, evaluation["folds"], evaluation["fold_seed"])
    for fold in own:
        if trained_for(fold):
            raise InputError(
                f"{name}: subject {fold!r}: names that begin with '{_FROM}' are those of folds with"
                " networks of another corpus; rename the subject"
            )
    return own


def _check_recordings(name: str, videos: pd.DataFrame, faces: Mapping[str, str | int]) -> None:
    """Raises InputError where one recording is of two subjects: networks would learn from the one
    and be tested on the other. Of two faces in it, each may be a subject."""
    first: dict[tuple[Any, ...], tuple[str, str]] = {}
    for row in videos.to_dict("records"):
        video, subject = str(row["video"]), str(row["subject"])
        key = (*recording_of(row["path"]), faces.get(video))
        other, of = first.setdefault(key, (video, subject))
        if of != subject:
            raise InputError(
                f"{name}: video {other!r} of subject {of!r} and video {video!r} of {subject!r} are "
                f"one recording, {row['path']}, so whoever is tested in it would train along; "
                "correct the path or the subject, or say in the column `face` who is who"
            )

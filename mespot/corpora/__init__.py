"""Corpora: each one gives the same two tables, videos and annotations.

`open_corpus` is what the Snakefile asks for when it is parsed: cheap, and without listing any
folder of frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.demo.corpus import videos as demo_videos
from mespot.corpora.folds import folds
from mespot.corpora.sheet import read_sheets
from mespot.errors import InputError

# The fold of whatever holds nobody out: encoders that see no label and everybody's video, the
# training-free spotter, and everything on a corpus without labels.
ALL = "all"


@dataclass(frozen=True)
class Corpus:
    """One corpus as the pipeline sees it.

    videos: table (subject, video, path, fps), indexed by video. annotations: where the labels
    are, None for an unlabelled corpus. folds: fold -> its test subjects.
    """

    name: str
    videos: pd.DataFrame
    annotations: Path | None
    folds: dict[str, list[str]]

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


def open_corpus(name: str, config: Mapping[str, Any]) -> Corpus:
    """Open the corpus `name` (`demo` or `sheet`) as config.yaml describes it.

    Raises InputError for a sheet that cannot be used and for more folds than subjects.
    """
    if name == "demo":
        settings = config["demo"]
        folder = Path("results/demo/corpus")
        videos = pd.DataFrame(demo_videos(settings["subjects"], settings["videos_per_subject"]))
        videos["path"] = [str(folder / "videos" / f"{video}.mp4") for video in videos.video]
        videos["fps"] = settings["fps"]
        annotations: Path | None = folder / "annotations.csv"
    elif name == "sheet":
        sheets = config["sheet"]
        videos, labels = read_sheets(sheets["videos"], sheets["annotations"])
        annotations = None if labels is None else Path(sheets["annotations"])
    else:
        raise InputError(f"config: corpora: no corpus {name!r}; there are demo and sheet")
    held_out = {}
    if annotations is not None:
        evaluation = config["evaluation"]
        held_out = folds(videos.subject, evaluation["folds"], evaluation["fold_seed"])
    return Corpus(name, videos.set_index("video", drop=False), annotations, held_out)

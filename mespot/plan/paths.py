"""Where the artefacts of a run lie, relative to the folder it is started in.

Every argument may be a wildcard of a rule as well: `spotter("{corpus}", "{method}", "{fold}")`.
"""

from mespot.corpora.kinds import MOTIONS

METRICS = "results/metrics.csv"
COMPARISON = "results/comparison.csv"
ABLATION = "results/ablation.csv"
OVERVIEW = "results/overview.html"
ABLATION_FIGURE = "results/figures/ablation"
MODEL = "results/model.pt"
WARNINGS = "results/logs/warnings.txt"
LANDMARKER = "results/resources/face_landmarker.task"
FIGURE_ENDS = ("png", "pdf")


def of_video(kind: str, corpus: str, video: str) -> str:
    """The artefact of one recording: `landmarks`, `frames` or `flow`."""
    return f"results/{corpus}/{kind}/{video}.h5"


def labels(corpus: str) -> str:
    """The labels of a corpus, placed on working frames."""
    return f"results/{corpus}/labels.csv"


def encoder(corpus: str, encoder: str, fold: str, stream: str) -> str:
    """The pretrained network of one stream."""
    return f"results/{corpus}/encoders/{encoder}/{fold}/{stream}.pt"


def features(corpus: str, encoder: str, fold: str, stream: str) -> str:
    """What that network gives for every frame of the corpus."""
    return f"results/{corpus}/features/{encoder}/{fold}/{stream}.h5"


def spotter(corpus: str, method: str, fold: str) -> str:
    """The trained spotter of a method."""
    return f"results/{corpus}/spotters/{method}/{fold}.pt"


def scores(corpus: str, method: str, fold: str) -> str:
    """The score curves of the fold's test videos."""
    return f"results/{corpus}/scores/{method}/{fold}.h5"


def table(kind: str, corpus: str, method: str, fold: str) -> str:
    """The `intervals` or `candidates` of the fold's test videos."""
    return f"results/{corpus}/{kind}/{method}/{fold}.csv"


def metrics(corpus: str) -> str:
    """The scores of all methods on one corpus."""
    return f"results/{corpus}/metrics.csv"


def summary(corpus: str) -> str:
    """What was odd in the recordings of one corpus, and how much was spotted in them."""
    return f"results/{corpus}/summary.csv"


def submission(corpus: str, method: str) -> str:
    """A method's intervals in the form of the challenges."""
    return f"results/{corpus}/submissions/{method}.csv"


def review(corpus: str, video: str) -> str:
    """The page on which an expert reviews a video."""
    return f"results/{corpus}/review/{video}.html"


def figure(corpus: str, name: str) -> list[str]:
    """A figure as PNG and as PDF."""
    return [f"results/{corpus}/figures/{name}.{end}" for end in FIGURE_ENDS]


# Folder of results/{corpus} -> the rule that makes what is in it, and the wildcards of its path.
_MAKERS = {
    "landmarks": ("track_face", ("video",)),
    "frames": ("crop_frames", ("video",)),
    "flow": ("optical_flow", ("video",)),
    "encoders": ("pretrain", ("encoder", "fold", "stream")),
    "features": ("extract_features", ("encoder", "fold", "stream")),
    "spotters": ("train_spotter", ("method", "fold")),
    "scores": ("spot", ("method", "fold")),
    "intervals": ("spot", ("method", "fold")),
    "candidates": ("spot", ("method", "fold")),
    "labels": ("label_frames", ()),
    "metrics": ("score", ()),
    "summary": ("summarise", ()),
}


def maker(path: str) -> tuple[str, dict[str, str]] | None:
    """The rule that makes an artefact and its wildcards; None for what rests on nothing else."""
    root, corpus, *rest = path.split("/")
    if root != "results" or not rest:
        return None
    kind, *words = "/".join(rest).rsplit(".", 1)[0].split("/")
    if kind not in _MAKERS:
        return None
    rule, names = _MAKERS[kind]
    if len(words) != len(names):  # a file of the user
        return None
    if corpus in MOTIONS and kind == "flow":
        rule = "import_motion"
    return rule, {"corpus": corpus, **dict(zip(names, words, strict=True))}

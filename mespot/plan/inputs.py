"""The files that the job of a rule reads, a function of the rule's name each: {input: path(s)}.

Here it is decided who is trained on whom: training jobs get the files of their fold's training
subjects, spotting jobs those of its test subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from mespot.config import for_corpus
from mespot.corpora import ALL, fold_from
from mespot.plan import paths
from mespot.plan.checks import check_along, check_scored
from mespot.plan.model import model_of
from mespot.plan.run import Plan
from mespot.streams import SOURCES, STREAMS

Inputs = dict[str, str | list[str]]


def label_frames(plan: Plan, corpus: str) -> Inputs:
    """The sheet or workbooks, and all tracked recordings; their motion where there is no video.

    Annotation tools give times of the video, so the recordings themselves say which frames these
    are.
    """
    planned = plan.corpora[corpus]
    timed = planned.corpus.timed
    return {
        "annotations": [str(path) for path in planned.corpus.annotations or []],
        "landmarks": of_videos(plan, "landmarks", corpus) if planned.has_faces else [],
        "flow": [] if planned.has_faces else of_videos(plan, "flow", corpus),
        "sources": [str(path) for path in planned.corpus.videos["path"]] if timed else [],
    }


def import_motion(plan: Plan, corpus: str, video: str) -> Inputs:
    """The series of a recording, and the names of its regions where it does not say them."""
    source = str(plan.corpora[corpus].corpus.videos.path[video])
    regions = plan.corpora[corpus].corpus.regions
    named = regions is not None and not source.endswith(".h5")
    return {"source": source, "regions": str(regions) if named else []}


def track_face(plan: Plan, corpus: str, video: str) -> Inputs:
    """The recording; the model that finds faces is the same for all."""
    return {"source": str(plan.corpora[corpus].corpus.videos.path[video])}


def crop_frames(plan: Plan, corpus: str, video: str) -> Inputs:
    """The recording, and where the face is in it."""
    landmarks = paths.of_video("landmarks", corpus, video)
    return {**track_face(plan, corpus, video), "landmarks": landmarks}


def optical_flow(plan: Plan, corpus: str, video: str) -> Inputs:
    """The aligned face, and the landmarks."""
    landmarks = paths.of_video("landmarks", corpus, video)
    return {**_faces(plan, corpus, video), "landmarks": landmarks}


def pretrain(plan: Plan, corpus: str, encoder: str, fold: str, stream: str) -> Inputs:
    """Training subjects of the fold, and all of the corpora that the recipe adds."""
    videos = plan.pretraining_videos(corpus, encoder, fold)
    return {"sources": [paths.of_video(SOURCES[stream], name, video) for name, video in videos]}


def extract_features(plan: Plan, corpus: str, encoder: str, fold: str, stream: str) -> Inputs:
    """The encoder, and every video of the corpus."""
    networks_of, networks_fold = plan.corpora[corpus].networks_place(fold)
    return {
        "encoder": paths.encoder(networks_of, encoder, networks_fold, stream),
        "sources": of_videos(plan, SOURCES[stream], corpus),
        "frames": of_videos(plan, "frames", corpus),
    }


def train_spotter(plan: Plan, corpus: str, method: str, fold: str) -> Inputs:
    """Motion, features and labels of the fold's training subjects, and of all companions."""
    videos = plan.corpora[corpus].corpus.training_videos(fold)
    inputs: Inputs = {
        "labels": paths.labels(corpus),
        "undecided": _undecided(plan, corpus),
        **_recordings(plan, corpus, method, fold, videos, features=True),
    }
    if plan.learns_encoders(method):
        inputs["frames"] = of_videos(plan, "frames", corpus, videos)
        for stream in plan.methods[method]["streams"]:
            encoder = plan.encoder_of(method, stream)
            of_fold = plan.encoder_fold(corpus, encoder, fold)
            inputs[f"{stream}_encoder"] = paths.encoder(corpus, encoder, of_fold, stream)
    for companion in plan.companions(corpus, method):
        for kind, files in _companion(plan, corpus, method, fold, companion).items():
            inputs[f"{companion}_{kind}"] = files
    return inputs


def spot(plan: Plan, corpus: str, method: str, fold: str) -> Inputs:
    """Motion and features of the fold's test subjects, and the spotters that never saw them."""
    videos = plan.corpora[corpus].corpus.test_videos(fold)
    # A spotter with encoders of its own reads the videos, not the features of others.
    own_encoders = plan.learns_encoders(method)
    inputs = _recordings(plan, corpus, method, fold, videos, features=not own_encoders)
    if own_encoders:
        inputs["frames"] = of_videos(plan, "frames", corpus, videos)
    if plan.learns(method):
        networks_of, networks_fold = plan.corpora[corpus].networks_place(fold)
        inputs["spotter"] = paths.spotter(networks_of, method, networks_fold)
        partner = plan.partner_of(method)
        if partner:
            inputs["partner"] = paths.spotter(networks_of, partner, networks_fold)
    return inputs


def make_model(plan: Plan) -> Inputs:
    """The spotter that holds nobody out, and its partner if it has one."""
    corpus, method = model_of(plan.config, plan.corpora)
    check_along(plan.corpora, corpus, plan.companions(corpus, method))
    names = {"spotter": method, "partner": plan.partner_of(method)}
    return {kind: paths.spotter(corpus, name, ALL) for kind, name in names.items() if name}


def score(plan: Plan, corpus: str) -> Inputs:
    """Labels, and what every method spotted."""
    check_scored(plan.corpora[corpus])
    return {
        "labels": labels_of(plan, corpus),
        "intervals": of_all_methods(plan, "intervals", corpus),
        "candidates": of_all_methods(plan, "candidates", corpus),
    }


def summarise(plan: Plan, corpus: str) -> Inputs:
    """All recordings, tracked and aligned, or their motion, and what every method spotted."""
    planned = plan.corpora[corpus]
    return {
        "frames": of_videos(plan, "frames", corpus) if planned.has_faces else [],
        "landmarks": of_videos(plan, "landmarks", corpus) if planned.has_faces else [],
        "flow": [] if planned.has_faces else of_videos(plan, "flow", corpus),
        "intervals": of_all_methods(plan, "intervals", corpus) if planned.spotted else [],
    }


def write_submission(plan: Plan, corpus: str, method: str) -> Inputs:
    """The intervals of one method."""
    return {"intervals": of_method(plan, "intervals", corpus, method)}


def plot_timeline(plan: Plan, corpus: str, video: str) -> Inputs:
    """What is drawn of one video: scores of one method, intervals of all, labels and faces.

    Where there are no faces, the motion says when a frame was.
    """
    flow = {"flow": paths.of_video("flow", corpus, video)}
    shown = timeline_method(plan, corpus)
    folds = {name: plan.fold_of_video(corpus, name, video) for name in plan.methods_of(corpus)}
    return {
        "scores": paths.scores(corpus, shown, folds[shown]),
        "intervals": [paths.table("intervals", corpus, name, fold) for name, fold in folds.items()],
        "labels": labels_of(plan, corpus),
        **(_faces(plan, corpus, video) if plan.corpora[corpus].has_faces else flow),
    }


def write_review(plan: Plan, corpus: str, video: str) -> Inputs:
    """What one method spotted in a video, the motion, and the faces where there are any."""
    shown = timeline_method(plan, corpus)
    fold = plan.fold_of_video(corpus, shown, video)
    inputs: Inputs = {
        "scores": paths.scores(corpus, shown, fold),
        "intervals": paths.table("intervals", corpus, shown, fold),
        "candidates": paths.table("candidates", corpus, shown, fold),
        "flow": paths.of_video("flow", corpus, video),
    }
    if plan.corpora[corpus].has_faces:
        inputs |= _faces(plan, corpus, video)
    return inputs


def plot_losses(plan: Plan, corpus: str, encoder: str) -> Inputs:
    """The checkpoints of all folds and streams."""
    folds = plan.folds_of_encoder(corpus, encoder)
    return {
        "checkpoints": [
            paths.encoder(corpus, encoder, fold, stream) for stream in STREAMS for fold in folds
        ]
    }


def plot_reconstruction(plan: Plan, corpus: str, encoder: str, stream: str) -> Inputs:
    """The network of the first fold, and some of the videos that it tests."""
    fold = plan.folds_of_encoder(corpus, encoder)[0]
    videos = plan.corpora[corpus].corpus.test_videos(fold)[:8]
    return {
        "encoder": paths.encoder(corpus, encoder, fold, stream),
        "flow": of_videos(plan, "flow", corpus, videos),
        "frames": of_videos(plan, "frames", corpus, videos),
        "labels": labels_of(plan, corpus),
    }


def plot_responses(plan: Plan, corpus: str, encoder: str) -> Inputs:
    """The features of all folds and streams, and motion and labels of every video."""
    folds = plan.folds_of_encoder(corpus, encoder)
    return {
        "features": [
            paths.features(corpus, encoder, fold, stream) for stream in STREAMS for fold in folds
        ],
        "flow": of_videos(plan, "flow", corpus),
        "labels": labels_of(plan, corpus),
    }


def join_metrics(plan: Plan) -> Inputs:
    """The metrics of all corpora, in the order of the config.

    The summaries are not read. Whoever asks for the scores gets to know what was odd, too.
    """
    return {
        "metrics": [paths.metrics(corpus) for corpus in plan.spotted],
        "summaries": [paths.summary(corpus) for corpus in plan.spotted],
    }


def compare_methods(plan: Plan) -> Inputs:
    """The intervals of all methods, where there are labels or not."""
    for corpus in plan.scored:
        check_scored(plan.corpora[corpus])
    return {
        "labels": [paths.labels(corpus) for corpus in plan.scored],
        "intervals": [p for c in plan.spotted for p in of_all_methods(plan, "intervals", c)],
    }


def ablate(plan: Plan) -> Inputs:
    """The intervals of every run of the ablation's methods, where there are labels."""
    for corpus in plan.ablated:
        check_scored(plan.corpora[corpus])
    runs = [(c, name) for c in plan.ablated for name in chain(*plan.ablation_runs(c).values())]
    return {
        "labels": [paths.labels(corpus) for corpus in plan.ablated],
        "intervals": [p for c, name in runs for p in of_method(plan, "intervals", c, name)],
    }


# -------------------------------------------------------------------------- parts of the above


def of_videos(plan: Plan, kind: str, corpus: str, videos: Sequence[str] | None = None) -> list[str]:
    """An artefact of the given videos of a corpus, or of all."""
    chosen = plan.corpora[corpus].videos if videos is None else videos
    return [paths.of_video(kind, corpus, video) for video in chosen]


def _faces(plan: Plan, corpus: str, video: str) -> Inputs:
    """Where the aligned face is in the recording; the recording, unless whole crops are kept."""
    crop = for_corpus(plan.config, corpus)["crop"]
    recording = {} if crop["kept"] == crop["size"] else track_face(plan, corpus, video)
    return {**recording, "frames": paths.of_video("frames", corpus, video)}


def labels_of(plan: Plan, corpus: str) -> str | list[str]:
    """The labels of a corpus; an empty list, which is no input, where it has none."""
    return paths.labels(corpus) if plan.corpora[corpus].labelled else []


def of_method(plan: Plan, kind: str, corpus: str, method: str) -> list[str]:
    """The tables of a kind (`intervals`, `candidates`) of a method, one a fold."""
    folds = plan.folds_of_method(corpus, method)
    return [paths.table(kind, corpus, method, fold) for fold in folds]


def of_all_methods(plan: Plan, kind: str, corpus: str) -> list[str]:
    """The same of all methods of the main run."""
    methods = plan.methods_of(corpus)
    return [path for method in methods for path in of_method(plan, kind, corpus, method)]


def timeline_method(plan: Plan, corpus: str) -> str:
    """The method whose scores and faces a timeline shows."""
    shown = plan.method_on(corpus, plan.config["figures"]["method"])
    return plan.preferred(shown, plan.methods_of(corpus))


def _undecided(plan: Plan, corpus: str) -> str | list[str]:
    """The sheet of the stretches that nobody has decided on; none where there are none."""
    undecided = plan.corpora[corpus].corpus.undecided
    return [] if undecided is None else str(undecided)


def _recordings(
    plan: Plan, corpus: str, method: str, fold: str, videos: Sequence[str], *, features: bool
) -> Inputs:
    """Motion of the given videos and the features that the method reads."""
    inputs: Inputs = {"flow": of_videos(plan, "flow", corpus, videos)}
    for stream in plan.methods[method].get("streams", []) if features else []:
        encoder = plan.encoder_of(method, stream)
        of_fold = plan.encoder_fold(corpus, encoder, fold)
        inputs[f"{stream}_features"] = paths.features(corpus, encoder, of_fold, stream)
    return inputs


def _companion(plan: Plan, corpus: str, method: str, fold: str, companion: str) -> Inputs:
    """What a spotter of `corpus` reads of a corpus that it is trained along with: everything.

    Features are those of the encoders that the fold itself is trained on.
    """
    inputs: Inputs = {
        "flow": of_videos(plan, "flow", companion),
        "labels": paths.labels(companion),
        "undecided": _undecided(plan, companion),
    }
    for stream in plan.methods[method]["streams"]:
        encoder = plan.encoder_of(method, stream)
        of_fold = fold_from(corpus, plan.encoder_fold(corpus, encoder, fold))
        inputs[f"{stream}_features"] = paths.features(companion, encoder, of_fold, stream)
    if plan.learns_encoders(method):
        inputs["frames"] = of_videos(plan, "frames", companion)
    return inputs

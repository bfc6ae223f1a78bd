"""Encoders and methods as the jobs know them: config.yaml's, the ablation's, each at every seed.

At another seed an encoder or a method counts as one of its own, with the seed in its name. Its
files lie next to those of the main run, and two rows of the ablation share whatever both read.
"""

from collections.abc import Mapping
from typing import Any

from mespot.config import for_corpus
from mespot.plan.recipes import of_encoder
from mespot.streams import STREAMS


def all_encoders(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Recipes by name, in the form of the section `encoders`: its own first, then the ablation's,
    then both at each seed of the ablation."""
    known = {**config["encoders"], **config["ablation"]["encoders"]}
    seeded = {
        seeded_name(name, seed): {**recipe, "settings": {**recipe["settings"], "seed": seed}}
        for name, recipe in known.items()
        for seed in config["ablation"]["seeds"]
    }
    return {**known, **seeded}


def all_methods(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same of methods. One at a seed has the key `seed`, of its spotter, and the encoder at
    that seed; a training-free one draws nothing and has no seeds."""
    known = _known_methods(config)
    seeded = {
        seeded_name(name, seed): _at(config, method, seed)
        for name, method in known.items()
        if method["kind"] == "learned"
        for seed in config["ablation"]["seeds"]
    }
    return {**known, **seeded}


def method_at(config: Mapping[str, Any], corpus: str, name: str, seed: int) -> str:
    """The name of the method `name`, trained on `corpus`, at a seed of the ablation.

    It is the plain name where nothing would differ: the main run's files are this seed's.
    """
    method = _known_methods(config)[name]
    if method["kind"] == "training_free":
        return name
    same_spotter = for_corpus(config, corpus)["spotting"]["seed"] == seed
    encoder = method.get("encoder")
    same_encoder = encoder is None or encoder_at(config, encoder, seed) == encoder
    return name if same_spotter and same_encoder else seeded_name(name, seed)


def encoder_at(config: Mapping[str, Any], name: str, seed: int) -> str:
    """The name of the encoder `name` at a seed; the plain one where it is the recipe's own seed."""
    recipe = {**config["encoders"], **config["ablation"]["encoders"]}[name]
    own = recipe["settings"].get("seed", config["pretrain"]["seed"])
    return name if seed == own else seeded_name(name, seed)


def shared_encoders(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """For each stream {encoder: the first one that gives the same network of it}.

    Recipes with identical settings for a stream share one network: one that changes only what the
    face's network reads has the flow of the recipe that it departs from.
    """
    return {stream: _first_alike(config, stream) for stream in STREAMS}


def _first_alike(config: Mapping[str, Any], stream: str) -> dict[str, str]:
    firsts: dict[str, str] = {}
    shared = {}
    for name, recipe in all_encoders(config).items():
        corpora = recipe["settings"].get("corpora", config["pretrain"]["corpora"])
        settings = of_encoder(config["pretrain"], recipe, stream)
        key = repr((recipe["pretraining"], corpora, sorted(settings.items())))
        shared[name] = firsts.setdefault(key, name)
    return shared


def seeded_name(name: str, seed: int) -> str:
    return f"{name}-seed{seed}"


def _known_methods(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {**config["methods"], **config["ablation"]["methods"]}


def _at(config: Mapping[str, Any], method: dict[str, Any], seed: int) -> dict[str, Any]:
    changed = {**method, "seed": seed}
    if "encoder" in method:
        changed["encoder"] = encoder_at(config, method["encoder"], seed)
    if "ensemble_partner" in method:
        changed["ensemble_partner"] = seeded_name(method["ensemble_partner"], seed)
    return changed

"""Encoders and methods as the jobs know them: config.yaml's, the ablation's, each with every set of
companions that it is trained along with, and each of these at every seed.

With companions or at another seed an encoder or a method counts as one of its own, with both in its
name: `learned+samm_lv-seed2`. Its files lie next to those of the main run, and two rows of the
ablation share whatever both read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mespot.config import for_corpus
from mespot.corpora.companions import companions_of
from mespot.plan.recipes import of_encoder
from mespot.streams import STREAMS


def all_encoders(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Recipes by name, in the form of the section `encoders`: its own first, then the ablation's,
    those with companions, then all of them at each seed of the ablation. The key `with` has the
    companions that are pretrained on, in addition to the corpora of the recipe."""
    known = _known_encoders(config)
    seeded = {
        seeded_name(name, seed): {**recipe, "settings": {**recipe["settings"], "seed": seed}}
        for name, recipe in known.items()
        for seed in config["ablation"]["seeds"]
    }
    return {**known, **seeded}


def all_methods(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same of methods. One at a seed has the key `seed`, of its spotter, and the encoder at
    that seed; a training-free one draws nothing and has no seeds. The key `with` is there only
    where there are companions; encoder and partner are then those with the same companions."""
    known = _known_methods(config)
    seeded = {
        seeded_name(name, seed): _at(config, method, seed)
        for name, method in known.items()
        if method["kind"] == "learned"
        for seed in config["ablation"]["seeds"]
    }
    return {**known, **seeded}


def along(
    config: Mapping[str, Any], name: str, companions: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """A method of config.yaml with other companions than its own, and its partner with the same, by
    their names; see `all_methods`."""
    own = _configured(config, "methods")
    names = [name, own[name].get("ensemble_partner", name)]
    return {
        together(one, companions): _with(config, own[one], companions) if companions else own[one]
        for one in names
    }


def method_on(config: Mapping[str, Any], corpus: str, name: str) -> str:
    """The name on a corpus of a method of config.yaml: `learned+samm_lv`, or its own name where it
    has no companions there."""
    return together(name, companions_of(config, corpus, _configured(config, "methods")[name]))


def method_at(config: Mapping[str, Any], corpus: str, name: str, seed: int) -> str:
    """The name of a method, trained on `corpus`, at a seed of the ablation.

    name: as `method_on` gives it. It is kept where nothing would differ: the main run's files are
    this seed's.
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
    recipe = _known_encoders(config)[name]
    own = recipe["settings"].get("seed", config["pretrain"]["seed"])
    return name if seed == own else seeded_name(name, seed)


def shared_encoders(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """For each stream {encoder: the first one that gives the same network of it}.

    Recipes with identical settings for a stream share one network: one that changes only what the
    face's network reads has the flow of the recipe that it departs from.
    """
    return {stream: _first_alike(config, stream) for stream in STREAMS}


def corpora_added(config: Mapping[str, Any], recipe: Mapping[str, Any]) -> list[str]:
    """Corpora that a recipe of `all_encoders` names in addition to the training subjects."""
    named = recipe["settings"].get("corpora", config["pretrain"]["corpora"])
    return list(dict.fromkeys([*named, *recipe.get("with", [])]))


def _first_alike(config: Mapping[str, Any], stream: str) -> dict[str, str]:
    firsts: dict[str, str] = {}
    shared = {}
    for name, recipe in all_encoders(config).items():
        settings = of_encoder(config["pretrain"], recipe, stream)
        added = corpora_added(config, recipe)
        key = repr((recipe["pretraining"], added, sorted(settings.items())))
        shared[name] = firsts.setdefault(key, name)
    return shared


def seeded_name(name: str, seed: int) -> str:
    return f"{name}-seed{seed}"


def together(name: str, companions: Sequence[str]) -> str:
    """The name with its companions. No name in config.yaml has a +."""
    return "+".join([name, *companions])


def _configured(config: Mapping[str, Any], section: str) -> dict[str, dict[str, Any]]:
    return {**config[section], **config["ablation"][section]}


def _known_methods(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    configured = _configured(config, "methods")
    known = {
        name: {key: value for key, value in method.items() if key != "with"}
        for name, method in configured.items()
    }
    for name, companions in _along(config):
        known[together(name, companions)] = _with(config, known[name], companions)
    return known


def _known_encoders(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    known = _configured(config, "encoders")
    methods = _configured(config, "methods")
    for name, companions in _along(config):
        if encoder := methods[name].get("encoder"):
            new = _new_to(config, encoder, companions)
            if new:
                known[together(encoder, new)] = {**known[encoder], "with": list(new)}
    return known


def _along(config: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(method, companions) of all that is trained along with others, on any corpus of the run.

    The partner of a method has the companions of the method: they are one method.
    """
    for name, method in _configured(config, "methods").items():
        for corpus in config["corpora"]:
            companions = companions_of(config, corpus, method)
            if companions:
                yield name, companions
                if "ensemble_partner" in method:
                    yield method["ensemble_partner"], companions


def _with(
    config: Mapping[str, Any], method: Mapping[str, Any], companions: Sequence[str]
) -> dict[str, Any]:
    changed = {**method, "with": list(companions)}
    if "encoder" in method:
        new = _new_to(config, method["encoder"], companions)
        changed["encoder"] = together(method["encoder"], new)
    if "ensemble_partner" in method:
        changed["ensemble_partner"] = together(method["ensemble_partner"], companions)
    return changed


def _new_to(config: Mapping[str, Any], encoder: str, companions: Sequence[str]) -> list[str]:
    """Companions that change an encoder: none that it learns from anyway, none where it does not
    learn."""
    recipe = _configured(config, "encoders")[encoder]
    if recipe["pretraining"] == "none":
        return []
    anyway = corpora_added(config, recipe)
    return [name for name in companions if name not in anyway]


def _at(config: Mapping[str, Any], method: dict[str, Any], seed: int) -> dict[str, Any]:
    changed = {**method, "seed": seed}
    if "encoder" in method:
        changed["encoder"] = encoder_at(config, method["encoder"], seed)
    if "ensemble_partner" in method:
        changed["ensemble_partner"] = seeded_name(method["ensemble_partner"], seed)
    return changed

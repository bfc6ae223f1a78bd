"""config.yaml: read, checked against its schema, with every mistake named by its key."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from mespot import config_files
from mespot.corpora.companions import companions
from mespot.corpora.kinds import MOTIONS
from mespot.errors import InputError

SCHEMA = Path(__file__).parent / "schemas" / "config.schema.yaml"

# Keys and values of earlier versions, and what became of them.
RENAMED = {
    "averaged_with": "it is now called `ensemble_partner`",
    "snapshots": "there is no such setting any more; remove the line",
    "tolerance": "thresholds are now chosen by a fit; remove the line",
    "p": "it is now called `least_motion`, and is in other units",
    "displacement": "there is no such target any more",
}


def load(path: str | Path, *more: str | Path) -> dict[str, Any]:
    """Read and check a config file, with the keys of `more` files put over it one after the other,
    as `snakemake --configfile` does. Raises InputError naming the file and the key."""
    config = config_files.read(path)
    for other in more:
        changes = config_files.read(other)
        for file, content in ((path, config), (other, changes)):
            if not isinstance(content, Mapping):
                raise InputError(f"{file}: has no keys; write them as in the project's config.yaml")
        config = _over(config, changes)
    check(config, " + ".join(str(p) for p in (path, *more)))
    return config


def check(config: Any, source: str = "config") -> None:
    """Refuse unknown, missing and ill-typed keys and names that refer to nothing.

    Raises InputError that lists every mistake, a line each, as `source: section.key: what`.
    """
    lines = list(config_files.not_finite(config))
    lines += [] if lines else [_explain(error) for error in _errors(schema(), config)]
    if not lines:
        lines = _check_references(config)
    if lines:
        raise InputError("\n".join(f"{source}: {line}" for line in sorted(set(lines))))


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of config.yaml."""
    return yaml.load(SCHEMA.read_text(encoding="utf-8"), config_files.LOADER)


def _errors(wanted: dict[str, Any], given: Any) -> Iterable[ValidationError]:
    return Draft202012Validator(wanted).iter_errors(given)


def changed(config: Mapping[str, Any], changes: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The config with other values put over it, checked. source: for messages. Raises InputError as
    `check` does."""
    own = _over(config, changes)
    check(own, source)
    return own


def for_corpus(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The config as it holds for one corpus: with the `settings` of its section put over it."""
    return _over(config, config[name].get("settings", {}))


def loader_settings(corpus: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the loader of a real corpus: its defaults with what is given put over them.

    The defaults are those of the schema; a test holds config.yaml to them. Raises InputError for an
    unknown key and a value that is not allowed.
    """
    section = schema()["properties"][corpus]
    own = {key: rules for key, rules in section["properties"].items() if "default" in rules}
    settings = {**{key: rules["default"] for key, rules in own.items()}, **given}
    only_own = {**schema(), "properties": own, "required": []}
    lines = [_explain(error) for error in _errors(only_own, settings)]
    if lines:
        raise InputError("\n".join(f"{corpus}.{line}" for line in sorted(set(lines))))
    return settings


def _over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = _over(old, value)
        merged[key] = value
    return merged


# ---------------------------------------------------------------- what the schema says


def _described(branch: Mapping[str, Any]) -> str:
    """One of several forms that a value may have; empty for a form of many parts."""
    if "const" in branch:
        return str(branch["const"])
    if branch.get("type") == "integer":
        least = branch.get("minimum")
        return "a whole number" + ("" if least is None else f" from {least}")
    return {"null": "null", "number": "a number", "boolean": "true or false"}.get(
        str(branch.get("type")), ""
    )


def _explain(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    allowed: Any = error.validator_value
    given: Any = error.instance
    prefix = f"{where}." if where else ""
    if error.validator == "additionalProperties" and isinstance(given, Mapping):
        wanted: Any = error.schema
        known = list(wanted.get("properties", {}))
        unknown = [str(key) for key in given if key not in known]
        return "; ".join(f"{prefix}{key}: unknown key; {_instead(key, known)}" for key in unknown)
    if error.validator == "required":
        missing = [key for key in allowed if key not in given]
        return f"{prefix}{', '.join(missing)}: missing; copy it from the project's config.yaml"
    if error.validator in ("oneOf", "anyOf") and error.context:
        # Each branch failed; the one of the kind that is named, or that got furthest, was meant.
        others = {inner.schema_path[0] for inner in error.context if inner.validator == "const"}
        meant = [inner for inner in error.context if inner.schema_path[0] not in others]
        best = max(meant or error.context, key=lambda inner: len(inner.absolute_path))
        named = others and meant and isinstance(given, Mapping)
        if named or len(best.absolute_path) > len(error.absolute_path):
            return _explain(best)
        if isinstance(given, Mapping):
            return f"{where}: {given} has another form; write it as in the project's config.yaml"
        choices = [_described(branch) for branch in allowed]
        if all(choices):
            return f"{where}: {given!r} is not allowed; use {' or '.join(choices)}"
    if error.validator == "contains":
        return f"{where}: {given} must contain {allowed['const']}"
    if error.validator == "enum":
        became = f"; {RENAMED[given]}" if isinstance(given, str) and given in RENAMED else ""
        values = ", ".join("null" if value is None else str(value) for value in allowed)
        return f"{where}: {given!r} is not allowed{became}; use one of {values}"
    if error.validator == "pattern" and allowed == schema()["$defs"]["name"]["pattern"]:
        return f"{where}: {given!r} is not allowed as a name; use letters, digits, '_' and '-'"
    if error.validator == "pattern" and isinstance(error.schema, Mapping):
        wanted = error.schema.get("description", f"of the form {allowed}")
        return f"{where}: {given!r} is not {wanted}; correct it"
    if error.validator == "maxLength":
        text = f"has {len(given)} characters, and file names have room for {allowed}; shorten it"
        return f"{where}: {given!r} {text}"
    return f"{where or 'top level'}: {error.message}"


def _instead(key: str, known: list[str]) -> str:
    """What to write in place of an unknown key."""
    if key in RENAMED:
        return RENAMED[key]
    close = difflib.get_close_matches(key, known, n=1)
    return (
        f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known) or 'none'}"
    )


# ---------------------------------------------------------------- names that refer to others


def _check_references(config: Mapping[str, Any]) -> list[str]:
    methods = config["methods"]
    lines = _check_methods("methods", methods, config["encoders"], "encoders", methods)
    lines += _check_ablation(config)
    lines += _check_corpora(config)
    lines += _check_evaluation(config)
    if not any(method["kind"] == "training_free" for method in methods.values()):
        lines.append("methods: none is training_free; add one, for corpora without labels")
    for section in ("encoders", "methods"):
        lines += _check_case(section, [*config[section], *config["ablation"][section]])
    method = config["figures"]["method"]
    if method not in methods:
        lines.append(_not_in("figures.method", method, "methods"))
    lines += _check_model(config["model"]["method"], methods)
    return lines


def _check_case(section: str, names: Iterable[str]) -> list[str]:
    """Names of which folders are made, and which are one on many disks."""
    first: dict[str, str] = {}
    pairs = [(name, first.setdefault(name.lower(), name)) for name in names]
    return [
        f"{section}.{name}: differs from {same} in the case of letters only; rename one"
        for name, same in pairs
        if name != same
    ]


def _not_in(key: str, name: str, section: str) -> str:
    return f"{key}: {name!r} is not in {section}; add it there or name another"


def _check_corpora(config: Mapping[str, Any]) -> list[str]:
    recipes = {"pretrain": config["pretrain"]}
    for where, encoders in (
        ("encoders", config["encoders"]),
        ("ablation.encoders", config["ablation"]["encoders"]),
    ):
        for name, encoder in encoders.items():
            recipes[f"{where}.{name}.settings"] = encoder["settings"]
    named = {**companions(config), **{name: "corpora" for name in config["corpora"]}}
    for where, recipe in recipes.items():
        named |= {name: f"{where}.corpora" for name in recipe.get("corpora", [])}
    lines = [
        f"{where}.corpora: {name} has no faces, so no encoder can learn from it; remove it"
        for where, recipe in recipes.items()
        for name in recipe.get("corpora", [])
        if name in MOTIONS
    ]
    for name, where in named.items():
        key = "videos" if name in ("sheet", "unlabelled") else "root"
        given = config[name].get(key) or (name in MOTIONS and config[name]["videos"])
        if name != "demo" and not given:
            what = "sheet" if key == "videos" else "folder"
            lines.append(f"{name}.{key}: missing, but {where} names {name}; give its {what}")
        lines += _check_overrides(config, name) or _check_kept(config, name, recipes)
    return lines


def _check_kept(
    config: Mapping[str, Any], corpus: str, recipes: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Mistakes in the size of the pictures that are kept of a corpus. recipes: of pretraining."""
    crop = for_corpus(config, corpus)["crop"]
    own = "crop" in config[corpus].get("settings", {})
    where = f"{corpus}.settings.crop.kept" if own else "crop.kept"
    least = max(recipe.get("input_size", 0) for recipe in recipes.values())
    if crop["kept"] > crop["size"]:
        return [f"{where}: {crop['kept']} is more than crop.size, {crop['size']}; lower it"]
    if crop["kept"] < least:
        return [f"{where}: {crop['kept']} is less than pretrain.input_size, {least}; raise it"]
    return []


def _check_overrides(config: Mapping[str, Any], name: str) -> list[str]:
    """Mistakes in the settings of a corpus, which are looked at where they belong."""
    if not config[name].get("settings"):
        return []
    errors = _errors(schema(), for_corpus(config, name))
    return [f"{name}.settings.{_explain(error)}" for error in errors]


def _check_evaluation(config: Mapping[str, Any]) -> list[str]:
    evaluation = config["evaluation"]
    train, test = evaluation["train"], evaluation["test"]
    if (train is None) != (test is None):
        return ["evaluation: set both `train` and `test`, or neither"]
    if train is None:
        return []
    if train == test:
        return ["evaluation.test: the same corpus as evaluation.train; leave both null for one"]
    sides = (("train", train), ("test", test))
    named = config["corpora"]
    lines = [
        _not_in(f"evaluation.{key}", name, "corpora") for key, name in sides if name not in named
    ]
    # What is tested on must not train along, and nothing else has a name for such networks.
    return lines + [
        f"{key}: {name} cannot train along where evaluation.train and test name two corpora;"
        " remove one of the settings"
        for name, key in companions(config).items()
    ]


def _check_methods(
    where: str,
    methods: Mapping[str, Any],
    encoders: Mapping[str, Any],
    known: str,
    reachable: Mapping[str, Any],
) -> list[str]:
    lines = []
    for name, method in methods.items():
        encoder = method.get("encoder")
        if encoder is not None and encoder not in encoders:
            lines.append(_not_in(f"{where}.{name}.encoder", encoder, known))
        if method["kind"] == "learned":
            lines += _check_learned(f"{where}.{name}", method)
            if "ensemble_partner" in method:
                lines += _check_partner(f"{where}.{name}.ensemble_partner", method, reachable)
    return lines


def _check_learned(where: str, method: Mapping[str, Any]) -> list[str]:
    lines = []
    if bool(method["streams"]) != ("encoder" in method):
        lines.append(f"{where}: set both `encoder` and `streams`, or neither")
    if method.get("encoder_training") == "joint" and not method["streams"]:
        lines.append(f"{where}.encoder_training: `joint` needs `streams`; set them or write frozen")
    if method["streams"]:
        lines += [
            f"{where}.with: {name} has no faces, but the method reads `streams`; remove it"
            for name in method.get("with", [])
            if name in MOTIONS
        ]
    if method.get("network_pretraining") == "masked" and not method["regional_flow"]:
        lines.append(
            f"{where}.network_pretraining: `masked` hides regional motion; set `regional_flow: "
            "true` or write none"
        )
    if not method["streams"] and not method["regional_flow"]:
        lines.append(f"{where}: has no input; set `streams` or `regional_flow`")
    return lines


def _check_partner(key: str, method: Mapping[str, Any], reachable: Mapping[str, Any]) -> list[str]:
    name = method["ensemble_partner"]
    if name not in reachable:
        return [_not_in(key, name, "methods")]
    partner = reachable[name]
    if partner["kind"] != "learned" or partner["streams"] or "ensemble_partner" in partner:
        return [f"{key}: {name} cannot be a partner; name a learned method on regional_flow alone"]
    if not method["regional_flow"]:
        # The partner reads the same recordings, from which the motion would be missing.
        return [f"{key}: needs `regional_flow: true`; set it or remove the partner"]
    return []


def _check_model(name: str | None, methods: Mapping[str, Any]) -> list[str]:
    key = "model.method"
    if name is None:
        return []
    if name not in methods:
        return [_not_in(key, name, "methods") + ", or null for no model"]
    if methods[name]["kind"] != "learned":
        return [f"{key}: {name} learns nothing, so there is no model of it; name a learned method"]
    if methods[name]["streams"]:
        return [
            f"{key}: {name} reads `streams`, whose encoders are not part of the model; name a"
            " method with `streams: []` and `regional_flow: true`"
        ]
    return []


def _check_ablation(config: Mapping[str, Any]) -> list[str]:
    ablation, lines = config["ablation"], []
    for section in ("encoders", "methods"):
        for name in ablation[section]:
            if name in config[section]:
                lines.append(f"ablation.{section}.{name}: is in {section} too; rename it")
        known = {**config[section], **ablation[section]}
        # The names under which the ablation runs them at another seed.
        taken = {f"{name}-seed{seed}" for name in known for seed in ablation["seeds"]} & set(known)
        lines += [f"{section}.{name}: the ablation uses this name; rename it" for name in taken]
    encoders = {**config["encoders"], **ablation["encoders"]}
    methods = {**config["methods"], **ablation["methods"]}
    where = "encoders or ablation.encoders"
    lines += _check_methods("ablation.methods", ablation["methods"], encoders, where, methods)
    for group, names in ablation["rows"].items():
        missing = [name for name in names if name not in methods]
        key = f"ablation.rows.{group}"
        lines += [_not_in(key, name, "methods or ablation.methods") for name in missing]
    if not any(ablation["full"] in names for names in ablation["rows"].values()):
        lines.append(_not_in("ablation.full", ablation["full"], "any group of ablation.rows"))
    return lines

"""config.yaml: read, checked against its schema, with every mistake named by its key."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from mespot.errors import InputError

SCHEMA = Path(__file__).parent / "schemas" / "config.schema.yaml"


def load(path: str | Path, *more: str | Path) -> dict[str, Any]:
    """Read and check a config file, with the keys of `more` files put over it one after the other,
    as `snakemake --configfile` does. Raises InputError naming the file and the key."""
    config = _read(path)
    for other in more:
        changes = _read(other)
        if not (isinstance(config, Mapping) and isinstance(changes, Mapping)):
            raise InputError(f"{other}: has no keys to put over those of {path}")
        config = _over(config, changes)
    check(config, " + ".join(str(p) for p in (path, *more)))
    return config


def _read(path: str | Path) -> Any:
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: does not exist") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {error}") from error


def check(config: Any, source: str = "config") -> None:
    """Refuse unknown, missing and ill-typed keys and names that refer to nothing.

    Raises InputError that lists every mistake, a line each, as `source: section.key: what`.
    """
    validator = Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
    lines = [_explain(error) for error in validator.iter_errors(config)]
    if not lines:
        lines = _check_references(config)
    if lines:
        raise InputError("\n".join(f"{source}: {line}" for line in sorted(set(lines))))


def _explain(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    schema: Any = error.schema
    value: Any = error.validator_value
    given: Any = error.instance
    prefix = f"{where}." if where else ""
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = list(schema.get("properties", {}))
        unknown = [str(key) for key in error.instance if key not in known]
        return "; ".join(f"{prefix}{key}: unknown key{_nearest(key, known)}" for key in unknown)
    if error.validator == "required":
        missing = [key for key in value if key not in given]
        return f"{prefix}{', '.join(missing)}: missing; see the project's config.yaml"
    if error.validator in ("oneOf", "anyOf") and error.context:
        # Each branch failed; the one of the kind that is named, or that got furthest, was meant.
        others = {inner.schema_path[0] for inner in error.context if inner.validator == "const"}
        meant = [inner for inner in error.context if inner.schema_path[0] not in others]
        best = max(meant or error.context, key=lambda inner: len(inner.absolute_path))
        named = others and meant and isinstance(error.instance, Mapping)
        if named or len(best.absolute_path) > len(error.absolute_path):
            return _explain(best)
        if isinstance(error.instance, Mapping):
            return f"{where}: {error.instance} is none of the forms that config.yaml describes"
    if error.validator == "contains":
        return f"{where}: {error.instance} has no {value['const']}, which is needed"
    if error.validator == "enum":
        return f"{where}: {error.instance!r} is none of {', '.join(map(str, value))}"
    if error.validator == "propertyNames" or error.validator == "pattern":
        return f"{where}: {error.instance!r} is not a name of letters, digits, '_' and '-'"
    return f"{where}: {error.message}"


def _nearest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"


def _check_corpora(config: Mapping[str, Any]) -> list[str]:
    recipes = {"pretrain": config["pretrain"]}
    for where, encoders in (
        ("encoders", config["encoders"]),
        ("ablation.encoders", config["ablation"]["encoders"]),
    ):
        for name, encoder in encoders.items():
            recipes[f"{where}.{name}.settings"] = encoder["settings"]
    named = {name: "corpora" for name in config["corpora"]}
    for where, recipe in recipes.items():
        named |= {name: f"{where}.corpora" for name in recipe.get("corpora", [])}
    lines = []
    for name, where in named.items():
        key = "videos" if name in ("sheet", "unlabelled") else "root"
        if name != "demo" and not config[name][key]:
            what = "the sheet" if key == "videos" else "the folder"
            lines.append(f"{name}.{key}: missing; {where} names {name}: give {what} of it here")
        lines += _check_overrides(config, name)
    train, test = config["evaluation"]["train"], config["evaluation"]["test"]
    if (train is None) != (test is None):
        lines.append("evaluation: train and test go together; give both or neither")
    elif train is not None and train == test:
        lines.append("evaluation.test: is evaluation.train; for one corpus leave both null")
    elif train is not None:
        for key, name in (("train", train), ("test", test)):
            if name not in config["corpora"]:
                lines.append(f"evaluation.{key}: no {name!r} among corpora")
    return lines


def for_corpus(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The config as it holds for one corpus: with the `settings` of its section put over it."""
    return _over(config, config[name].get("settings", {}))


def _over(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = _over(old, value)
        merged[key] = value
    return merged


def _check_overrides(config: Mapping[str, Any], name: str) -> list[str]:
    """Mistakes in the settings of a corpus, found by putting them where they belong."""
    if not config[name].get("settings"):
        return []
    validator = Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
    errors = validator.iter_errors(for_corpus(config, name))
    return [f"{name}.settings.{_explain(error)}" for error in errors]


def _check_references(config: Mapping[str, Any]) -> list[str]:
    methods = config["methods"]
    lines = _check_methods("methods", methods, config["encoders"], "encoders", methods)
    lines += _check_ablation(config)
    lines += _check_corpora(config)
    if not any(method["kind"] == "training_free" for method in methods.values()):
        lines.append("methods: none is training_free; corpora without labels need one")
    method = config["figures"]["method"]
    if method not in methods:
        lines.append(f"figures.method: no {method!r} among methods")
    return lines


def _check_averaged(
    where: str, other: str, methods: Mapping[str, Any], method: Mapping[str, Any]
) -> list[str]:
    key = f"{where}.ensemble_partner"
    if other not in methods:
        return [f"{key}: no {other!r} among methods"]
    found = methods[other]
    if found["kind"] != "learned" or found["streams"] or "ensemble_partner" in found:
        return [f"{key}: {other} is not a learned method on regional_flow alone, without streams"]
    if not method["regional_flow"]:
        # The other one reads the same recordings, from which the motion would be missing.
        return [f"{key}: goes with regional_flow: true"]
    return []


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
            lines.append(f"{where}.{name}.encoder: no {encoder!r} among {known}")
        if method["kind"] == "learned":
            if bool(method["streams"]) != (encoder is not None):
                lines.append(f"{where}.{name}: an encoder goes with streams, and streams with one")
            if method.get("encoder_training") == "joint" and not method["streams"]:
                lines.append(f"{where}.{name}.encoder_training: joint goes with streams")
            if not method["streams"] and not method["regional_flow"]:
                lines.append(f"{where}.{name}: reads nothing; give it streams or regional_flow")
            other = method.get("ensemble_partner")
            if other is not None:
                lines += _check_averaged(f"{where}.{name}", other, reachable, method)
    return lines


def _check_ablation(config: Mapping[str, Any]) -> list[str]:
    ablation, lines = config["ablation"], []
    for section in ("encoders", "methods"):
        for name in ablation[section]:
            if name in config[section]:
                lines.append(f"ablation.{section}.{name}: stands in {section} too; rename it")
        known = {**config[section], **ablation[section]}
        # The names under which they are run at another seed: see mespot.variants.
        taken = {f"{name}-seed{seed}" for name in known for seed in ablation["seeds"]} & set(known)
        lines += [f"{section}: {name!r} is the name of a seed of the ablation" for name in taken]
    encoders = {**config["encoders"], **ablation["encoders"]}
    methods = {**config["methods"], **ablation["methods"]}
    where = "encoders and ablation.encoders"
    lines += _check_methods("ablation.methods", ablation["methods"], encoders, where, methods)
    for group, names in ablation["rows"].items():
        for name in names:
            if name not in methods:
                lines.append(
                    f"ablation.rows.{group}: no {name!r} among methods and ablation.methods"
                )
    if not any(ablation["full"] in names for names in ablation["rows"].values()):
        lines.append(f"ablation.full: {ablation['full']!r} is in no group of ablation.rows")
    return lines

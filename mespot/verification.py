"""Whether the files of a run are whole, of whom their paths say, and made as the config says.

Snakemake knows what it has made by the times of files and by its own records. Here the files
themselves are asked, so it also holds for results that were copied, restored or mixed up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.plan import inputs, open_plan, paths, settings, targets
from mespot.plan.run import Plan
from mespot.provenance import code_digest, plain
from mespot.store import digests, table_seals, tables
from mespot.store.files import remake
from mespot.store.whose import ForeignError

WHOLE, MISSING = "whole", "not made yet"
DAMAGED, FOREIGN, STALE, LEFT_OVER = "damaged", "foreign", "stale", "left over"
FAULTS = (DAMAGED, FOREIGN, STALE, LEFT_OVER)
_UNUSABLE = (DAMAGED, FOREIGN, STALE)

# The rules and kinds of the files that several corpora share.
_SHARED = {
    paths.METRICS: ("join_metrics", "metrics"),
    paths.COMPARISON: ("compare_methods", "comparison"),
    paths.ABLATION: ("ablate", "ablation"),
    paths.MODEL: ("make_model", "model"),
}
_SCORING = ("score", "compare_methods", "ablate")


@dataclass(frozen=True)
class Finding:
    """What was found of one file: one of the states above, and a line that says why and what to
    do about it; empty for a whole one."""

    path: str
    state: str
    why: str = ""


def verify(plan: Plan) -> Iterator[Finding]:
    """What is found of every file that the plan expects below `results/`, and of all others there
    that look like artefacts. Every file is read whole."""
    expected = _expected(plan)
    yield from _judged(plan, expected, every_byte=True)
    known = set(expected)
    for file in sorted(Path("results").rglob("*")):
        path = file.as_posix()
        # A hidden file is one that somebody is writing now, or that the next writer removes.
        named = file.suffix in (".h5", ".pt", ".csv") and not file.name.startswith(".")
        if named and path not in known and _maker(path):
            why = f"{path}: no part of what the config asks for; delete it: rm {path}"
            yield Finding(path, LEFT_OVER, why)


def to_remake(plan: Plan) -> list[str]:
    """The files of a run that are not whole, not its own, or made in another way than planned."""
    return [found.path for found in verify(plan) if found.state in _UNUSABLE]


def without_seals(files: Iterable[str]) -> str:
    """A line about the tables among `files` that have lost their seals; empty if none has."""
    lost = [path for path in files if path.endswith(".csv") and not table_seals.there(path)]
    if not lost:
        return ""
    return (
        f"{len(lost)} tables, such as {lost[0]}, have lost the seals that vouch for them, so they "
        "are made again, and all that is made from them; if this is a copy of results, stop and "
        f"copy its hidden folders {table_seals.FOLDER} too"
    )


def require(config: Mapping[str, Any], read: Iterable[str]) -> None:
    """Raises InputError where the artefacts `read`, or any that they were made from, do not belong
    together: whole, their own, and made with settings, code and inputs as a run of `config` has
    them now.

    Of large files only what they say of themselves is read: whoever uses the rest of it checks it.
    """
    plan = open_plan(config, check_labels=False)
    behind = [path for path in targets.behind(plan, read) if _maker(path) is not None]
    unusable = [
        found for found in _judged(plan, behind, every_byte=False) if found.state in _UNUSABLE
    ]
    if unusable:
        more = len(unusable) - 1
        others = f" (so are {more} others: see mespot verify)" if more else ""
        raise InputError(unusable[0].why + others)


def _judged(plan: Plan, files: Sequence[str], *, every_byte: bool) -> Iterator[Finding]:
    """What is found of each artefact. every_byte: whether large ones are read whole."""
    read = {path: _read(path, every_byte) for path in files}
    # A flow file is read by jobs of many folds and methods.
    told_by = cache(digests.of_file)
    for path, found in read.items():
        if isinstance(found, Finding):
            yield found
            continue
        changed = list(_changed(plan, path, found, read, told_by))
        if changed:
            why = f"{path}: was made with other {' and '.join(changed)}; {remake(path)}"
            yield Finding(path, STALE, why)
        else:
            yield Finding(path, WHOLE)


def _expected(plan: Plan) -> list[str]:
    """All artefacts that a run of the config may make, of the ablation too if there is its table,
    and what there is of those that the model rests on.

    Files of which there are several kinds of names, such as figures, say nothing of themselves.
    """
    stages = ("frames", "flow", "encoders", "features", "intervals")
    found = set(targets.behind(plan, (p for stage in stages for p in targets.files(plan, stage))))
    if not plan.undecided:  # else there are no scores
        found |= set(targets.behind(plan, targets.files(plan, "metrics")))
        found |= {paths.COMPARISON, *targets.behind_comparison(plan)}
        if Path(paths.ABLATION).exists():
            found |= {paths.ABLATION, *targets.behind_ablation(plan)}
    with suppress(InputError):  # a config that makes no model
        of_model = {paths.MODEL, *targets.behind_model(plan)}
        found |= {path for path in of_model if Path(path).exists()}
    return sorted(path for path in found if _maker(path) is not None)


def _maker(path: str) -> tuple[str, dict[str, str]] | None:
    return (_SHARED[path][0], {}) if path in _SHARED else paths.maker(path)


def _read(path: str, every_byte: bool) -> Mapping[str, Any] | Finding:
    """The provenance of an artefact, or what is wrong with it."""
    if not Path(path).exists():
        return Finding(path, MISSING)
    try:
        return _provenance(path, every_byte)
    except ForeignError as error:
        return Finding(path, FOREIGN, str(error))
    except InputError as error:
        return Finding(path, DAMAGED, str(error))


def _provenance(path: str, every_byte: bool) -> Mapping[str, Any]:
    """The provenance of an artefact. Raises InputError for one that is not as it was written."""
    kind = _SHARED[path][1] if path in _SHARED else path.split("/")[2].removesuffix(".csv")
    if path.endswith(".h5"):
        from mespot.store import io

        told = io.provenance(path, kind, every_byte=every_byte)
    elif path.endswith(".pt"):
        from mespot.training import checkpoint

        kind = kind.removesuffix("s")
        told = (
            checkpoint.load(path, kind)["provenance"]
            if every_byte
            else checkpoint.provenance(path, kind)
        )
    else:
        told = tables.provenance(path, kind)
    found = json.loads(told) if isinstance(told, str) else told
    if not isinstance(found, dict):
        raise InputError(f"{path}: does not say how it was made; {remake(path)}")
    return found


def _changed(
    plan: Plan,
    path: str,
    provenance: Mapping[str, Any],
    read: Mapping[str, Any],
    told_by: Callable[[str], str],
) -> Iterator[str]:
    """What of its making is not as in the plan: its rule, settings, code or inputs.

    read: {path: what `_read` gave}. An input with a fault of its own is made again first, perhaps
    as it was. told_by: what tells the digest of a file; empty for one that is not there.
    """
    made = _maker(path)
    assert made is not None
    rule, wildcards = made
    if provenance.get("rule") != rule:
        yield "rules"
        return
    asked = _settings(plan, rule, wildcards)
    if "settings" in provenance and _stored(provenance["settings"]) != asked:
        yield "settings"
    if provenance.get("code") != code_digest(f"mespot.steps.{rule}"):
        yield "code or libraries"
    stored = provenance.get("inputs")
    if not isinstance(stored, dict):
        yield "inputs, or unknown ones"
        return
    given = {
        name: files
        for name, files in getattr(inputs, rule)(plan, **wildcards).items()
        if all(_usable(file, read) for file in _listed(files))
    }
    now = digests.of_inputs(given, told_by)
    other = [name for name, digest in now.items() if stored.get(name, digest) != digest]
    if other:
        yield f"inputs ({', '.join(other)})"


def _usable(file: str, read: Mapping[str, Any]) -> bool:
    """Whether a file can be compared with what was read when something was made from it. A
    recording that is gone does not make what was made from it another's."""
    found = read.get(file)
    return Path(file).exists() if found is None else not isinstance(found, Finding)


def _settings(plan: Plan, rule: str, wildcards: Mapping[str, str]) -> Any:
    """The keys of the config that a rule uses; None for a rule without any."""
    if rule in _SCORING:
        return _stored(settings.scoring(plan))
    keys = getattr(settings, rule, None)
    return None if keys is None else _stored(keys(plan, **wildcards))


def _listed(files: str | Sequence[str]) -> Sequence[str]:
    return [files] if isinstance(files, str) else files


def _stored(value: Any) -> Any:
    """A value as it comes back from JSON."""
    return json.loads(json.dumps(plain(value), sort_keys=True, default=str))

"""The files behind each target of the workflow, and those that a finished table rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from mespot.plan import inputs, paths
from mespot.plan.run import Plan
from mespot.streams import STREAMS

# Stages that `all` makes in addition to the two tables, with whatever they need.
_ALL = ("metrics", "figures", "features", "intervals", "submissions")


def files(plan: Plan, target: str) -> list[str]:
    """The files of a target of the Snakefile, over all corpora: `frames`, `metrics`, `all` ..."""
    tables = [paths.METRICS, paths.COMPARISON] if target in ("all", "metrics") else []
    stages = [_STAGES[name] for name in (_ALL if target == "all" else (target,))]
    if target == "all":
        stages[stages.index(_features)] = _read_features
    return tables + [path for c in plan.corpora for stage in stages for path in stage(plan, c)]


def behind_metrics(plan: Plan) -> list[str]:
    """Every artefact that the scores of the main run rest on, and what else `all` computes."""
    features = [path for corpus in plan.corpora for path in _read_features(plan, corpus)]
    tables = [*map(paths.metrics, plan.spotted), *map(paths.summary, plan.spotted)]
    return behind(plan, [*tables, *features])


def behind_comparison(plan: Plan) -> list[str]:
    """Every artefact that the comparison of its methods rests on."""
    return behind(plan, chain(*inputs.compare_methods(plan).values()))


def behind_ablation(plan: Plan) -> list[str]:
    """Every artefact that the table of the ablation rests on."""
    return behind(plan, chain(*inputs.ablate(plan).values()))


def behind_model(plan: Plan) -> list[str]:
    """Every artefact that the model for recordings of anybody rests on."""
    return behind(plan, map(str, inputs.make_model(plan).values()))


def deleted(plan: Plan, table: str) -> list[str]:
    """Artefacts that are gone although a finished table rests on them.

    table: metrics.csv, comparison.csv, ablation.csv or model.pt. While it is missing itself nothing
    is listed: Snakemake then makes what it needs. Otherwise Snakemake does not miss a deleted file
    as long as what was made from it is there.
    """
    rests_on = {
        paths.METRICS: behind_metrics,
        paths.COMPARISON: behind_comparison,
        paths.ABLATION: behind_ablation,
        paths.MODEL: behind_model,
    }
    if not Path(table).exists() or (plan.undecided and table != paths.MODEL):
        return []
    return [path for path in rests_on[table](plan) if not Path(path).exists()]


def unknown(plan: Plan, target: str, rules: Sequence[str]) -> str:
    """What is said of a target that no rule makes: the nearest rule or file of a run."""
    known = [*rules, paths.METRICS, paths.COMPARISON, paths.ABLATION, paths.MODEL]
    known += behind_metrics(plan)
    known += [path for stage in _STAGES.values() for c in plan.corpora for path in stage(plan, c)]
    near = get_close_matches(target, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "snakemake --list-target-rules names the targets"
    return f"{target}: is no target, and no rule makes it; {hint}"


def behind(plan: Plan, wanted: Iterable[str]) -> list[str]:
    """The artefacts `wanted` and all that they are made from, without files of the user."""
    known: dict[str, None] = {}
    queue = list(wanted)
    while queue:
        path = queue.pop()
        if path in known or not path.startswith("results/"):
            continue
        known[path] = None
        made = paths.maker(path)
        if made and made[1]["corpus"] in plan.corpora:
            rule, wildcards = made
            for read in getattr(inputs, rule)(plan, **wildcards).values():
                queue += [read] if isinstance(read, str) else read
            if rule == "spot":  # its other outputs
                queue += [paths.scores(**wildcards), paths.table("candidates", **wildcards)]
    return sorted(known)


# -------------------------------------------------------------------------------- stages


def _frames(plan: Plan, corpus: str) -> list[str]:
    return inputs.of_videos(plan, "frames", corpus) if plan.corpora[corpus].has_faces else []


def _flow(plan: Plan, corpus: str) -> list[str]:
    return inputs.of_videos(plan, "flow", corpus)


def _encoders(plan: Plan, corpus: str) -> list[str]:
    if not plan.corpora[corpus].trained:
        return []
    return [paths.encoder(corpus, *network) for network in _networks(plan, corpus)]


def _features(plan: Plan, corpus: str) -> list[str]:
    return [paths.features(corpus, *network) for network in _networks(plan, corpus)]


def _read_features(plan: Plan, corpus: str) -> list[str]:
    """The same, where there are spotters. Elsewhere nothing reads features, and the pretraining
    takes long and fails on short videos: they are made if they are asked for by name."""
    return _features(plan, corpus) if plan.corpora[corpus].has_spotters else []


def _networks(plan: Plan, corpus: str) -> list[tuple[str, str, str]]:
    """(encoder, fold, stream) of the main run's networks that code a corpus."""
    return [
        (encoder, fold, stream)
        for encoder in plan.encoders_of(corpus)
        for fold in plan.folds_of_encoder(corpus, encoder)
        for stream in STREAMS
    ]


def _intervals(plan: Plan, corpus: str) -> list[str]:
    if not plan.corpora[corpus].spotted:
        return []
    # Whoever asks for intervals wants to know what was odd in the recordings, too.
    return [*inputs.of_all_methods(plan, "intervals", corpus), paths.summary(corpus)]


def _metrics(plan: Plan, corpus: str) -> list[str]:
    return [paths.metrics(corpus)] if plan.corpora[corpus].spotted else []


def _submissions(plan: Plan, corpus: str) -> list[str]:
    if corpus != "megc" or not plan.corpora[corpus].spotted:
        return []
    return [paths.submission(corpus, method) for method in plan.methods_of(corpus)]


def _figures(plan: Plan, corpus: str) -> list[str]:
    planned = plan.corpora[corpus]
    encoders = plan.encoders_of(corpus) if planned.has_spotters else []
    names = [f"timeline/{video}" for video in planned.videos if planned.spotted]
    if planned.trained:
        for encoder in encoders:
            if plan.encoders[encoder]["pretraining"] != "none":
                names.append(f"losses/{encoder}")
                names += [f"reconstruction/{encoder}/{stream}" for stream in STREAMS]
    if planned.labelled and planned.spotted:
        names += ["f1", *(f"responses/{encoder}" for encoder in encoders)]
    return [path for name in names for path in paths.figure(corpus, name)]


def _review(plan: Plan, corpus: str) -> list[str]:
    planned = plan.corpora[corpus]
    return [paths.review(corpus, video) for video in planned.videos if planned.spotted]


_STAGES: dict[str, Callable[[Plan, str], list[str]]] = {
    "frames": _frames,
    "flow": _flow,
    "encoders": _encoders,
    "features": _features,
    "intervals": _intervals,
    "submissions": _submissions,
    "metrics": _metrics,
    "figures": _figures,
    "review": _review,
}

"""`mespot benchmark --review`: F1 over the number of candidates that an expert has reviewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.corpora.folds import folds
from mespot.device import deterministic
from mespot.errors import InputError
from mespot.expressions import ALL, EXPRESSIONS
from mespot.metrics import precision_recall_f1
from mespot.spotting.decoders import Decoding
from mespot.store import io, tables
from mespot.store.files import replacing
from mespot.training import reviewing
from mespot.training.recipes import SpotterRecipe
from mespot.training.reviewing import Candidate, Point, Setting
from mespot.training.spotter_input import SpotterInput, common_rate, labelled, read_inputs

# Many spotters are trained, so each of them is cheaper than that of a run.
CHEAPER = {"epochs": 32, "inner_groups": 2, "repeats": 1}
EVERYTHING = "everything"  # in place of an order: a spotter that learns from all labels
_COUNTS = ["tp", "fp", "fn"]
_KEY = ["order", "seed", "fold"]
_ROW = [*_KEY, "step", "reviewed", "accepted", "expression", *_COUNTS]
# Of Student's distribution, by the number of values: 95 % of it lies within.
_STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306}


@dataclass(frozen=True)
class Material:
    """What a run has of a corpus. recordings: with labels, in px. first: {video: candidates of the
    training-free method}. folds: fold -> its test subjects."""

    recordings: Sequence[SpotterInput]
    first: Mapping[str, Sequence[Candidate]]
    folds: Mapping[str, Sequence[str]]
    setting: Setting

    @classmethod
    def of(cls, results: Path, corpus: str, config: Mapping[str, Any]) -> Material:
        """Read it from the folder `results` of a run. Raises InputError for what is missing."""
        root, learned = results / corpus, config["spotting"]["learned"]
        labels = tables.read(root / "labels.csv", "labels")
        spotted = tables.read(root / "candidates" / "training_free" / "all.csv", "candidates")
        paths = sorted((root / "flow").glob("*.h5"))
        if not paths or labels.empty:
            raise InputError(f"{root}: has no motion or no labels; run `snakemake` on it first")
        records = [io.read(path, "flow") for path in paths]
        wanted = {one.name for one in fields(SpotterRecipe)} - {"masked_motion", "joint"}
        own = {key: value for key, value in learned.items() if key in wanted}
        recipe = SpotterRecipe.of({"seed": 1, **own, **CHEAPER}, streams=[])
        wanted = {one.name for one in fields(Decoding)} - {"decoder"}
        decoding = {key: value for key, value in learned.items() if key in wanted}
        recordings = [
            labelled(one, labels)
            for one in read_inputs(
                records,
                {},
                streams=[],
                regional_flow=True,
                drift_seconds=recipe.drift_seconds,
                slow_drift_seconds=recipe.slow_drift_seconds,
            )
        ]
        scheme, seed = config["evaluation"]["folds"], config["evaluation"]["fold_seed"]
        return cls(
            recordings,
            {str(video): _candidates(rows) for video, rows in spotted.groupby("video")},
            folds([one.subject for one in recordings], scheme, seed),
            Setting(
                recipe,
                Decoding.of({"decoder": "boundaries", **decoding}),
                list(records[0].attrs["regions"]),
                common_rate(records),
            ),
        )

    def points(self, order: str, seed: int, fold: str, after: Sequence[int]) -> Iterator[Point]:
        """The curve of one order in one fold; of EVERYTHING one point."""
        out = self.folds[fold]
        pool = [one for one in self.recordings if one.subject not in out]
        tested = [one for one in self.recordings if one.subject in out]
        if order != EVERYTHING:
            first = (self._first(pool), self._first(tested))
            yield from reviewing.review(
                pool, tested, first, self.setting, order=order, after=after, seed=seed
            )
            return
        trained = reviewing.train(pool, self.setting, seed)
        if trained is None:
            raise InputError(f"{fold}: has no label, or one subject to learn from; use other folds")
        found = trained.spot(tested, self.setting.decoding)
        labels = sum(len(ends) for one in pool for ends in one.labels.values())
        yield Point(0, labels, reviewing.counts(found, tested))

    def _first(self, recordings: Sequence[SpotterInput]) -> list[list[Candidate]]:
        return [
            [replace(row, recording=number) for row in self.first.get(one.video, [])]
            for number, one in enumerate(recordings)
        ]


def _candidates(rows: pd.DataFrame) -> list[Candidate]:
    """Of the training-free method, which spots what is at least as large as the least motion."""
    return [
        Candidate(
            -1, row["type"], int(row["onset_w"]), int(row["offset_w"]), float(row["confidence"]), 1
        )
        for row in rows.to_dict("records")
    ]


def measure(
    material: Material, table: Path, *, seeds: int, after: Sequence[int]
) -> Iterator[pd.DataFrame]:
    """Train and count; the rows so far, after each order, seed and fold.

    table: where they are kept, so that a second call goes on where the first was stopped. Raises
    InputError for a table of something else, and when it cannot be written.
    """
    deterministic()
    rows = _kept(table)
    done = set(rows[_KEY].itertuples(index=False, name=None))
    yield rows
    for seed in range(1, seeds + 1):
        for order in (*reviewing.ORDERS, EVERYTHING):
            for fold in material.folds:
                if (order, seed, fold) in done:
                    continue
                new = [
                    [order, seed, fold, step, point.reviewed, point.accepted, name, *counted]
                    for step, point in enumerate(material.points(order, seed, fold, after))
                    for name, counted in point.counts.items()
                ]
                rows = pd.concat([rows, pd.DataFrame(new, columns=_ROW)], ignore_index=True)
                with replacing(table) as temporary:
                    rows.to_csv(temporary, index=False)
                yield rows


def _kept(table: Path) -> pd.DataFrame:
    if not table.exists():
        return pd.DataFrame(columns=_ROW)
    rows = pd.read_csv(table)
    if list(rows) != _ROW:
        raise InputError(f"{table}: is no table of this command; name another file with --out")
    return rows


def curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Order, step, expression, and over the seeds: candidates reviewed and accepted in a fold on
    average, F1 of all folds pooled, and the ends of its 95 % interval (NaN with one seed).

    Only seeds count that are complete in every fold.
    """
    numbers = rows.groupby(["order", "seed"])["fold"].transform("nunique")
    whole = rows[numbers == rows["fold"].nunique()]
    both = whole.assign(expression=ALL)
    pooled = (
        pd.concat([whole, both])
        .groupby(["order", "step", "expression", "seed"])
        .agg({**dict.fromkeys(_COUNTS, "sum"), "reviewed": "mean", "accepted": "mean"})
        .reset_index()
    )
    pooled["f1"] = precision_recall_f1(*(pooled[name] for name in _COUNTS))[2]
    found = []
    for key, own in pooled.groupby(["order", "step", "expression"]):
        mean, half = own["f1"].mean(), np.nan
        if len(own) > 1:
            half = _STUDENT.get(len(own), 1.96) * own["f1"].std() / np.sqrt(len(own))
        counted = [own[name].mean() for name in ("reviewed", "accepted")]
        ends = np.clip([mean - half, mean + half], 0, 1)
        found.append([*key, len(own), *counted, mean, *ends])
    columns = ["order", "step", "expression", "seeds", "reviewed", "accepted", "f1", "low", "high"]
    table = pd.DataFrame(found, columns=columns)
    places = {"order": [*reviewing.ORDERS, EVERYTHING], "expression": list(EXPRESSIONS)}
    return table.sort_values(
        ["order", "step", "expression"],
        key=lambda column: (
            column.map(places[column.name].index) if column.name in places else column
        ),
        ignore_index=True,
    )


def page(points: pd.DataFrame) -> str:
    """The curve as a table to read: a row an order and step, F1 by expression."""
    lines = ["order       reviewed  accepted  " + "  ".join(f"{n:<17}" for n in EXPRESSIONS)]
    for order in (*reviewing.ORDERS, EVERYTHING):
        for _, own in points[points["order"] == order].groupby("step"):
            by_name = own.set_index("expression")
            cells = [
                f"{row['f1']:.3f}"
                + ("" if np.isnan(row["low"]) else f" [{row['low']:.2f}, {row['high']:.2f}]")
                for row in (by_name.loc[name] for name in EXPRESSIONS)
            ]
            reviewed, accepted = own["reviewed"].iloc[0], own["accepted"].iloc[0]
            seen = "-" if order == EVERYTHING else f"{reviewed:.0f}"
            lines.append(
                f"{order:<10}{seen:>10}{accepted:>10.1f}  "
                + "  ".join(f"{cell:<17}" for cell in cells)
            )
    return "\n".join(line.rstrip() for line in lines)

"""Writes the report of a run as one HTML page, which can be sent and printed."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.report import curves
from mespot.report.gather import CorpusResults, Results, Timeline
from mespot.report.pictures import Pictures
from mespot.store.files import replacing

_STYLE = """
body { font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1a1a1a;
  max-width: 1050px; margin: 0 auto; padding: 16px 20px 60px; }
h1 { font-size: 24px; } h2 { font-size: 19px; margin-top: 34px; border-bottom: 1px solid #bbb; }
h3 { font-size: 16px; margin-bottom: 4px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 2px 9px; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th { border-bottom-color: #777; } td.text, th.text { text-align: left; }
tr.best td { font-weight: 600; } .wide { overflow-x: auto; }
figure { margin: 10px 0 22px; break-inside: avoid; }
figure img { max-width: 100%; }
figure.drawn img { width: 100%; max-width: 900px; }
figure.long { break-inside: auto; } figure.long img { display: block; break-inside: avoid; }
figcaption, .small { font-size: 13px; color: #333; } pre { white-space: pre-wrap; font-size: 12px; }
nav { font-size: 14px; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  table { font-size: 8pt; } th, td { padding: 1px 5px; } h2 { break-after: avoid; }
}
"""

# Columns of the tables that are shown, and their heads.
_SCORES = {
    "method": "method",
    "expression": "expression",
    "labels": "labels",
    "predictions": "spotted",
    "tp": "TP",
    "fp": "FP",
    "fn": "FN",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "interval": "interval of F1",
    "f1_oracle_threshold": "F1, best threshold",
    "pretraining": "pretraining",
}
_COMPARISON = {
    "corpus": "corpus",
    "expression": "expression",
    "method_a": "method A",
    "method_b": "method B",
    "subjects": "subjects",
    "f1_a": "F1 of A",
    "f1_b": "F1 of B",
    "difference": "A - B",
    "interval": "interval",
    "p_value": "p",
}
_ABLATION = {
    "corpus": "corpus",
    "group": "group",
    "method": "method",
    "expression": "expression",
    "seeds": "seeds",
    "f1": "F1",
    "interval": "interval of F1",
    "f1_sd": "SD over seeds",
    "difference": "to the full method",
    "p_value": "p",
}


def write_report(path: str | Path, results: Results) -> None:
    """Write the page. Raises InputError when it cannot be written."""
    pictures = Pictures()
    parts = [
        ("Scores", _scores(results)),
        ("Methods compared", _comparison(results.comparison)),
        ("F1 by subject", _subjects(results.metrics)),
        *(
            (f"Curves and histograms of {one.name}", curves.section(one.found, pictures))
            for one in results.corpora
        ),
        ("Ablation", _ablation(results, pictures)),
        *((f"Recordings of {one.name}", _recordings(one)) for one in results.corpora),
        ("What was odd, and what was left out", _warnings(results.warnings)),
        *((f"Figures of {one.name}", _figures(one, pictures)) for one in results.corpora),
        *((f"Timelines of {one.name}", _timelines(one, pictures)) for one in results.corpora),
        ("What it was made with", _made_with(results.corpora)),
    ]
    shown = [(title, body) for title, body in parts if body]
    links = " · ".join(
        f'<a href="#part-{i}">{html.escape(title)}</a>' for i, (title, _) in enumerate(shown)
    )
    sections = "\n".join(
        f'<section id="part-{i}"><h2>{html.escape(title)}</h2>\n{body}</section>'
        for i, (title, body) in enumerate(shown)
    )
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f"<title>mespot: report</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>Micro- and macro-expressions spotted by mespot</h1>\n{_head(results)}\n"
        f"<nav>{links}</nav>\n{sections}\n</body></html>\n"
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _head(results: Results) -> str:
    """What was run, on what, and the best that came out."""
    lines = []
    for corpus in results.corpora:
        rows = results.metrics[results.metrics["corpus"] == corpus.name]
        methods = ", ".join(rows["method"].unique())
        people = rows["subject"][rows["subject"] != "all"].nunique()
        whole = rows[rows["subject"] == "all"]
        videos = whole["videos"].max()
        text = f"<b>{html.escape(corpus.name)}</b>: {people} subjects, {videos} videos"
        if corpus.labels is not None:
            counts = corpus.labels["type"].value_counts()
            kinds = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts.index))
            text += f", labels: {kinds or 'none'}"
        text += f". Methods: {html.escape(methods)}."
        best = whole[(whole["method"] == corpus.method) & (whole["expression"] == "all")]
        if len(best):
            one = best.iloc[0]
            text += (
                f" Highest F1 of both classes together: {one['f1']:.3f}"
                f" [{_number(one['f1_low'])}, {_number(one['f1_high'])}]"
                f" of {html.escape(str(corpus.method))}."
            )
        lines.append(f"<li>{text}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _scores(results: Results) -> str:
    rows = _with_interval(results.metrics[results.metrics["subject"] == "all"], "f1")
    text = (
        "<p>A spotted interval is a true positive (TP) if its intersection over union with a label "
        "of the same video and class is at least that of the run, 0.5 unless its settings say "
        "otherwise. The interval of F1 is a bootstrap over subjects. F1 at the best threshold "
        "would need the test labels: an upper bound, not a score.</p>"
    )
    for corpus in results.corpora:
        part = rows[rows["corpus"] == corpus.name]
        text += f"<h3>{html.escape(corpus.name)}</h3>{_table(part, _SCORES)}"
    return text


def _comparison(comparison: pd.DataFrame | None) -> str:
    if comparison is None or comparison.empty:
        return ""
    return _table(_with_interval(comparison, "difference"), _COMPARISON)


def _subjects(metrics: pd.DataFrame) -> str:
    rows = metrics[(metrics["subject"] != "all") & (metrics["expression"] == "all")]
    text = ""
    for name, part in rows.groupby("corpus", sort=False):
        table = part.pivot_table(
            index="subject", columns="method", values="f1", sort=False, dropna=False
        ).reset_index()
        counts = part.groupby("subject", sort=False)[["labels"]].first().reset_index()
        table = counts.merge(table, on="subject")
        heads = {str(column): str(column) for column in table.columns}
        text += f"<h3>{html.escape(str(name))}</h3>{_table(table, heads)}"
    return text


def _ablation(results: Results, pictures: Pictures) -> str:
    if results.ablation is None:
        return ""
    text = _table(_with_interval(results.ablation, "f1"), _ABLATION)
    if results.ablation_figure is not None:
        text += pictures.figure(results.ablation_figure, "The ablation") or ""
    return text


def _recordings(corpus: CorpusResults) -> str:
    if corpus.summary is None:
        return ""
    table = corpus.summary.drop(columns=["corpus"])
    heads = {str(name): str(name).replace("_", " ") for name in table.columns}
    return _table(table, heads)


def _warnings(warnings: list[str]) -> str:
    if not warnings:
        return ""
    return f"<pre>{html.escape(chr(10).join(warnings[:200]))}</pre>"


def _figures(corpus: CorpusResults, pictures: Pictures) -> str:
    text = ""
    for title, paths in corpus.figures.items():
        for path in paths:
            words = title if path.stem == "f1" else f"{title}: {path.stem}"
            text += pictures.figure(path, words) or _no_room([path])
    return text


def _timelines(corpus: CorpusResults, pictures: Pictures) -> str:
    if not corpus.timelines:
        return ""
    text = ""
    if corpus.labels is not None and corpus.method:
        text = f"<p>Those with most errors of {html.escape(corpus.method)} come first.</p>"
    for i, one in enumerate(corpus.timelines):
        figure = pictures.figure(one.figure, _caption(one))
        if figure is None:
            return text + _no_room([left.figure for left in corpus.timelines[i:]])
        text += figure
    return text


def _caption(one: Timeline) -> str:
    if one.tp is None:
        return one.video
    return f"{one.video}: {one.tp} labels found, {one.fn} missed, {one.fp} false alarms"


def _no_room(paths: Iterable[Path]) -> str:
    names = ", ".join(html.escape(path.as_posix()) for path in paths)
    return f"<p class=small>No room in this page for {names}.</p>"


def _made_with(corpora: list[CorpusResults]) -> str:
    text = ""
    for corpus in corpora:
        for method, made in corpus.made_with.items():
            words = html.escape(json.dumps(made, indent=1, sort_keys=True))
            title = html.escape(f"{corpus.name}, {method}")
            text += f"<details><summary>{title}</summary><pre>{words}</pre></details>"
    return text


def _with_interval(table: pd.DataFrame, name: str) -> pd.DataFrame:
    ends = zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
    shown = ["" if pd.isna(low) else f"[{_number(low)}, {_number(high)}]" for low, high in ends]
    return table.assign(interval=shown)


def _table(table: pd.DataFrame, heads: dict[str, str]) -> str:
    """A table with the columns of `heads`, those that it has."""
    names = [name for name in heads if name in table.columns]
    texts = {name for name in names if not pd.api.types.is_numeric_dtype(table[name])}
    head = "".join(f"<th{_class(n in texts)}>{html.escape(heads[n])}</th>" for n in names)
    body = ""
    for row in table[names].to_dict("records"):
        cells = "".join(
            f"<td{_class(name in texts)}>{html.escape(_number(row[name]))}</td>" for name in names
        )
        body += f"<tr>{cells}</tr>\n"
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _class(text: bool) -> str:
    return " class=text" if text else ""


def _number(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.3f}" if value != round(value) or abs(value) < 10 else f"{value:.0f}"
    return str(value)

"""The ablation: its numbers against ones by hand, its figure."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from mespot.errors import InputError
from mespot.plots import style
from mespot.plots.ablation import ablation
from mespot.scoring.ablation import ablation_table
from mespot.scoring.uncertainty import compare
from mespot.steps import ablate, plot_ablation
from mespot.store import tables
from tests.unit.plotted import pixels

SETTINGS = {"n_bootstrap": 300, "seed": 1, "confidence": 0.95}
# tp, fp, fn of two subjects at two seeds.
WHOLE = np.array([[[3, 1, 0], [1, 0, 2]], [[2, 0, 1], [2, 2, 1]]])
PART = np.array([[[1, 1, 2], [1, 1, 2]], [[2, 2, 1], [0, 0, 3]]])
FREE = np.array([[[1, 0, 2], [0, 1, 3]]])  # one run


def by_expression(runs):
    """Runs `(R, S, 3)` of micro, with no macro at all: `(R, E, S, 3)`."""
    return np.stack([runs, np.zeros_like(runs), runs], axis=1)


@pytest.fixture(scope="module")
def scores():
    counts = {"whole": WHOLE, "part": PART, "free": FREE}
    counts = {name: by_expression(runs) for name, runs in counts.items()}
    groups = {"first": ["free", "whole"], "second": ["whole", "part"]}
    table = ablation_table(counts, groups, "whole", **SETTINGS)
    return table.set_index(["group", "method", "expression"])


def test_f1_is_the_mean_over_seeds(scores):
    # 2 TP / (2 TP + FP + FN) at each seed: 8/11 and 8/12, 4/10 and 4/10, one run of 2/8.
    whole = scores.loc[("first", "whole", "micro")]
    assert whole.f1 == pytest.approx((8 / 11 + 8 / 12) / 2)
    assert whole.f1_sd == pytest.approx((8 / 11 - 8 / 12) / 2**0.5)
    assert whole.f1_low <= whole.f1 <= whole.f1_high
    assert (whole.seeds, whole.subjects) == (2, 2)
    part = scores.loc[("second", "part", "micro")]
    # 4/10 at seed 1: 2 TP, 2 FP, 4 FN; the same at seed 2.
    assert part.f1 == pytest.approx(4 / 10) and part.f1_sd == 0
    free = scores.loc[("first", "free", "micro")]
    assert (free.f1, free.seeds) == (2 / 8, 1) and np.isnan(free.f1_sd)


def test_difference_is_paired_and_exchanges_all_seeds_at_once(scores):
    part = scores.loc[("second", "part", "micro")]
    assert part.difference == pytest.approx(0.4 - (8 / 11 + 8 / 12) / 2)
    # Of the 4 exchanges of subjects none and both give what is seen, 0.297 in size. Exchanging one
    # gives (8/12 + 4/8) / 2 against (4/9 + 8/14) / 2: 0.075.
    assert part.p_value == 0.5
    free = scores.loc[("first", "free", "micro")]
    assert free.difference == pytest.approx(2 / 8 - (8 / 11 + 8 / 12) / 2)


def test_the_whole_method_has_no_difference_and_is_the_same_in_each_group(scores):
    names = ["difference", "difference_low", "difference_high", "p_value"]
    rows = scores.xs("whole", level="method")
    assert rows[names].isna().all(axis=None)
    pd.testing.assert_frame_equal(rows.loc["first"], rows.loc["second"])


def test_what_has_no_score_is_undefined(scores):
    macro = scores.xs("macro", level="expression")
    assert macro[["f1", "f1_low", "difference", "p_value"]].isna().all(axis=None)


def test_one_seed_is_the_comparison_of_two_methods():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, (2, 1, 3, 6, 3))
    table = ablation_table({"a": a, "b": b}, {"g": ["a"]}, "b", **SETTINGS)
    for number, row in enumerate(table.itertuples()):
        one = compare(a[0, number], b[0, number], np.random.default_rng(1), 300, 0.95)
        assert (row.f1, row.difference) == (one.first, one.value)
        assert (row.difference_low, row.difference_high) == (one.low, one.high)
        assert row.p_value == one.p_value


def test_every_column_of_the_table_is_filled_in(scores):
    columns = [*scores.index.names, *scores.columns]
    assert ["corpus", *columns] == list(tables.COLUMNS["ablation"])


def test_equal_runs_add_nothing():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 5, (2, 6, 3))
    one = compare(a, b, np.random.default_rng(1), 300, 0.95)
    three = compare(np.stack([a] * 3), np.stack([b] * 3), np.random.default_rng(1), 300, 0.95)
    single = compare(a, np.stack([b] * 3), np.random.default_rng(1), 300, 0.95)
    assert vars(three) == pytest.approx(vars(one)) and vars(single) == pytest.approx(vars(one))


def test_a_method_does_not_differ_from_itself_at_the_same_seeds():
    same = compare(WHOLE, WHOLE, np.random.default_rng(1), 300, 0.95)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)


# ---------------------------------------------------------------- the step


def intervals(path, *rows):
    columns = ["subject", "video", "type", "onset", "offset"]
    table = pd.DataFrame(list(rows), columns=columns)
    kind = "labels" if path.name == "labels.csv" else "intervals"
    tables.write(path, kind, table.reindex(columns=list(tables.COLUMNS[kind])))
    return str(path)


@pytest.fixture
def corpus(tmp_path):
    hit, miss = ("a", "v1", "micro", 10, 19), ("a", "v1", "micro", 40, 49)
    other = ("b", "v2", "macro", 0, 50)
    labels = intervals(tmp_path / "labels.csv", hit, other)
    both, one, none = (
        intervals(tmp_path / f"{name}.csv", *rows)
        for name, rows in (("both", [hit, other]), ("one", [miss, other]), ("none", []))
    )
    return {
        "corpus": "demo",
        "videos": {"v1": "a", "v2": "b"},
        "labels": labels,
        "groups": {"inputs": ["free", "learned"]},
        "full": "learned",
        "runs": {"free": [[none]], "learned": [[both], [one]]},
    }


def run(corpora, output):
    ablate.run(
        corpora=corpora, output=output, iou=0.5, n_bootstrap=50, bootstrap_seed=1, confidence=0.9
    )
    return tables.read(output, "ablation")


def test_step_reads_every_seed(corpus, tmp_path):
    table = run([corpus], tmp_path / "ablation.csv").set_index(["method", "expression"])
    assert table.loc[("learned", "micro"), "f1"] == pytest.approx(0.5)  # 1 and 0
    assert table.loc[("learned", "all"), "f1"] == pytest.approx(0.75)  # 1 and 1/2
    assert table.loc[("free", "all"), "difference"] == pytest.approx(-0.75)
    assert table.loc[("free", "all"), "seeds"] == 1


def test_step_without_a_labelled_corpus_writes_an_empty_table(tmp_path):
    assert run([], tmp_path / "ablation.csv").empty


def test_step_names_the_method_whose_files_do_not_fit(corpus, tmp_path):
    corpus["videos"] = {"v1": "a"}
    corpus["runs"] = {"learned": corpus["runs"]["learned"]}
    with pytest.raises(InputError, match="demo, learned: "):
        run([corpus], tmp_path / "ablation.csv")


# ---------------------------------------------------------------- the figure


def drawn(*corpora):
    rows = []
    for corpus in corpora:
        for group, method in (("inputs", "free"), ("inputs", "learned"), ("target", "learned")):
            for expression in ("micro", "macro", "all"):
                difference = [-0.3, -0.5, -0.1, 0.01] if method == "free" else [pd.NA] * 4
                rows.append([corpus, group, method, expression, 3, 8, 0.5, 0.4, 0.7, 0.1])
                rows[-1] += difference
    table = pd.DataFrame(rows, columns=list(tables.COLUMNS["ablation"]))
    return table.astype(tables.COLUMNS["ablation"])


def test_figure_has_panels_of_score_and_difference(coarse):
    figure = ablation(drawn("demo"), {"demo": "learned"})
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["inputs", "free", "learned", "target", "learned"]
    assert len(figure.axes) == 4
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert {"micro", "macro"} <= {text.get_text() for text in texts}
    assert min(text.get_fontsize() for text in texts) >= 7


def draw(table, full, folder):
    tables.write(folder / "ablation.csv", "ablation", table)
    out = {"png": folder / "a.png", "pdf": folder / "a.pdf"}
    plot_ablation.run(table=folder / "ablation.csv", full=full, provenance={}, **out)
    return out["png"]


def test_figure_step_draws_every_corpus(coarse, tmp_path, saved):
    full = {"casme2": "learned", "samm_lv": "learned"}
    png = draw(drawn("casme2", "samm_lv"), full, tmp_path)
    assert len(saved[0].axes) == 8
    score, change = saved[0].axes[:2]
    markers = [line for line in score.lines if line.get_marker() in ("o", "D")]
    assert [line.get_marker() for line in markers] == ["o", "D", "D"]
    assert all(list(line.get_xdata()) == [0.5] for line in markers)
    bars = [line for line in score.lines if line.get_solid_capstyle() == "butt"]
    assert [list(line.get_xdata()) for line in bars] == [[0.4, 0.7]] * 3
    (difference,) = (line for line in change.lines if line.get_marker() == "o")
    assert list(difference.get_xdata()) == [-0.3]
    assert difference.get_markerfacecolor() == style.CLASS_COLOUR["micro"]  # zero is left out
    assert min(pixels(png, colour) for colour in style.CLASS_COLOUR.values()) > 20


def test_figure_step_says_that_there_is_nothing_to_compare(coarse, tmp_path, saved):
    draw(tables.empty("ablation"), {}, tmp_path)
    assert [text.get_text() for text in saved[0].texts] == [
        "no corpus with labels: nothing to compare"
    ]

"""The seven rules: the reference cases, real outputs of others, and what must always hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mespot.expressions import CLASSES
from mespot.metrics import precision_recall_f1, strict_counts
from mespot.scoring.pool import overlapping, pool
from mespot.scoring.rules import RULES
from mespot.spotting import peaks
from tests.unit.scoring_tables import cases, one_subject, sl_swin, table


def counts(rule, of):
    return tuple(RULES[rule](of).sum(axis=0).tolist())


def f1(triple):
    return float(precision_recall_f1(*triple)[2])


def test_reference_cases():
    checked = 0
    for case in cases():
        of = one_subject([(video["pred"], video["gt"]) for video in case["videos"]])
        for rule, expected in case["tp_fp_fn"].items():
            triple = counts(rule, of)
            if expected is None:  # its authors' code divides by the number of hits
                assert triple[0] == 0, (case["name"], rule)
            else:
                assert list(triple) == expected, (case["name"], rule)
            checked += 1
    assert checked == 17 * 6


@pytest.mark.parametrize("name", ["casme_sq_me", "casme_sq_mae"])
def test_sl_swin_from_scores_to_counts_at_every_threshold(name):
    folder, expected, labels, videos = sl_swin(name)
    half_length = int(((labels["offset"] - labels["onset"]).mean() + 1) / 2)
    assert half_length == expected["k"]
    printed = pd.read_csv(folder / "pred_intervals_p060.csv")
    kind = labels["type"][0]
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    with np.load(folder / "scores.npz") as scores:
        curves = {video: scores[video] for video in owner}
    assert len(expected["p_sweep"]) == 99
    for p, *hits in expected["p_sweep"]:
        spotted = {video: peaks(curve, half_length, p) for video, curve in curves.items()}
        rows = [
            (owner[video], video, kind, *bounds)
            for video, one in spotted.items()
            for bounds in one.bounds.tolist()
        ]
        of = pool(videos, labels, table(*rows), "predictions")
        assert counts("sl_swin", of) == tuple(hits), p
        if p == expected["p"]:
            written = [(row[1], *row[3:]) for row in rows]
            columns = printed[["video_id", "onset0", "offset0"]]
            assert written == list(columns.itertuples(index=False, name=None))
            apexes = np.concatenate([one.apex for one in spotted.values()])
            assert apexes.tolist() == printed["peak0"].tolist()
            others = expected["variants_on_same_data"]
            for rule, variant in OTHERS[name].items():
                assert counts(rule, of) == tuple(others[variant][k] for k in ("TP", "FP", "FN"))


# What the same intervals count under other conventions; a rule that puts no stand-in in a video
# without a prediction counts one false prediction less where there is such a video.
OTHERS = {
    "casme_sq_me": {
        "softnet": "threshold IoU>=0.5",
        "strict": "optimal one-to-one, >=0.5",
        "strs": "STRS style (>=0.5, one prediction may take several GT)",
    },
    "casme_sq_mae": {
        "softnet": "threshold IoU>=0.5",
        "strs": "STRS style (>=0.5, one prediction may take several GT)",
    },
}


def test_one_prediction_may_hit_two_labels():
    of = one_subject([([[100, 140]], [[100, 140], [105, 140]])])
    assert counts("megc2020", of) == (2, -1, 0)  # 2 of 1 predictions, as in the baseline's code
    assert counts("strict", of) == (1, 0, 1)


def test_megc2020_counts_a_label_once_and_every_video():
    of = one_subject([([[0, 9], [1, 10]], [[0, 9]]), ([[5, 9]], [])])
    assert counts("megc2020", of) == (1, 2, 0)


def test_classes_and_videos_are_apart():
    videos = pd.DataFrame({"subject": ["a", "b"], "video": ["1", "2"]})
    labels = table(("a", "1", "micro", 0, 9), ("b", "2", "macro", 0, 9))
    elsewhere = table(("a", "1", "macro", 0, 9), ("b", "2", "micro", 0, 9))
    of = pool(videos, labels, elsewhere, "predictions")
    for rule in ("strict", "megc2020", "auw_gcn", "mult"):
        assert counts(rule, of) == (0, 2, 2), rule
    # The stand-ins of the groups without a prediction; and a group without a label is not seen.
    assert counts("sl_swin", of) == counts("softnet", of) == (0, 4, 2)
    assert counts("strs", of) == (0, 0, 0)


def test_labelled_only_leaves_out_the_rest():
    of = one_subject([([[10, 30]], [[10, 30]]), ([[5, 15], [40, 50]], [])])
    assert counts("strict", of) == (1, 2, 0)
    assert counts("strict", of.labelled_only()) == (1, 0, 0)


def test_strs_forgets_subjects_without_a_prediction():
    videos = pd.DataFrame({"subject": ["a", "b"], "video": ["1", "2"]})
    labels = table(("a", "1", "micro", 0, 9), ("b", "2", "micro", 0, 9))
    of = pool(videos, labels, table(("a", "1", "micro", 0, 9)), "predictions")
    assert counts("strs", of) == (1, 0, 0)
    assert counts("strict", of) == (1, 0, 1)


# ---------------------------------------------------------------- properties

NAMES = ["s1", "s1", "s2", "s3"]  # subjects of four videos
VIDEOS = pd.DataFrame({"subject": NAMES, "video": list("abcd")})
interval = st.tuples(
    st.integers(0, 3), st.sampled_from(CLASSES), st.integers(0, 60), st.integers(0, 25)
).map(lambda x: (NAMES[x[0]], "abcd"[x[0]], x[1], x[2], x[2] + x[3]))
rows = st.lists(interval, max_size=14)
given_tables = given(rows, rows)
few = settings(max_examples=50, deadline=None, database=None)


def made(predictions, labels, videos=VIDEOS):
    return pool(videos, table(*labels), table(*predictions), "predictions")


@few
@given(rows, rows, st.randoms(use_true_random=False), st.integers(1, 1000))
def test_order_and_origin_do_not_matter(predictions, labels, random, shift):
    of = made(predictions, labels)
    shuffled = [random.sample(x, len(x)) for x in (predictions, labels)]
    videos = VIDEOS.sample(frac=1, random_state=random.randrange(1000))
    mixed = made(*shuffled, videos)
    moved = made(
        *([(*x[:3], x[3] + shift, x[4] + shift) for x in y] for y in (predictions, labels))
    )
    for rule in RULES:
        assert counts(rule, mixed) == counts(rule, of), rule
        if rule not in ("sl_swin", "softnet"):  # they put a prediction at frame 0
            assert counts(rule, moved) == counts(rule, of), rule


@few
@given(rows, rows, interval)
def test_strict_properties(predictions, labels, extra):
    triple = tp, fp, fn = counts("strict", made(predictions, labels))
    assert tp <= min(len(labels), len(predictions))
    assert (tp + fp, tp + fn) == (len(predictions), len(labels))
    for greedy in ("sl_swin", "softnet"):
        stand_ins = greedy_stand_ins(predictions, labels)
        assert tp >= counts(greedy, made(predictions, labels))[0] - stand_ins, greedy
    more = counts("strict", made([*predictions, extra], labels))
    assert tp <= more[0] <= tp + 1
    if more[0] == tp and len(predictions) + len(labels):  # the new one is a false prediction
        assert f1(more) <= f1(triple)


def greedy_stand_ins(predictions, labels):
    """Groups in which the greedy rules' own prediction at frame 0 may hit."""
    predicted = {row[1:3] for row in predictions}
    return len({row[1:3] for row in labels if row[3] == 0} - predicted)


@few
@given_tables
def test_counts_add_up_over_subjects_and_agree_with_the_rule_for_one_video(predictions, labels):
    of = made(predictions, labels)
    for rule, count in RULES.items():
        groups = count(of)
        by_subject = of.by_subject(groups)
        assert by_subject.shape == (3, 2, 3)
        assert (by_subject.sum(axis=(0, 1)) == groups.sum(axis=0)).all(), rule
    strict = RULES["strict"](of).reshape(4, 2, 3)
    for v, video in enumerate("abcd"):
        for c, kind in enumerate(CLASSES):
            sides = [
                np.array([x[3:] for x in y if x[1:3] == (video, kind)], int).reshape(-1, 2)
                for y in (predictions, labels)
            ]
            assert tuple(strict[v, c]) == strict_counts(*sides)


@few
@given_tables
def test_no_overlap_is_missed(predictions, labels):
    of = made(predictions, labels)
    pairs = overlapping(of.predictions, of.labels)
    expected = {}
    for i, (p, group) in enumerate(zip(of.predictions.bounds, of.predictions.group, strict=True)):
        for j, (g, other) in enumerate(zip(of.labels.bounds, of.labels.group, strict=True)):
            shared = set(range(p[0], p[1] + 1)) & set(range(g[0], g[1] + 1))
            if group == other and shared:
                union = p[1] - p[0] + 1 + g[1] - g[0] + 1 - len(shared)
                expected[i, j] = len(shared) / union
    overlaps = zip(pairs.prediction.tolist(), pairs.label.tolist(), pairs.iou.tolist(), strict=True)
    assert {(i, j): iou for i, j, iou in overlaps} == expected

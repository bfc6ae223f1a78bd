"""What a changed key runs again where there is motion and no video, alone and with companions."""

from tests.unit import plans
from tests.unit.motion_folders import config_of, make, section
from tests.unit.plans import changed

SHOWN = {"plot_timeline", "write_review"}
SCORES = {"score", "compare_methods", "ablate"}


def test_a_changed_key_reaches_these_rules_of_a_corpus_of_motion(tmp_path):
    root = make(tmp_path / "study")
    config = config_of(root)
    before = plans.given(plans.plan(config))
    reached = {
        "flow.lags": ([1, 3], {"import_motion"}),
        "flow.algorithm": ("dis", set()),
        "tracking.rate": (25.0, set()),
        "crop.size": (192, set()),
        "pretrain.epochs": (7, set()),
        "spotting.learned.epochs": (7, {"train_spotter"}),
        "spotting.training_free.least_noise": (8.0, {"spot"}),
        "motion.settings": ({"flow": {"lags": [1, 6]}}, {"import_motion"}),
        "figures.method": ("training_free", SHOWN),
    }
    for key, (value, rules) in reached.items():
        after = plans.given(plans.plan(changed(config, key, value)))
        assert plans.rerun(before, after) == rules, key
    (root / "videos.csv").write_text((root / "videos.csv").read_text().replace(",30,", ",60,"))
    assert plans.rerun(before, plans.given(plans.plan(config))) == {"import_motion"}
    for key in ("videos", "annotations", "regions"):
        name = f"{key}.{'txt' if key == 'regions' else 'csv'}"
        (tmp_path / name).write_bytes((root / name).read_bytes())
    before = plans.given(plans.plan(config))
    for key, rules in (("regions", {"import_motion"}), ("annotations", {"label_frames"})):
        path = tmp_path / f"{key}.{'txt' if key == 'regions' else 'csv'}"
        after = plans.given(plans.plan(changed(config, f"motion.{key}", str(path))))
        assert plans.rerun(before, after) == rules, key
    after = plans.given(plans.plan(changed(config, "motion.videos", str(tmp_path / "videos.csv"))))
    assert plans.rerun(before, after) == set()  # the same recordings, named elsewhere


def test_companions_reach_the_rules_of_a_method_of_the_same_name(tmp_path):
    config = config_of(make(tmp_path / "study"))
    config = changed(config, "more_motion", section(make(tmp_path / "more", subjects=("d", "e"))))
    before, after = (
        plans.given(plans.plan(changed(config, "evaluation.with", named)))
        for named in ([], ["more_motion"])
    )
    # The spotters are others, of another name; nothing of the main run's is made again.
    assert plans.rerun(before, after) == SCORES | {"summarise", *SHOWN, "plot_ablation"}
    new = {
        (rule, dict(wildcards).get("method")) for rule, wildcards in after.keys() - before.keys()
    }
    assert new == {
        ("train_spotter", "regions+more_motion"),
        ("spot", "regions+more_motion"),
        ("import_motion", None),
        ("label_frames", None),
    }
    # A companion that is changed trains the spotters again, and nothing else.
    config = changed(config, "evaluation.with", ["more_motion"])
    path = tmp_path / "more" / "videos.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    path = tmp_path / "more" / "annotations.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-2]) + "\n")
    again = plans.given(plans.plan(config))
    assert plans.rerun(after, again) == {"train_spotter", "label_frames"}
    own = changed(config, "methods.regions.with", [])
    assert plans.given(plans.plan(changed(own, "evaluation.with", []))).keys() == before.keys()

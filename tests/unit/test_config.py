"""The config, its schema and the steps that read it say the same."""

import copy
import importlib
import inspect

import pytest
import yaml
from snakemake.utils import update_config

from mespot import config as configs
from mespot.corpora import kinds
from mespot.errors import InputError
from tests.workflow.project import ROOT


@pytest.fixture(scope="module")
def default():
    return configs.load(ROOT / "config.yaml")


def test_every_object_of_the_schema_is_closed():
    def walk(node, where):
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert "additionalProperties" in node, where
            for key, value in node.items():
                walk(value, f"{where}.{key}")
        elif isinstance(node, list):
            for value in node:
                walk(value, where)

    walk(configs.schema(), "")


def test_every_key_has_a_comment_or_stands_under_one():
    lines = (ROOT / "config.yaml").read_text().splitlines()
    commented_above = False
    for line in lines:
        if not line.strip() or line.strip().startswith("#"):
            commented_above = commented_above and bool(line.strip()) or line.startswith("#")
            continue
        if not line.startswith(" "):
            section_comment = commented_above
            assert section_comment or "#" in line or line.strip() in SELF_EVIDENT, line
        commented_above = False


# Sections whose keys are commented one by one.
SELF_EVIDENT = {"tracking:", "crop:", "flow:", "evaluation:", "figures:", "spotting:"}

SECTIONS = {
    "face_landmarker": ("landmarker", {"output"}),
    "track_face": (
        "tracking",
        {
            *("corpus", "video", "subject", "source", "fps", "first_frame", "model", "output"),
            "sheet",
        },
    ),
    "crop_frames": ("crop", {"source", "fps", "first_frame", "landmarks", "output"}),
    "optical_flow": ("flow", {"source", "frames", "landmarks", "output"}),
}


@pytest.mark.parametrize("step", SECTIONS)
def test_step_takes_exactly_the_keys_of_its_section(default, step):
    section, own = SECTIONS[step]
    function = importlib.import_module(f"mespot.steps.{step}").run
    taken = set(inspect.signature(function).parameters) - own - {"provenance"}
    assert taken == set(default[section])


def changed(default, path, value):
    config = copy.deepcopy(default)
    place = config
    *folders, last = path.split(".")
    for key in folders:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("pretrian", {}, "c.yaml: pretrian: unknown key; did you mean 'pretrain'?"),
        ("flow.lag", [1], "c.yaml: flow.lag: unknown key; did you mean 'lags'?"),
        ("flow.lags", 3, "c.yaml: flow.lags: 3 is not of type 'array'"),
        ("flow.lags", [0], "c.yaml: flow.lags.0: 0 is less than the minimum of 1"),
        ("flow.lags", [3, 6], "c.yaml: flow.lags: [3, 6] must contain 1"),
        (
            "flow.algorithm",
            "raft",
            "flow.algorithm: 'raft' is not allowed; use one of lucas_kanade, dis",
        ),
        ("crop.size", KeyError, "c.yaml: crop.size: missing"),
        ("crop.kept", 300, "c.yaml: crop.kept: 300 is more than crop.size, 224; lower it"),
        ("crop.kept", 40, "c.yaml: crop.kept: 40 is less than pretrain.input_size, 56; raise it"),
        ("demo.seed", 1.5, "c.yaml: demo.seed: 1.5 is not of type 'integer'"),
        ("methods", {"a\n": {"kind": "training_free"}}, r"methods: 'a\n' is not allowed as a name"),
        ("landmarker.sha256", "0" * 64 + "\n", "is not a SHA-256, 64 digits"),
        ("demo.seed", 10**30, "c.yaml: demo.seed: 1000000000000000000000000000000 is greater than"),
        ("demo.subjects", 10**8, "c.yaml: demo.subjects: 100000000 is greater than the maximum of"),
        ("evaluation.n_bootstrap", 10**12, "evaluation.n_bootstrap: 1000000000000 is greater than"),
        ("tracking.rate", 1e300, "c.yaml: tracking.rate: 1e+300 is greater than the maximum of 1"),
        ("demo.seed", True, "c.yaml: demo.seed: True is not of type 'integer'"),
        ("evaluation.folds", "all", "evaluation.folds: 'all' is not allowed; use loso or a whole"),
        ("evaluation.folds", 1, "folds: 1 is not allowed; use loso or a whole number from 2"),
        ("landmarker.sha256", "abc", "landmarker.sha256: 'abc' is not a SHA-256, 64 digits"),
        ("encoders.pretrained.settings", {"epoch": 1}, "encoders.pretrained.settings.epoch: unk"),
        ("methods.learned.encoder", "x", "methods.learned.encoder: 'x' is not in encoders; add it"),
        ("methods.learned.stream", [], "methods.learned.stream: unknown key; did you mean"),
        (
            "methods.learned.streams",
            [],
            "methods.learned: set both `encoder` and `streams`, or neither",
        ),
        (
            "methods.learned.encoder_training",
            "thawed",
            "'thawed' is not allowed; use one of frozen, joint",
        ),
        (
            "methods.regions.network_pretraining",
            True,
            "network_pretraining: True is not allowed; use one of none, masked",
        ),
        (
            "ablation.methods.streams_only.network_pretraining",
            "masked",
            "streams_only.network_pretraining: `masked` hides regional motion; set `regional_flow",
        ),
        ("spotting.learned.masked_motion.step", 1, "masked_motion.step: unknown key; did you mean"),
        ("spotting.learned.masked_motion.steps", KeyError, "masked_motion.steps: missing"),
        ("spotting.learned.masked_motion.mask_ratio", 1, "masked_motion.mask_ratio: 1 is"),
        ("spotting.learned.joint.step", 1, "spotting.learned.joint.step: unknown key"),
        ("spotting.learned.joint.steps", KeyError, "spotting.learned.joint.steps: missing"),
        ("methods.bad name", {"kind": "training_free"}, "methods: 'bad name' is not allowed as a"),
        ("methods." + "m" * 250, {"kind": "training_free"}, "and file names have room for 150"),
        ("methods.Learned", {"kind": "training_free"}, "methods.Learned: differs from learned in"),
        ("figures.method", "x", "figures.method: 'x' is not in methods"),
        ("model.method", "x", "model.method: 'x' is not in methods"),
        ("model.method", "learned", "model.method: learned reads `streams`"),
        ("model.method", "training_free", "model.method: training_free learns nothing"),
        ("corpora", ["sheet"], "sheet.videos: missing"),
        ("corpora", ["casme2"], "casme2.root: missing, but corpora names casme2; give its folder"),
        ("corpora", ["casme9"], "corpora.0: 'casme9' is not allowed; use one of demo, sheet, unl"),
        ("pretrain.corpora", ["unlabelled"], "unlabelled.videos: missing, but pretrain.corpora"),
        ("encoders.pretrained.settings", {"corpora": ["casme3_b"]}, "casme3_b.root: missing"),
        (
            "evaluation.with",
            ["samm_lv"],
            "samm_lv.root: missing, but evaluation.with names samm_lv",
        ),
        (
            "evaluation.with",
            ["more_motion"],
            "more_motion.root: missing, but evaluation.with names",
        ),
        ("evaluation.with", ["demo", "demo"], "evaluation.with: ['demo', 'demo'] has non-unique"),
        ("evaluation.with", ["casme9"], "evaluation.with.0: 'casme9' is not allowed; use one of"),
        ("evaluation.with", None, "evaluation.with: None is not of type 'array'"),
        (
            "methods.regions.with",
            ["casme2"],
            "root: missing, but methods.regions.with names casme2",
        ),
        ("methods.learned.with", ["motion"], "learned.with: motion has no faces, but the method"),
        ("methods.training_free.with", [], "methods.training_free.with: unknown key"),
        ("evaluation.train", "demo", "evaluation: set both `train` and `test`, or neither"),
        (
            "casme2.missing_offset",
            "none",
            "missing_offset: 'none' is not allowed; use one of apex, m",
        ),
        ("smic_e_long.camera", "RGB", "smic_e_long.camera: 'RGB' is not allowed; use one of HS"),
        ("methods", {}, "methods"),
        ("ablation.seeds", [], "ablation.seeds: [] "),
        ("ablation.seeds", [1, 1], "ablation.seeds: [1, 1] has non-unique"),
        ("ablation.seed", 1, "ablation.seed: unknown key; did you mean 'seeds'?"),
        (
            "ablation.rows.inputs",
            ["x"],
            "ablation.rows.inputs: 'x' is not in methods or ablation.m",
        ),
        (
            "methods.learned.ensemble_partner",
            "x",
            "learned.ensemble_partner: 'x' is not in methods",
        ),
        (
            "methods.learned.ensemble_partner",
            "learned",
            "ensemble_partner: learned cannot be a partner; name a learned method on regional_flow",
        ),
        ("methods.learned.regional_flow", False, "ensemble_partner: needs `regional_flow: true`"),
        ("ablation.rows.inputs", "face", "ablation.rows.inputs: 'face' is not of type 'array'"),
        ("ablation.full", "x", "ablation.full: 'x' is not in any group of ablation.rows"),
        ("ablation.full", KeyError, "c.yaml: ablation.full: missing"),
        ("ablation.methods.face_only.encoder", "x", "face_only.encoder: 'x' is not in encoders or"),
        ("ablation.methods.face_only.streams", [], "methods.face_only: set both `encoder`"),
        ("ablation.methods.learned", {"kind": "training_free"}, "ablation.methods.learned: is in"),
        (
            "ablation.methods.regions-seed2",
            {"kind": "training_free"},
            "methods.regions-seed2: the ablation uses this name; rename it",
        ),
        (
            "ablation.encoders.pretrained",
            {"pretraining": "none", "settings": {}},
            "ablation.encoders.pretrained: is in encoders too",
        ),
        (
            "ablation.encoders.mask_tube_75.settings",
            {"mask_rate": 1},
            "mask_tube_75.settings.mask_rate: unknown key; did you mean 'mask_ratio'?",
        ),
        (
            "ablation.encoders.mask_tube_75.settings",
            {"corpora": ["casme3_b"]},
            "casme3_b.root: missing, but ablation.encoders.mask_tube_75.settings.corpora names",
        ),
    ],
)
def test_mistake_is_named_by_its_key(default, path, value, words):
    with pytest.raises(InputError) as caught:
        configs.check(changed(default, path, value), "c.yaml")
    assert words in str(caught.value)


def test_encoders_learn_only_where_there_are_streams(default):
    method = {"kind": "learned", "streams": [], "regional_flow": True}
    configs.check(changed(default, "methods.learned", {**method, "encoder_training": "frozen"}))
    config = changed(default, "methods.learned", {**method, "encoder_training": "joint"})
    with pytest.raises(InputError, match="methods.learned.encoder_training: `joint` needs"):
        configs.check(config)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "methods.learned.averaged_with",
            "regions",
            "averaged_with: unknown key; it is now called",
        ),
        ("spotting.training_free.p", {}, "p: unknown key; it is now called `least_motion`, and is"),
        ("spotting.learned.snapshots", 4, "snapshots: unknown key; there is no such setting any"),
        ("spotting.learned.tolerance", 0.1, "tolerance: unknown key; thresholds are now chosen by"),
        ("pretrain.target", "displacement", "'displacement' is not allowed; there is no such"),
    ],
)
def test_a_name_of_an_earlier_version_is_reported_with_what_became_of_it(
    default, path, value, words
):
    with pytest.raises(InputError) as caught:
        configs.check(changed(default, path, value), "c.yaml")
    assert words in str(caught.value)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_loader_has_the_settings_of_config_yaml(default, kind):
    own = {key: value for key, value in default[kind].items() if key not in ("root", "settings")}
    assert configs.loader_settings(kind, {}) == own


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("missing_offset", "none", "casme2.missing_offset: 'none' is not allowed; use one of apex"),
        ("rounding", "down", "casme2.rounding: unknown key; known keys are workbook, tree"),
        ("root", "/data", "casme2.root: unknown key"),
        ("workbook", "", "casme2.workbook: "),
    ],
)
def test_a_setting_of_a_loader_is_checked_by_the_schema(key, value, words):
    assert configs.loader_settings("casme2", {"tree": "rawpic"})["tree"] == "rawpic"
    with pytest.raises(InputError) as caught:
        configs.loader_settings("casme2", {key: value})
    assert words in str(caught.value)


def test_train_and_test_are_two_of_the_corpora(default):
    config = changed(changed(default, "evaluation.train", "demo"), "evaluation.test", "demo")
    with pytest.raises(InputError, match="evaluation.test: the same corpus as evaluation.train"):
        configs.check(config)
    with pytest.raises(InputError, match="evaluation.test: 'samm_lv' is not in corpora"):
        configs.check(changed(config, "evaluation.test", "samm_lv"))


def test_nothing_trains_along_where_two_corpora_are_train_and_test(default):
    config = changed(default, "corpora", ["demo", "samm_lv"])
    config["samm_lv"]["root"] = "/data"
    config["evaluation"] |= {"train": "demo", "test": "samm_lv"}
    configs.check(config)
    for key in ("evaluation.with", "methods.regions.with"):
        with pytest.raises(
            InputError, match=f"{key}: demo cannot train along where evaluation.tra"
        ):
            configs.check(changed(config, key, ["demo"]))


def test_settings_of_one_corpus_are_put_over_those_of_all(default):
    config = changed(changed(default, "corpora", ["demo", "samm_lv"]), "samm_lv.root", "/data")
    free = {"least_motion": {"micro": 0.2}}
    config["samm_lv"]["settings"] = {"spotting": {"training_free": free}}
    configs.check(config)
    merged = configs.for_corpus(config, "samm_lv")["spotting"]["training_free"]
    assert merged["least_motion"] == {"micro": 0.2, "macro": 0.25}
    assert merged["seconds"] == default["spotting"]["training_free"]["seconds"]
    assert configs.for_corpus(config, "demo")["spotting"] == default["spotting"]
    config["samm_lv"]["settings"] = {"flow": {"lag": [1]}}
    with pytest.raises(InputError, match="samm_lv.settings.flow.lag: unknown key; did you mean"):
        configs.check(config)
    config["samm_lv"]["settings"] = {"flow": {"lags": [2]}}
    with pytest.raises(InputError, match=r"samm_lv.settings.flow.lags: \[2\] must contain 1"):
        configs.check(config)
    config["samm_lv"]["settings"] = {"pretrain": {"epochs": 1}}
    with pytest.raises(InputError, match="samm_lv.settings.pretrain: unknown key"):
        configs.check(config)


def test_ready_made_configs_hold(default):
    for path in sorted((ROOT / "config").glob("*.yaml")):
        config = copy.deepcopy(default)
        before = {
            "motion_ablation.yaml": [path.with_name("motion_both.yaml")],
            "model_check.yaml": [path.with_name("demo_hard.yaml")],
        }
        for one in (*before.get(path.name, []), path):
            update_config(config, yaml.safe_load(one.read_text()))
        configs.check(config, path.name)
        own = {
            name: config[name].get("root", config[name].get("portraits"))
            for name in config["corpora"]
        }
        assert all(own.values()), path.name


def test_all_mistakes_come_at_once(default):
    config = changed(changed(default, "flow.lag", 1), "crop.size", "big")
    with pytest.raises(InputError) as caught:
        configs.check(config, "c.yaml")
    assert "flow.lag" in str(caught.value) and "crop.size" in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_named(default, value):
    """Those of `--config` come from no file."""
    for key in ("evaluation.iou", "flow.lags", "demo.settings"):
        given = [1, value] if key == "flow.lags" else value
        words = "flow.lags.1" if key == "flow.lags" else key
        with pytest.raises(InputError, match=f"c.yaml: {words}: .* is no finite number"):
            configs.check(changed(default, key, given), "c.yaml")


def test_every_number_has_a_limit():
    """A number of any size would be a memory or a time of any size."""

    def unlimited(part, where):
        if isinstance(part, dict):
            limited = {"maximum", "exclusiveMaximum"} & set(part)
            if part.get("type") in ("integer", "number") and not limited:
                yield where
            for name, inner in part.items():
                yield from unlimited(inner, f"{where}.{name}")
        elif isinstance(part, list):
            for inner in part:
                yield from unlimited(inner, where)

    assert list(unlimited(configs.schema(), "")) == []

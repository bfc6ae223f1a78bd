"""Recipes: every key of config.yaml goes to one of them, and mistakes are named."""

import subprocess
import sys
from dataclasses import dataclass, fields

import pytest

from mespot import config
from mespot.errors import InputError
from mespot.settings import fill
from mespot.spotting.decoders import Decoding
from mespot.spotting.training_free import TrainingFreeRecipe
from mespot.training import recipes
from tests.unit.spotters import DECODING, LOOK, MASKED, PEAKS, TRAINING
from tests.unit.test_pretrain import SETTINGS
from tests.workflow.project import ROOT


@dataclass(frozen=True)
class Size:
    width: int
    depth: int = 2


@dataclass(frozen=True)
class Pace:
    steps: int


def test_one_mapping_fills_several():
    settings = {"steps": 5, "width": 3, "depth": 4}
    assert fill("net", settings, Size, Pace) == (Size(3, 4), Pace(5))
    # A key without effect may be there or not.
    for given in ({"width": 3}, {"width": 3, "depth": 9}):
        assert fill("net", given, Size, without_effect=["depth"]) == (Size(3, 2),)


def test_what_is_missing_or_unknown_is_named():
    with pytest.raises(InputError, match="^net: lacks depth, steps; knows no wide, step$"):
        fill("net", {"width": 3, "wide": 1, "step": 1}, Size, Pace)


def names(*kinds):
    return {field.name for kind in kinds for field in fields(kind)}


def test_every_key_of_the_config_is_that_of_a_recipe():
    default = config.load(ROOT / "config.yaml")
    spotting = default["spotting"]
    assert set(spotting["training_free"]) == names(TrainingFreeRecipe)
    assert set(spotting["learned"]["masked_motion"]) == names(recipes.MaskedMotionRecipe)
    assert set(spotting["learned"]["joint"]) == names(recipes.JointRecipe)
    learned = {"seed", "decoder", *spotting["learned"]}
    assert learned == names(recipes.SpotterRecipe, Decoding)
    assert not names(recipes.SpotterRecipe) & names(Decoding)
    pretraining = names(recipes.ClipRecipe, recipes.NetworkRecipe, recipes.PretrainingRecipe)
    assert {*default["pretrain"]} - {"corpora", "save_seconds"} == pretraining


# What decides, keys that then have no effect, and the same with the effect.
PRETRAINING = [
    ({"mask_kind": "tube"}, {"patch_size", "patch_frames"}, {"mask_kind": "patch"}),
    ({"target": "clip_normalised"}, {"target_reach"}, {"target": "temporal_difference"}),
    ({"stream": "flow"}, {"reference_seconds"}, {"stream": "face"}),
    (
        {"weights": "random"},
        {"epochs", "steps_per_epoch", "learning_rate", "weight_decay", "visible_weight"},
        {"weights": "pretrained"},
    ),
]


@pytest.mark.parametrize(("without", "keys", "with_effect"), PRETRAINING)
def test_keys_of_pretraining_may_be_missing_only_without_effect(without, keys, with_effect):
    def read(choice):
        settings = {**SETTINGS, **choice}
        given = {k: v for k, v in settings.items() if k not in {*keys, "stream", "weights"}}
        stream, weights = choice.get("stream", "face"), choice.get("weights", "pretrained")
        return recipes.pretraining(given, stream=stream, weights=weights)

    read(without)
    with pytest.raises(InputError) as caught:
        read(with_effect)
    assert all(key in str(caught.value) for key in keys)


def test_random_weights_take_no_step():
    _, _, training = recipes.pretraining(SETTINGS, stream="flow", weights="random")
    assert training.steps == 0


def test_keys_of_streams_may_be_missing_where_none_is_read():
    given = {k: v for k, v in TRAINING.items() if k not in ("code", "stream_dropout")}
    recipes.SpotterRecipe.of(given, streams=[])
    with pytest.raises(InputError, match="spotting.learned: lacks code, stream_dropout"):
        recipes.SpotterRecipe.of(given, streams=["face"])


def test_keys_of_masked_motion_may_be_missing_where_no_network_is_pretrained():
    def read(**options):
        return recipes.SpotterRecipe.of(given, streams=[], **options).masked_motion

    given = TRAINING
    assert read() is None
    with pytest.raises(InputError, match="spotting.learned: lacks masked_motion"):
        read(masked=True)
    given = {**TRAINING, "masked_motion": MASKED}
    assert read() is None and read(masked=True) == recipes.MaskedMotionRecipe(**MASKED)
    given = {**TRAINING, "masked_motion": {**MASKED, "ratio": 0.5}}
    with pytest.raises(InputError, match="spotting.learned.masked_motion: knows no ratio"):
        read(masked=True)


def test_keys_of_boundaries_may_be_missing_for_peaks():
    assert Decoding.of(PEAKS).duration_slack == 1.25 and not Decoding.of(PEAKS).looks_twice
    with pytest.raises(
        InputError,
        match="spotting.learned: lacks floor, nms_iou, vote_iou, second_look, "
        "person_share, person_minutes",
    ):
        Decoding.of({**PEAKS, "decoder": "boundaries"})
    with pytest.raises(InputError, match="spotting.learned: knows no focus"):
        Decoding.of({**DECODING, "focus": 2.0})


def test_keys_of_a_second_look_may_be_missing_where_it_has_no_weight():
    assert not Decoding.of({**DECODING, "second_look": {"weight": 0.0}}).looks_twice
    assert Decoding.of({**DECODING, "second_look": LOOK}).second_look.trees == LOOK["trees"]
    with pytest.raises(
        InputError, match="spotting.learned.second_look: lacks nms_iou, fewest_hits"
    ):
        Decoding.of({**DECODING, "second_look": {"weight": 0.1}})
    with pytest.raises(InputError, match="spotting.learned.second_look: knows no depth"):
        Decoding.of({**DECODING, "second_look": {**LOOK, "depth": 2}})


def test_recipes_do_without_torch_and_scikit_learn():
    modules = "mespot.training.recipes, mespot.spotting.decoders, sys"
    script = f"import {modules}; sys.exit(bool({{'torch', 'sklearn'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)

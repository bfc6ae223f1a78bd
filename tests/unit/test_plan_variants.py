"""Encoders and methods at the seeds of the ablation: their names, and which share a network."""

import copy

import pytest

from mespot.plan.variants import all_encoders, all_methods, encoder_at, method_at, shared_encoders
from tests.unit.plans import DEFAULT


@pytest.fixture(scope="module")
def default():
    return DEFAULT


def test_the_seed_of_the_main_run_keeps_its_names(default):
    assert method_at(default, "demo", "learned", default["spotting"]["seed"]) == "learned"
    assert method_at(default, "demo", "learned", 2) == "learned-seed2"
    assert method_at(default, "demo", "training_free", 2) == "training_free"
    assert encoder_at(default, "mask_tube_75", default["pretrain"]["seed"]) == "mask_tube_75"
    assert all_methods(default)["learned"] == default["methods"]["learned"]


def test_a_recipe_of_the_face_alone_shares_the_network_of_the_flow(default):
    shared = shared_encoders(default)
    assert shared["face"]["whole_face"] == "whole_face"
    assert shared["flow"]["whole_face"] == shared["flow"]["pretrained"] == "pretrained"
    assert shared["flow"]["whole_face-seed2"] == "pretrained-seed2"
    for stream in ("face", "flow"):
        for name in ("random", "transductive", "mask_tube_75", "target_normalised-seed3"):
            assert shared[stream][name] == name
    config = copy.deepcopy(default)
    config["ablation"]["encoders"]["again"] = {
        "pretraining": "inductive",
        "settings": {"mask_ratio": default["pretrain"]["mask_ratio"]},
    }
    assert shared_encoders(config)["face"]["again"] == "pretrained"


def test_a_method_at_a_seed_has_its_encoder_and_its_spotter_at_it(default):
    methods, encoders = all_methods(default), all_encoders(default)
    assert methods["flow_only-seed3"] == {
        **default["ablation"]["methods"]["flow_only"],
        "encoder": "pretrained-seed3",
        "seed": 3,
    }
    assert methods["learned-seed3"]["ensemble_partner"] == "regions-seed3"
    assert "encoder" not in methods["regions-seed3"]
    assert encoders["mask_tube_75-seed3"]["settings"] == {
        **default["ablation"]["encoders"]["mask_tube_75"]["settings"],
        "seed": 3,
    }


def test_plain_names_stand_for_both_seeds(default):
    config = copy.deepcopy(default)
    config["pretrain"]["seed"] = 2
    # No seed is that of encoder and spotter; where no encoder is read, the spotter's alone counts.
    assert method_at(config, "demo", "learned", 1) == "learned-seed1"
    assert method_at(config, "demo", "learned", 2) == "learned-seed2"
    assert method_at(config, "demo", "regions", 1) == "regions"
    assert all_methods(config)["learned-seed2"]["encoder"] == "pretrained"
    config["samm_lv"]["settings"] = {"spotting": {"seed": 2}}
    assert method_at(config, "samm_lv", "learned", 2) == "learned"


def test_keys_without_effect_make_no_network_of_their_own(default):
    config = copy.deepcopy(default)
    config["ablation"]["encoders"]["other_patches"] = {
        "pretraining": "inductive",
        "settings": {"patch_size": 4, "target_reach": 5},  # of masks and targets not chosen
    }
    config["ablation"]["encoders"]["other_corpora"] = {
        "pretraining": "inductive",
        "settings": {"corpora": ["casme3_b"]},
    }
    shared = shared_encoders(config)["face"]
    assert shared["other_patches"] == "pretrained"
    assert shared["other_corpora"] == "other_corpora"

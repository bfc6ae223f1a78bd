"""What is refused when a run is planned, and how long planning takes."""

from time import process_time

import pytest

from mespot.errors import InputError
from tests.unit import plans


def test_too_few_training_subjects_are_reported_when_the_run_is_planned():
    for subjects, folds, words in (
        (2, "loso", r"demo: fold s01 has 1 training subject\(s\)"),
        (3, 2, "fold g1 has 1 training subject"),
    ):
        config = plans.changed(plans.DEFAULT, "demo.subjects", subjects)
        with pytest.raises(InputError, match=words):
            plans.plan(plans.changed(config, "evaluation.folds", folds))
    config["methods"] = {"training_free": {"kind": "training_free"}}
    config["figures"]["method"] = "training_free"
    config["model"]["method"] = None
    nothing = dict.fromkeys(config["ablation"]["rows"], [])
    config["ablation"]["rows"] = {**nothing, "inputs": ["training_free"]}
    config["ablation"]["full"] = "training_free"
    config["ablation"]["methods"] = {}
    assert plans.plan(config).methods_of("demo") == ["training_free"]


def test_no_encoder_learns_from_who_is_tested_under_another_name(tmp_path):
    """Corpora that are only pretrained on may have links to the same recordings."""
    config = plans.real_corpora(tmp_path)
    config["corpora"] = ["samm_lv"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "again").symlink_to(tmp_path / "samm_lv" / "SAMM_longvideos" / "006_1")
    sheet = {"videos": str(other / "videos.csv"), "root": str(tmp_path), "settings": {}}
    (other / "videos.csv").write_text("subject,video,path,fps\nx,x_1,other/again,200\n")
    config["unlabelled"] = sheet
    config["pretrain"]["corpora"] = ["unlabelled"]
    with pytest.raises(
        InputError, match="is in samm_lv and in unlabelled, so encoders would learn"
    ):
        plans.plan(config)
    config["corpora"] = ["casme2"]
    plans.plan(config)
    config["corpora"], config["pretrain"]["corpora"] = ["samm_lv"], []
    config["encoders"]["pretrained"]["settings"] = {"corpora": ["unlabelled"]}
    with pytest.raises(InputError, match="is in samm_lv and in unlabelled"):
        plans.plan(config)
    config["encoders"]["pretrained"]["pretraining"] = "transductive"
    plans.plan(config)
    config["encoders"]["pretrained"]["pretraining"] = "inductive"
    config["corpora"] = ["casme2", "samm_lv"]
    config["evaluation"] |= {"train": "casme2", "test": "samm_lv"}
    with pytest.raises(InputError, match="is in samm_lv and in unlabelled"):
        plans.plan(config)


def test_many_videos_and_folds_are_planned_in_time():
    """Every job plans the run anew."""
    config = plans.changed(plans.DEFAULT, "demo.subjects", 300)
    config = plans.changed(config, "evaluation.folds", "loso")
    began = process_time()
    assert len(plans.plan(config).corpora["demo"].folds) == 300
    assert process_time() - began < 2

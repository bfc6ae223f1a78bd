"""Corpora as the workflow opens them: which, with which folds and labels."""

import pandas as pd
import pytest

from mespot.corpora import ALL, corpora_of, open_corpus
from mespot.errors import InputError
from tests import trees
from tests.unit import plans


@pytest.fixture
def config(tmp_path):
    return plans.real_corpora(tmp_path)


def test_a_real_corpus_has_videos_folds_and_its_workbook(config):
    corpus = open_corpus("casme2", config, check_labels=True)
    assert list(corpus.folds) == ["s15", "s16", "s23"]
    assert corpus.training_videos("s15") == list(corpus.videos.index[1:])
    assert [path.name for path in corpus.annotations] == ["CAS(ME)^2code_final.xlsx"]
    assert corpus.loader == {
        "kind": "casme2", "workbook": None, "tree": None, "missing_offset": "apex",
    }  # fmt: skip


def test_corpora_that_are_only_pretrained_on_need_no_workbook(config, tmp_path):
    config["pretrain"]["corpora"] = ["casme3_b"]
    config["encoders"]["pretrained"]["settings"] = {"corpora": ["casme3_b", "samm_lv"]}
    config["corpora"] = ["casme2"]
    assert corpora_of(config) == ["casme2", "casme3_b", "samm_lv"]
    (tmp_path / "samm_lv" / "SAMM_LongVideos_V2_Release.xlsx").unlink()
    corpus = open_corpus("samm_lv", config, check_labels=True)
    assert corpus.annotations is None and corpus.folds == {} and len(corpus.videos) == 3
    config["corpora"].append("samm_lv")
    with pytest.raises(InputError, match="no workbook of SAMM Long Videos"):
        open_corpus("samm_lv", config)


def test_trained_on_one_and_tested_on_another(config):
    config["evaluation"] |= {"train": "casme2", "test": "samm_lv"}
    assert open_corpus("casme2", config).folds == {}
    tested = open_corpus("samm_lv", config)
    assert tested.folds == {"from-casme2": ["006", "032", "037"]}
    assert tested.fold_of("032_3") == "from-casme2"
    assert tested.test_videos("from-casme2") == tested.test_videos(ALL)
    config["corpora"] = ["casme3_b", "samm_lv"]
    config["evaluation"]["train"] = "casme3_b"
    with pytest.raises(InputError, match="casme3_b has no labels to train on"):
        open_corpus("casme3_b", config)


def test_a_bad_workbook_is_reported_when_labels_are_checked(config, tmp_path):
    trees.samm_workbook(tmp_path / "casme2" / "CAS(ME)^2code_final.xlsx", trees.samm_odd_rows())
    open_corpus("casme2", config)  # a job has other things to do
    with pytest.raises(InputError, match="no sheet with micro-expression"):
        open_corpus("casme2", config, check_labels=True)


def test_two_sheets_of_ones_own(config, tmp_path):
    root = tmp_path / "mine"
    trees.images(root / "a", "img{}.jpg", [1])
    (root / "videos.csv").write_text("subject,video,path,fps\ns,a,a,30\n")
    config["unlabelled"] = {"videos": str(root / "videos.csv"), "root": None, "settings": {}}
    config["pretrain"]["corpora"] = ["unlabelled"]
    corpus = open_corpus("unlabelled", config)
    assert corpus.annotations is None and list(corpus.videos.index) == ["a"]
    assert pd.isna(corpus.videos.first_frame["a"])

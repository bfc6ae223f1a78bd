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


@pytest.mark.parametrize("link", ["", "symlink_to", "hardlink_to"])
def test_no_recording_is_of_two_subjects(config, tmp_path, link):
    """They would be in two folds. Two people in one picture are told apart by their faces."""
    (tmp_path / "a.mp4").write_bytes(b"a")
    (tmp_path / "c.mp4").write_bytes(b"c")
    again = tmp_path / "b.mp4" if link else tmp_path / "a.mp4"
    if link:
        getattr(again, link)(tmp_path / "a.mp4")
    sheet = tmp_path / "twice.csv"
    (tmp_path / "labels.csv").write_text("subject,video,onset,offset,type\ns1,v1,1,9,micro\n")
    config["sheet"] |= {"videos": str(sheet), "annotations": str(tmp_path / "labels.csv")}
    config["corpora"] = ["sheet"]
    rows = f"s1,v1,a.mp4,30,{{}}\ns3,v3,c.mp4,30,\n{{}},v2,{again.name},30,{{}}\n"
    head = "subject,video,path,fps,face\n"
    sheet.write_text(head + rows.format("", "s2", ""))
    with pytest.raises(InputError, match="'v1' of subject 's1' and video 'v2' of 's2' are one rec"):
        open_corpus("sheet", config)
    for faces in (("", "s1", ""), ("left", "s2", "right")):
        sheet.write_text(head + rows.format(*faces))
        assert len(open_corpus("sheet", config).videos) == 3


def test_what_is_odd_in_sheets_is_noted(config, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "videos.csv").write_text("Subject,video,path,fps\ns,a,a.mp4,30\nt,b,b.mp4,30\n")
    (tmp_path / "labels.csv").write_text(
        "subject,video,onset,offset,type,AU\ns,a,1,9,ME,4\nt,b,1,300,micro,7\n"
    )
    videos, annotations = str(tmp_path / "videos.csv"), str(tmp_path / "labels.csv")
    config["sheet"] = plans.DEFAULT["sheet"] | {"videos": videos, "annotations": annotations}
    config["corpora"] = ["sheet"]
    notes = [f"{note.what}: {note}" for note in open_corpus("sheet", config).notes]
    assert [note.replace(f"{tmp_path}/", "")[:70] for note in notes] == [
        "changed: videos.csv: row 1: columns read under other names: 'Subject' as subject"[:70],
        "remark: labels.csv: row 1: columns that mespot does not know, kept as they are"[:70],
        "changed: labels.csv: row 2: type: 'ME' read as micro (its name here)"[:70],
        "doubtful: labels.csv: row 3: [1, 300] is a micro of 10.00 s (300 frames"[:70],
    ]


@pytest.mark.parametrize("name", ["x" * 300, "x\0y"])
def test_names_that_no_path_can_have(config, tmp_path, name):
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns,a,a.mp4,30\n")
    videos = str(tmp_path / "videos.csv")
    own = {"videos": videos, "annotations": str(tmp_path / name)}
    config["sheet"] = plans.DEFAULT["sheet"] | own
    for kind in ("motion", "samm_lv"):
        config[kind] = plans.DEFAULT[kind] | {"root": str(tmp_path / name)}
    for kind in ("sheet", "motion", "samm_lv"):
        config["corpora"] = [kind]
        with pytest.raises(InputError, match="cannot be looked at: .*correct the path"):
            open_corpus(kind, config)


def test_a_path_with_braces_is_refused(config, tmp_path):
    root = tmp_path / "{study}"
    trees.images(root / "a", "img{}.jpg", [1])
    (root / "videos.csv").write_text("subject,video,path,fps\ns,a,a,30\n")
    config["unlabelled"] = {"videos": str(root / "videos.csv"), "root": None, "settings": {}}
    with pytest.raises(InputError, match=r"{study}/a: has { or }, which no path may have; rename"):
        open_corpus("unlabelled", config)
    (tmp_path / "a.mp4").write_bytes(b"x")
    sheets = {"videos": "subject,video,path,fps\ns,a,a.mp4,30\n"}
    sheets |= {"annotations": "subject,video,onset,offset,type\ns,a,1,9,micro\n"}
    sheets |= {"{undecided}": "subject,video,first,last\ns,a,20,30\n"}
    for name, text in sheets.items():
        (tmp_path / f"{name}.csv").write_text(text)
    given = {name.strip("{}"): str(tmp_path / f"{name}.csv") for name in sheets}
    config["sheet"] = plans.DEFAULT["sheet"] | given
    config["corpora"] = ["sheet"]
    with pytest.raises(InputError, match=r"{undecided}.csv: has { or }, which no path may have"):
        open_corpus("sheet", config)

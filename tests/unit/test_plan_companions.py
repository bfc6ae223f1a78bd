"""Training along with other corpora: who is seen by which network, names, and what is refused."""

import copy
import shutil

import pytest
import yaml
from snakemake.utils import update_config

from mespot.corpora import corpora_of, fold_from, open_corpus, trained_for
from mespot.errors import InputError
from mespot.plan import inputs, paths, reports, settings, targets
from tests.unit import plans
from tests.unit.motion_folders import make, section

BOTH = ["casme2", "samm_lv"]


@pytest.fixture(scope="module")
def two_corpora(tmp_path_factory):
    return plans.real_corpora(tmp_path_factory.mktemp("real"))


@pytest.fixture
def real(two_corpora):
    """Two corpora of videos that train together."""
    return plans.changed(two_corpora, "evaluation.with", BOTH)


@pytest.fixture
def motion(tmp_path):
    """Two corpora of motion that train together."""
    config = {**plans.DEFAULT, "corpora": ["motion", "more_motion"]}
    for name, subjects in (("motion", ("a", "b", "c")), ("more_motion", ("a", "b", "d"))):
        config[name] = section(make(tmp_path / name, subjects=subjects))
    return plans.changed(config, "evaluation.with", ["motion", "more_motion"])


def videos_of(files):
    """(corpus, video) of per-video artefacts."""
    return {(path.split("/")[1], path.split("/")[-1].rsplit(".", 1)[0]) for path in files}


def learned_from(plan, spotter):
    """(corpus, video) of all that the networks behind a spotter learn from."""
    seen = set()
    for path in targets.behind(plan, [spotter]):
        rule, wildcards = paths.maker(path) or (None, {})
        if rule == "pretrain":
            seen |= videos_of(inputs.pretrain(plan, **wildcards)["sources"])
        if rule == "train_spotter":
            given = inputs.train_spotter(plan, **wildcards)
            for name, files in given.items():
                seen |= videos_of(files) if name.endswith("flow") else set()
    return seen


def every(plan, corpus):
    return {(corpus, video) for video in plan.corpora[corpus].videos}


def test_companions_train_whole_and_no_test_subject_does(real):
    for pretraining in ("inductive", "none"):
        real["encoders"]["pretrained"]["pretraining"] = pretraining
        plan = plans.plan(real)
        for corpus, other in (BOTH, BOTH[::-1]):
            for fold in plan.corpora[corpus].folds:
                own = plan.corpora[corpus].corpus
                training = {(corpus, video) for video in own.training_videos(fold)}
                wanted = training | every(plan, other)
                for method in (f"learned+{other}", f"regions+{other}"):
                    spotter = paths.spotter(corpus, method, fold)
                    assert learned_from(plan, spotter) == wanted
                    given = inputs.train_spotter(plan, corpus, method, fold)
                    assert given[f"{other}_labels"] == paths.labels(other)
                    assert given["labels"] == paths.labels(corpus)
                spotting = inputs.spot(plan, corpus, f"learned+{other}", fold)
                tested = {(corpus, video) for video in own.test_videos(fold)}
                assert videos_of(spotting["flow"]) == tested
                assert not any(name.startswith(other) for name in spotting)


def test_features_of_companions_are_those_of_the_encoder_of_the_fold(real):
    plan = plans.plan(real)
    given = inputs.train_spotter(plan, "casme2", "learned+samm_lv", "s15")
    assert given["face_features"] == paths.features(
        *("casme2", "pretrained+samm_lv", "s15", "face"),
    )  # fmt: skip
    place = ("samm_lv", "pretrained+samm_lv", "from-casme2-s15", "face")
    assert given["samm_lv_face_features"] == paths.features(*place)
    assert inputs.extract_features(plan, *place) == {
        "encoder": paths.encoder("casme2", "pretrained+samm_lv", "s15", "face"),
        "sources": inputs.of_videos(plan, "frames", "samm_lv"),
        "frames": inputs.of_videos(plan, "frames", "samm_lv"),
    }
    assert not any(name.endswith("frames") for name in given)
    spotting = inputs.spot(plan, "casme2", "learned+samm_lv", "s15")
    assert spotting["face_features"] == given["face_features"]
    # What its own folds read is made by other networks.
    own = inputs.train_spotter(plan, "samm_lv", "learned+casme2", "006")["face_features"]
    assert inputs.extract_features(plan, "samm_lv", *own.split("/")[3:5], "face")[
        "encoder"
    ] == paths.encoder("samm_lv", "pretrained+casme2", "006", "face")
    real["encoders"]["pretrained"]["pretraining"] = "transductive"
    given = inputs.train_spotter(plans.plan(real), "casme2", "learned+samm_lv", "s15")
    assert given["samm_lv_face_features"].split("/")[4] == "from-casme2"
    assert trained_for(fold_from("casme2")) == ("casme2", "all")
    assert trained_for(fold_from("more_motion", "g-1")) == ("more_motion", "g-1")
    assert trained_for("s15") is None


def test_who_is_judged_by_the_networks_of_a_fold(real):
    plan = plans.plan(real)
    place = ("samm_lv", "from-casme2-s15")
    assert reports.judged(plan, "casme2", "s15") == [["casme2", "s15"]]
    assert reports.judged(plan, *place, encoder="pretrained+samm_lv") == [["casme2", "s15"]]
    assert reports.judged(plan, "casme2", "all") == []
    assert not reports.transductive(plan, "casme2", "learned+samm_lv", "s15")
    assert not reports.transductive(plan, "casme2", "training_free", "all")
    real["encoders"]["pretrained"]["pretraining"] = "transductive"
    plan = plans.plan(real)
    assert reports.transductive(plan, "casme2", "learned+samm_lv", "s15")
    assert reports.pretraining_kind(plan, *place[:1], "pretrained+samm_lv") == "transductive"


def test_joint_training_reads_the_videos_of_companions(real):
    real["methods"]["learned"]["encoder_training"] = "joint"
    plan = plans.plan(real)
    given = inputs.train_spotter(plan, "casme2", "learned+samm_lv", "s15")
    assert given["samm_lv_frames"] == inputs.of_videos(plan, "frames", "samm_lv")
    assert given["face_encoder"] == paths.encoder(
        *("casme2", "pretrained+samm_lv", "s15", "face"),
    )  # fmt: skip
    spotting = inputs.spot(plan, "casme2", "learned+samm_lv", "s15")
    assert len(spotting["frames"]) == len(spotting["flow"])


def test_names_say_the_companions(real):
    real["evaluation"]["with"] = ["demo", "casme2", "samm_lv"]
    plan = plans.plan(real)
    name = "learned+demo+samm_lv"
    assert plan.methods_of("casme2") == ["training_free", "regions+demo+samm_lv", name]
    assert plan.partner_of(name) == "regions+demo+samm_lv"
    assert plan.methods_of("samm_lv")[2] == "learned+demo+casme2"
    assert plan.spotted == BOTH and reports.companions(plan, "casme2", name) == ["demo", "samm_lv"]
    rows = reports.score(plan, "casme2")
    assert [row["method"] for row in rows] == plan.methods_of("casme2")
    assert [row["pretraining"] for row in rows] == ["none", "none", "inductive+demo+samm_lv"]
    assert inputs.timeline_method(plan, "casme2") == name
    made = targets.files(plan, "all")
    assert paths.table("intervals", "casme2", name, "s15") in made
    assert paths.figure("casme2", "losses/pretrained+demo+samm_lv")[0] in made
    assert not any("losses/pretrained." in path or "/demo/" in path for path in made)
    assert targets.files(plan, "encoders")[0].split("/")[3] == "pretrained+demo+samm_lv"
    every_path = targets.behind_metrics(plan)
    assert (
        paths.labels("demo") in every_path and "results/demo/corpus/annotations.csv" in every_path
    )
    # Companions that are not there change no name and no file.
    for named in (["casme2"], []):
        real["corpora"], real["evaluation"]["with"] = ["casme2"], named
        alone = plans.plan(real)
        assert alone.methods_of("casme2") == list(real["methods"])
        assert list(alone.corpora) == ["casme2"]
        assert "with" not in alone.methods["learned"]


def test_the_ablation_names_them_too(real):
    config = plans.changed(
        real, "ablation.methods.alone", {**real["methods"]["regions"], "with": []}
    )
    config["ablation"]["rows"]["inputs"] = ["training_free", "alone", "regions", "learned"]
    plan = plans.plan(config)
    casme2, samm_lv = reports.ablate(plan)
    assert casme2["full"] == "learned+samm_lv" and samm_lv["full"] == "learned+casme2"
    assert casme2["groups"]["inputs"] == [
        *("training_free", "alone", "regions+samm_lv", "learned+samm_lv"),
    ]  # fmt: skip
    assert reports.plot_ablation(plan) == {"casme2": casme2["full"], "samm_lv": samm_lv["full"]}
    runs = plan.ablation_runs("casme2")
    assert runs["learned+samm_lv"] == [
        *("learned+samm_lv", "learned+samm_lv-seed2", "learned+samm_lv-seed3"),
    ]  # fmt: skip
    assert runs["alone"] == ["alone", "alone-seed2", "alone-seed3"]
    seeded = plan.methods["learned+samm_lv-seed2"]
    assert seeded["ensemble_partner"] == "regions+samm_lv-seed2"
    assert seeded["encoder"] == "pretrained+samm_lv-seed2"
    given = inputs.train_spotter(plan, "casme2", "learned+samm_lv-seed2", "s15")
    assert "/pretrained+samm_lv-seed2/from-casme2-s15/" in given["samm_lv_flow_features"]
    # Recipes that differ in the face alone share the flow, with companions as without.
    assert plan.shared["flow"]["whole_face+samm_lv"] == "pretrained+samm_lv"
    assert plan.shared["face"]["whole_face+samm_lv"] == "whole_face+samm_lv"
    assert "random" in plan.shared["face"] and "random+samm_lv" not in plan.shared["face"]
    given = inputs.train_spotter(plan, "casme2", "random+samm_lv", "s15")
    assert "/random/from-casme2-s15/" in given["samm_lv_face_features"]
    assert all(paths.maker(path) for path in inputs.ablate(plan)["intervals"])


def test_a_method_may_have_companions_of_its_own(real):
    real["corpora"], real["evaluation"]["with"] = ["casme2"], []
    real["methods"]["learned"]["with"] = ["samm_lv"]
    plan = plans.plan(real)
    # The partner trains along with the same: the two are one method.
    assert plan.methods_of("casme2") == ["training_free", "regions", "learned+samm_lv"]
    assert inputs.spot(plan, "casme2", "learned+samm_lv", "s15")["partner"] == paths.spotter(
        *("casme2", "regions+samm_lv", "s15"),
    )  # fmt: skip
    assert "samm_lv_flow" in inputs.train_spotter(plan, "casme2", "regions+samm_lv", "s15")
    alone = inputs.train_spotter(plan, "casme2", "regions", "s15")
    assert {name for name, files in alone.items() if files} == {"flow", "labels"}
    for name in ("regions", "learned+samm_lv"):
        assert "with" not in settings.train_spotter(plan, "casme2", name)["method"]
        assert "with" not in settings.spot(plan, "casme2", name)["method"]
    real["methods"]["learned"]["with"], real["evaluation"]["with"] = [], ["samm_lv"]
    plan = plans.plan(real)
    assert plan.methods_of("casme2") == ["training_free", "regions+samm_lv", "learned"]
    assert plan.partner_of("learned") == "regions"


def test_an_encoder_that_learns_from_a_companion_anyway_keeps_its_name(real):
    real["pretrain"]["corpora"] = ["samm_lv"]
    plan = plans.plan(real)
    assert plan.methods["learned+samm_lv"]["encoder"] == "pretrained"
    assert plan.methods["learned+casme2"]["encoder"] == "pretrained+casme2"
    sources = inputs.pretrain(plan, "casme2", "pretrained", "s15", "face")["sources"]
    assert len(sources) == len(set(sources)) and every(plan, "samm_lv") < videos_of(sources)
    assert reports.pretraining_of(plan, "casme2", "learned+samm_lv") == "inductive+samm_lv"


def test_two_corpora_of_motion_train_together(motion):
    plan = plans.plan(motion)
    assert plan.methods_of("motion") == ["training_free", "regions+more_motion"]
    assert plan.methods_of("more_motion") == ["training_free", "regions+motion"]
    given = inputs.train_spotter(plan, "motion", "regions+more_motion", "g1")
    assert given["more_motion_flow"] == inputs.of_videos(plan, "flow", "more_motion")
    assert paths.maker(given["more_motion_flow"][0]) == (
        "import_motion",
        {"corpus": "more_motion", "video": "a1"},
    )
    assert inputs.timeline_method(plan, "motion") == "regions+more_motion"
    assert reports.ablate(plan)[0]["full"] == "regions+more_motion"
    kinds = {path.split("/")[2] for path in targets.behind_metrics(plan) if path.count("/") > 2}
    assert kinds == {"flow", "spotters", "scores", "intervals", "candidates"}


def test_a_companion_without_faces_is_none_of_methods_that_read_them(motion):
    motion["corpora"] = ["demo"]
    plan = plans.plan(plans.changed(motion, "evaluation.with", ["motion"]))
    assert plan.methods_of("demo") == ["training_free", "regions+motion", "learned"]
    assert inputs.spot(plan, "demo", "learned", "g1")["partner"] == paths.spotter(
        *("demo", "regions", "g1"),
    )  # fmt: skip
    assert plan.encoders_of("demo") == ["pretrained"]
    assert reports.pretraining_of(plan, "demo", "learned") == "inductive"


def test_a_companion_of_few_subjects_need_not_be_spotted_in(motion, tmp_path):
    motion["corpora"] = ["motion"]
    motion["more_motion"] = section(make(tmp_path / "one", subjects=("x",)))
    assert corpora_of(motion) == ["motion", "more_motion"]
    companion = open_corpus("more_motion", motion)
    assert companion.folds == {} and companion.annotations is not None
    plan = plans.plan(motion)
    assert plan.spotted == ["motion"] and plan.methods_of("motion")[1] == "regions+more_motion"
    made = targets.files(plan, "all")
    assert not any("/more_motion/" in path for path in made)


def test_what_cannot_train_along_is_refused_when_the_run_is_planned(motion, real, tmp_path):
    real["evaluation"]["with"] = ["casme3_b"]
    with pytest.raises(InputError, match="evaluation.with: casme3_b has no labels to train on"):
        plans.plan(real)
    real["evaluation"]["with"] = []
    real["ablation"]["methods"]["more"] = {**real["methods"]["regions"], "with": ["casme3_b"]}
    with pytest.raises(InputError, match="ablation.methods.more.with: casme3_b has no labels"):
        plans.plan(real)
    (tmp_path / "more_motion" / "annotations.csv").rename(tmp_path / "labels.csv")
    with pytest.raises(InputError, match="evaluation.with: more_motion has no labels"):
        plans.plan(motion)
    (tmp_path / "labels.csv").rename(tmp_path / "more_motion" / "annotations.csv")
    (tmp_path / "more_motion" / "regions.txt").write_text("mouth\nleft_brow\nright_brow\n")
    with pytest.raises(InputError, match="more_motion/regions.txt: has other regions than"):
        plans.plan(motion)
    # The same recordings under another name would be test subjects in the training.
    (tmp_path / "again").symlink_to(tmp_path / "motion")
    motion["more_motion"]["root"] = str(tmp_path / "again")
    with pytest.raises(InputError, match="a1.npy: is in motion and in more_motion"):
        plans.plan(motion)
    motion["evaluation"] |= {"with": [], "train": "motion", "test": "more_motion"}
    with pytest.raises(InputError, match="spot in what they were trained on"):
        plans.plan(motion)
    motion["evaluation"] |= {"with": ["motion", "more_motion"], "train": None, "test": None}
    shutil.rmtree(tmp_path / "more_motion")
    motion["more_motion"]["root"] = str(tmp_path / "more_motion")
    with pytest.raises(InputError, match="give the folder of the series as more_motion.root"):
        plans.plan(motion)


def test_nobody_is_called_like_a_fold_of_another_corpus(motion, tmp_path):
    root = make(tmp_path / "named", subjects=("a", "b", "from-motion-g1"))
    motion["more_motion"] = section(root)
    config = plans.changed(motion, "evaluation.folds", "loso")
    with pytest.raises(InputError, match="more_motion: subject 'from-motion-g1': names that begin"):
        plans.plan(config)


def test_a_corpus_is_never_trained_along_with_itself(real):
    plan = plans.plan(real)
    with pytest.raises(InputError, match="samm_lv is no companion of its own"):
        inputs.train_spotter(plan, "samm_lv", "learned+samm_lv", "006")


def test_the_ablation_on_both_corpora_of_motion(tmp_path):
    config = copy.deepcopy(plans.DEFAULT)
    for name in ("motion_both", "motion_ablation"):
        update_config(config, yaml.safe_load((plans.ROOT / f"config/{name}.yaml").read_text()))
    for name in ("motion", "more_motion"):
        config[name]["root"] = str(make(tmp_path / name, subjects="abcdefg"))
    plan = plans.plan(config)
    for of, other in zip(reports.ablate(plan), ("more_motion", "motion"), strict=True):
        along = [f"{name}+{other}" for name in ("regions", "regions_twice", "regions_pretrained")]
        assert of["groups"] == {
            "inputs": ["training_free", *along[:2]],
            "network": [along[0], along[2]],
            "corpora": [along[0], "regions_alone"],
        }
        assert of["full"] == along[0]
        assert {len(of["runs"][name]) for name in [*along, "regions_alone"]} == {3}
        assert {len(run) for name in along for run in of["runs"][name]} == {6}  # folds
    trained = settings.train_spotter(plan, "motion", "regions_pretrained+more_motion-seed2")
    assert trained["training"]["masked_motion"] == config["spotting"]["learned"]["masked_motion"]
    assert trained["training"]["seed"] == 2
    assert reports.companions(plan, "motion", "regions_alone-seed3") == []

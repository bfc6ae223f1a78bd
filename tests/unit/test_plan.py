"""Who is trained on whom, where networks come from, and what targets consist of."""

import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.plan import checks, inputs, open_plan, paths, reports, settings, targets
from tests.unit import plans
from tests.unit.motion_folders import config_of, make


@pytest.fixture(scope="module")
def demo():
    return plans.plan()


@pytest.fixture
def real(tmp_path):
    return plans.real_corpora(tmp_path)


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("metrcs", "did you mean metrics?"),
        ("results/metrcs.csv", "did you mean results/metrics.csv?"),
        ("results/demo/figures/timelin/s01_1.png", "mean results/demo/figures/timeline/s01_1.png?"),
        ("results/demo/flow/s01_1.hdf5", "did you mean results/demo/flow/s01_1.h5?"),
        ("?", "--list-target-rules"),
    ],
)
def test_of_a_mistyped_target_the_nearest_is_named(demo, target, meant):
    told = targets.unknown(demo, target, ["all", "metrics", "figures"])
    assert told.startswith(f"{target}: is no target") and meant in told


def subjects_of(plan, files):
    """Subjects of per-video artefacts, as (corpus, subject)."""
    found = set()
    for path in files:
        _, corpus, _, name = path.split("/")
        found.add((corpus, plan.corpora[corpus].subjects[name.rsplit(".", 1)[0]]))
    return found


def all_folds(plan):
    for corpus in plan.corpora.values():
        for fold, tested in corpus.corpus.folds.items():
            yield corpus.name, fold, {(corpus.name, subject) for subject in tested}


def test_nobody_is_spotted_by_a_network_that_saw_him(demo, real):
    for plan in (demo, plans.plan(real)):
        everybody = 0
        for corpus, fold, tested in all_folds(plan):
            everybody += len(tested)
            training = inputs.train_spotter(plan, corpus, "learned", fold)
            spotting = inputs.spot(plan, corpus, "learned", fold)
            assert subjects_of(plan, spotting["flow"]) == tested
            assert not subjects_of(plan, training["flow"]) & tested
            assert spotting["spotter"] == paths.spotter(corpus, "learned", fold)
            assert spotting["partner"] == paths.spotter(corpus, "regions", fold)
            for stream in ("face", "flow"):
                files = inputs.pretrain(plan, corpus, "pretrained", fold, stream)["sources"]
                assert subjects_of(plan, files) == subjects_of(plan, training["flow"])
                assert training[f"{stream}_features"] == spotting[f"{stream}_features"]
                assert training[f"{stream}_features"].split("/")[4] == fold
        assert everybody == sum(len(set(c.subjects.values())) for c in plan.corpora.values())


def test_a_transductive_encoder_sees_everybody_in_one_fold(real):
    real["encoders"]["pretrained"]["pretraining"] = "transductive"
    plan = plans.plan(real)
    assert plan.folds_of_encoder("casme2", "pretrained") == ["all"]
    files = inputs.pretrain(plan, "casme2", "pretrained", "all", "flow")["sources"]
    assert files == inputs.of_videos(plan, "flow", "casme2")
    assert "/all/" in inputs.spot(plan, "casme2", "learned", "s15")["flow_features"]
    assert reports.pretraining_of(plan, "casme2", "learned") == "transductive"


def test_added_corpora_are_pretrained_on_without_their_labels(real):
    real["pretrain"]["corpora"] = ["casme3_b", "casme2"]
    real["corpora"] = ["casme2"]
    plan = plans.plan(real)
    files = inputs.pretrain(plan, "casme2", "pretrained", "s15", "face")["sources"]
    assert {c for c, _ in subjects_of(plan, files)} == {"casme2", "casme3_b"}
    assert ("casme2", "s15") not in subjects_of(plan, files)
    assert reports.pretraining_of(plan, "casme2", "learned") == "inductive+casme3_b"
    assert plan.spotted == plan.scored == ["casme2"]
    assert inputs.join_metrics(plan)["summaries"] == [paths.summary("casme2")]
    # Nothing else is made of a corpus that is only pretrained on.
    made = {path for path in targets.files(plan, "all") if "/casme3_b/" in path}
    assert made == set()
    assert inputs.of_videos(plan, "frames", "casme3_b")[0] in targets.behind_metrics(plan)


def test_trained_on_one_corpus_and_spotted_on_another(real):
    real["evaluation"] |= {"train": "casme2", "test": "samm_lv"}
    real["samm_lv"]["settings"] = {"spotting": {"training_free": {"least_noise": 8.0}}}
    real["casme2"]["settings"] = {"spotting": {"learned": {"floor": 0.2, "epochs": 3}}}
    plan = plans.plan(real)
    assert plan.spotted == ["samm_lv"] and plan.methods_of("samm_lv") == list(real["methods"])
    spotting = inputs.spot(plan, "samm_lv", "learned", "from-casme2")
    assert spotting["spotter"] == paths.spotter("casme2", "learned", "all")
    assert spotting["partner"] == paths.spotter("casme2", "regions", "all")
    assert spotting["face_features"].split("/")[1:5] == [
        *("samm_lv", "features", "pretrained", "from-casme2"),
    ]  # fmt: skip
    features = inputs.extract_features(plan, "samm_lv", "pretrained", "from-casme2", "face")
    assert features["encoder"] == paths.encoder("casme2", "pretrained", "all", "face")
    training = inputs.train_spotter(plan, "casme2", "learned", "all")
    assert subjects_of(plan, training["flow"]) == {("casme2", s) for s in ("s15", "s16", "s23")}
    assert reports.shown_method(plan, "samm_lv", "learned") == "learned@casme2"
    assert reports.shown_method(plan, "samm_lv", "training_free") == "training_free"
    # A spotter decodes as it was trained to; the training-free method follows the recordings.
    spot = settings.spot(plan, "samm_lv", "learned")
    assert spot["decoding"]["floor"] == 0.2
    # Whoever the other corpus has is judged by the networks that hold nobody out.
    everybody = [
        ["samm_lv", name] for name in sorted(set(plan.corpora["samm_lv"].subjects.values()))
    ]
    assert reports.judged(plan, "casme2", "all") == everybody and everybody
    assert reports.judged(plan, "samm_lv", "from-casme2") == everybody
    assert settings.train_spotter(plan, "casme2", "learned")["training"]["epochs"] == 3
    free = settings.spot(plan, "samm_lv", "training_free")["training_free"]
    assert free["least_noise"] == 8.0
    # What is spotted on stays unseen, unless the recipe is transductive.
    real["pretrain"]["corpora"] = ["samm_lv"]
    sources = inputs.pretrain(plans.plan(real), "casme2", "pretrained", "all", "flow")["sources"]
    assert not any("samm_lv" in path for path in sources)
    real["encoders"]["pretrained"]["pretraining"] = "transductive"
    plan = plans.plan(real)
    sources = inputs.pretrain(plan, "casme2", "pretrained", "all", "flow")["sources"]
    assert set(inputs.of_videos(plan, "flow", "samm_lv")) < set(sources)
    assert len(sources) == len(set(sources))


def test_without_labels_only_the_training_free_method_spots(real):
    real["corpora"] = ["casme3_b"]
    plan = plans.plan(real)
    assert plan.methods_of("casme3_b") == ["training_free"] and plan.scored == []
    assert inputs.score(plan, "casme3_b") == {
        "labels": [],
        "intervals": [paths.table("intervals", "casme3_b", "training_free", "all")],
        "candidates": [paths.table("candidates", "casme3_b", "training_free", "all")],
    }
    assert inputs.summarise(plan, "casme3_b") == {
        "landmarks": inputs.of_videos(plan, "landmarks", "casme3_b"),
        "frames": inputs.of_videos(plan, "frames", "casme3_b"),
        "flow": [],
        "intervals": [paths.table("intervals", "casme3_b", "training_free", "all")],
    }
    assert paths.summary("casme3_b") in targets.files(plan, "intervals")
    figures = targets.files(plan, "figures")
    assert any("timeline" in path for path in figures) and not any("f1" in p for p in figures)
    # Nothing reads what encoders give, so nothing is pretrained unless it is asked for.
    every = targets.behind(plan, targets.files(plan, "all"))
    assert targets.files(plan, "intervals")[0] in every
    assert not any("encoders" in p or "features" in p for p in every + targets.behind_metrics(plan))
    asked_for = targets.behind(plan, targets.files(plan, "features"))
    assert paths.encoder("casme3_b", "pretrained", "all", "flow") in asked_for
    assert reports.ablate(plan) == [] and inputs.ablate(plan)["intervals"] == []
    assert targets.behind_ablation(plan) == []
    assert reports.compare_methods(plan)[0]["labels"] is None


def test_a_method_that_trains_its_encoders_reads_videos(demo):
    training = inputs.train_spotter(demo, "demo", "fine_tuned", "g1")
    assert training["face_encoder"] == paths.encoder("demo", "pretrained", "g1", "face")
    assert len(training["frames"]) == len(training["flow"])
    spotting = inputs.spot(demo, "demo", "fine_tuned", "g1")
    assert "face_features" not in spotting and len(spotting["frames"]) == len(spotting["flow"])


def test_the_metrics_rest_on_the_main_run_alone(demo):
    made = targets.behind_metrics(demo)
    assert paths.scores("demo", "learned", "g1") in made  # made beside the intervals
    assert "results/demo/corpus/videos/s01_1.mp4" in made
    assert "results/demo/corpus/annotations.csv" in made
    assert paths.encoder("demo", "pretrained", "g3", "face") in made
    assert not any("seed" in path or "random" in path or "figures" in path for path in made)
    every = targets.behind_ablation(demo)
    assert paths.spotter("demo", "scratch-seed3", "g2") in every
    assert paths.encoder("demo", "whole_face-seed2", "g1", "flow") not in every  # shared
    assert paths.metrics("demo") not in every


def test_motion_without_videos_is_read_by_methods_of_motion_only(tmp_path):
    config = config_of(make(tmp_path / "study"))
    plan = plans.plan(config)
    assert plan.methods_of("motion") == ["training_free", "regions"]
    assert inputs.timeline_method(plan, "motion") == "regions"
    made = targets.behind_metrics(plan)
    kinds = {path.split("/")[2] for path in made if path.count("/") > 2}
    assert kinds == {"flow", "spotters", "scores", "intervals", "candidates"}
    for target in ("frames", "encoders", "features", "submissions"):
        assert targets.files(plan, target) == []
    figures = targets.files(plan, "figures")
    assert {path.split("/")[-1] for path in figures if path.endswith("png")} == {
        *("a1.png", "b1.png", "c1.png", "f1.png"),
    }  # fmt: skip
    timeline = inputs.plot_timeline(plan, "motion", "a1")
    assert timeline["flow"] == paths.of_video("flow", "motion", "a1") and "frames" not in timeline
    labels = inputs.label_frames(plan, "motion")
    assert labels["landmarks"] == [] and len(labels["flow"]) == 3
    assert inputs.label_frames(plans.plan(), "demo")["flow"] == []
    assert inputs.import_motion(plan, "motion", "a1") == {
        "source": str(tmp_path / "study/motion/a1.npy"),
        "regions": str(tmp_path / "study/regions.txt"),
    }
    assert reports.series(plan, "motion", "a1")["every"] == 1


def test_the_ablation_of_motion_without_videos_leaves_streams_out(tmp_path):
    config = config_of(make(tmp_path / "study"))
    config["corpora"] = ["demo", "motion"]
    plan = plans.plan(config)
    demo, motion = reports.ablate(plan)
    assert demo["groups"] == config["ablation"]["rows"] and demo["full"] == "learned"
    assert motion["groups"] == {
        "inputs": ["training_free", "regions", "regions_twice"],
        "network": ["regions", "regions_pretrained"],
    }
    assert motion["full"] == "regions"
    assert set(motion["runs"]) == {*motion["groups"]["inputs"], "regions_pretrained"}
    assert reports.plot_ablation(plan) == {"demo": "learned", "motion": "regions"}
    config["ablation"]["rows"] = {"weights": ["random", "learned"]}
    plan = plans.plan(config)
    assert [of["corpus"] for of in reports.ablate(plan)] == ["demo"]
    assert inputs.ablate(plan)["labels"] == [paths.labels("demo")]
    assert reports.plot_ablation(plan) == {"demo": "learned"}


def test_networks_of_motion_and_of_videos_across_corpora(tmp_path):
    config = config_of(make(tmp_path / "study"))
    config["corpora"] = ["demo", "motion"]
    for train, test in (("demo", "motion"), ("motion", "demo")):
        config["evaluation"] = {**config["evaluation"], "train": train, "test": test}
        plan = plans.plan(config)
        assert plan.methods_of(test) == ["training_free", "regions"]
        assert not any(f"/{test}/features/" in path for path in targets.files(plan, "all"))
        spotting = inputs.spot(plan, test, "regions", f"from-{train}")
        assert spotting["spotter"] == paths.spotter(train, "regions", "all")
    config["evaluation"] = {**config["evaluation"], "train": "demo", "test": "motion"}
    config["encoders"]["pretrained"]["pretraining"] = "transductive"
    sources = inputs.pretrain(plans.plan(config), "demo", "pretrained", "all", "face")["sources"]
    assert not any("/motion/" in path for path in sources)


def test_motion_cannot_be_pretrained_on(tmp_path):
    config = config_of(make(tmp_path / "study"))
    config["pretrain"]["corpora"] = ["motion"]
    with pytest.raises(InputError, match="pretrain.corpora: motion has no faces"):
        plans.plan(config)
    config = plans.changed(plans.DEFAULT, "corpora", ["motion"])
    with pytest.raises(InputError, match="motion.root: missing, but corpora names motion"):
        plans.plan(config)


def test_what_is_gone_below_a_finished_table_is_listed(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in targets.behind_metrics(demo):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    gone = paths.features("demo", "pretrained", "g1", "face")
    (tmp_path / gone).unlink()
    (tmp_path / paths.metrics("demo")).unlink()
    assert targets.deleted(demo, paths.METRICS) == []  # there is no table yet
    for table in (paths.METRICS, paths.COMPARISON):
        (tmp_path / table).touch()
    assert targets.deleted(demo, paths.METRICS) == sorted([gone, paths.metrics("demo")])
    assert targets.deleted(demo, paths.COMPARISON) == [gone]
    assert targets.deleted(demo, paths.ABLATION) == []


def test_files_of_the_user_are_nobodys_artefacts(real, tmp_path):
    plan = plans.plan(real)
    assert not any(path.startswith(str(tmp_path)) for path in targets.behind_metrics(plan))
    video = plan.corpora["casme2"].videos[0]
    assert inputs.track_face(plan, "casme2", video)["source"].startswith(str(tmp_path))


def test_the_rule_and_the_wildcards_of_a_path():
    assert paths.maker(paths.features("c", "e", "f", "face")) == (
        "extract_features",
        {"corpus": "c", "encoder": "e", "fold": "f", "stream": "face"},
    )
    assert paths.maker(paths.of_video("flow", "c", "a.b")) == (
        "optical_flow",
        {"corpus": "c", "video": "a.b"},
    )
    assert paths.maker(paths.of_video("flow", "motion", "a.b")) == (
        "import_motion",
        {"corpus": "motion", "video": "a.b"},
    )
    assert paths.maker(paths.labels("c")) == ("label_frames", {"corpus": "c"})
    assert paths.maker(paths.table("candidates", "c", "m", "006"))[1]["fold"] == "006"
    users = ("results/mine/frames/s1/a.avi", "results/frames/a.avi", "/data/a.mp4")
    for path in (paths.LANDMARKER, paths.METRICS, "results/demo/corpus/videos.csv", *users):
        assert paths.maker(path) is None, path


def test_recordings_of_a_sheet_may_leave_their_rate_to_the_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "videos.csv").write_text(
        "subject,video,path,fps,first_frame\ns,a,a.mp4,,\nt,b,b.mp4,29.97,1\n"
    )
    config = plans.changed(plans.DEFAULT, "sheet.videos", str(tmp_path / "videos.csv"))
    plan = plans.plan({**config, "corpora": ["sheet"]})
    assert reports.recording(plan, "sheet", "a") == {
        "fps": None,
        "first_frame": None,
        "subject": "s",
    }
    assert reports.recording(plan, "sheet", "b") == {
        "fps": 29.97,
        "first_frame": 1,
        "subject": "t",
    }


def test_names_that_are_no_part_of_a_run_are_told(demo):
    wildcards = {"corpus": "demo", "video": "s99_1"}
    with pytest.raises(InputError, match="video s99_1: 's99_1' is no part of this"):
        checks.called(inputs.track_face, demo, wildcards)
    wildcards["video"] = "s01_1"
    assert checks.called(inputs.optical_flow, demo, wildcards)["frames"].endswith("s01_1.h5")


@pytest.mark.parametrize("rule", ["optical_flow", "plot_timeline", "write_review"])
def test_the_recording_is_needed_again_unless_whole_crops_are_kept(demo, rule):
    recording = inputs.track_face(demo, "demo", "s01_1")["source"]
    assert getattr(inputs, rule)(demo, "demo", "s01_1")["source"] == recording
    whole = plans.plan(plans.changed(plans.DEFAULT, "crop.kept", plans.DEFAULT["crop"]["size"]))
    given = getattr(inputs, rule)(whole, "demo", "s01_1")
    assert "source" not in given and "frames" in given


def test_a_wrong_config_is_refused_before_a_corpus_is_opened():
    with pytest.raises(InputError, match="pretrain.epochs"):
        open_plan(plans.changed(plans.DEFAULT, "pretrain.epochs", "many"), check_labels=True)


def test_settings_are_builtins_in_one_order(demo):
    text = repr(settings.train_spotter(demo, "demo", "learned"))
    turned = plans.plan({key: plans.DEFAULT[key] for key in reversed(plans.DEFAULT)})
    assert repr(settings.train_spotter(turned, "demo", "learned")) == text
    assert list(pd.Series(settings.scoring(demo)).index) == sorted(settings.scoring(demo))


def test_the_model_is_trained_on_all_labelled_corpora(tmp_path):
    planned = plans.plan()
    assert inputs.make_model(planned) == {"spotter": "results/demo/spotters/regions/all.pt"}
    assert inputs.train_spotter(planned, "demo", "regions", "all")["flow"] == [
        paths.of_video("flow", "demo", video) for video in planned.corpora["demo"].videos
    ]
    config = plans.real_corpora(tmp_path)
    planned = plans.plan(config, corpora=["casme2", "samm_lv", "casme3_b"])
    spotter = "results/casme2/spotters/regions+samm_lv/all.pt"
    assert inputs.make_model(planned) == {"spotter": spotter}
    assert settings.make_model(planned)["corpora"] == ["casme2", "samm_lv"]
    made = targets.behind_model(planned)
    assert {path.split("/")[1] for path in made if "/flow/" in path} == {"casme2", "samm_lv"}
    assert not any("casme3_b" in path for path in made)


def test_the_model_has_the_partner_of_its_method(tmp_path):
    config = plans.changed(plans.real_corpora(tmp_path), "model.method", "twice")
    regions = config["methods"]["regions"]
    config["methods"]["twice"] = {**regions, "ensemble_partner": "regions"}
    assert inputs.make_model(plans.plan(config)) == {
        "spotter": "results/casme2/spotters/twice+samm_lv/all.pt",
        "partner": "results/casme2/spotters/regions+samm_lv/all.pt",
    }


def test_a_run_without_labelled_videos_has_no_model(tmp_path):
    with pytest.raises(InputError, match="no model to train"):
        inputs.make_model(plans.plan(model={"method": None}))
    config = plans.real_corpora(tmp_path)
    with pytest.raises(InputError, match="no model to train"):
        settings.make_model(plans.plan(config, corpora=["casme3_b"]))

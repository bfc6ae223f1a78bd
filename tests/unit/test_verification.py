"""A run judged by what its files say of themselves."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from mespot import verification
from mespot.cli import main
from mespot.config_files import merged
from mespot.errors import InputError
from mespot.plan import inputs, open_plan, paths, settings
from mespot.provenance import code_digest
from mespot.store import digests, table_seals
from mespot.training import checkpoint
from tests.unit import plans
from tests.unit.stored_kinds import write

SMALL = {
    "demo": {"subjects": 3, "videos_per_subject": 1},
    "evaluation": {"folds": "loso"},
}
FLOW = "results/demo/flow/s01_1.h5"
# In this order, what a file is made from is there before it.
ORDER = ("landmarks", "labels", "frames", "flow", "encoders", "features", "spotters")
ORDER += ("scores", "intervals", "candidates", "metrics", "summary")


def stage(path):
    words = path.removesuffix(".csv").split("/")
    return ORDER.index(words[2]) if len(words) > 2 else len(ORDER)


def made_by(plan, path):
    """The provenance of a file that a job of the plan has made."""
    rule, wildcards = (
        paths.maker(path)
        or {
            paths.METRICS: ("join_metrics", {}),
            paths.COMPARISON: ("compare_methods", {}),
        }[path]
    )
    keys = {"score": "scoring", "compare_methods": "scoring"}.get(rule, rule)
    given = getattr(inputs, rule)(plan, **wildcards)
    told = {
        "rule": rule,
        "code": code_digest(f"mespot.steps.{rule}"),
        "inputs": digests.of_inputs(given),
    }
    if hasattr(settings, keys):
        told["settings"] = getattr(settings, keys)(plan, **wildcards)
    return told


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project with every file of a small run."""
    root = tmp_path_factory.mktemp("whole")
    shutil.copy(plans.ROOT / "config.yaml", root)
    (root / "small.yaml").write_text(yaml.safe_dump(SMALL))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        plan = open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)
        found = [one.path for one in verification.verify(plan)]
        for number, path in enumerate(sorted(found, key=stage)):
            told = made_by(plan, path)
            patch.setattr(table_seals, "MADE_BY", told)
            place = paths.maker(path)
            words = Path(path).with_suffix("").parts
            kind = words[2] if place else words[1]
            kind = {"encoders": "encoder", "spotters": "spotter"}.get(kind, kind)
            folder = Path("results", *words[1:2]) if place else Path("results")
            write(kind, folder, place[1] if place else {}, number, told)
    return root


@pytest.fixture
def run(whole, tmp_path, monkeypatch):
    root = tmp_path / "project"
    shutil.copytree(whole, root)
    monkeypatch.chdir(root)
    return root


def verified(capsys, *configs):
    """Exit status, {path: state} of what is wrong, and all that was printed."""
    status = main(["verify", "results", "--configfile", "small.yaml", *configs])
    text = capsys.readouterr().out
    lines = [line.split(": ") for line in text.splitlines()[:-1]]
    return status, {path: state for state, path, *_ in lines}, text


def test_a_whole_run_is_whole(run, capsys):
    status, found, text = verified(capsys)
    assert (status, found) == (0, {}), text
    assert text.split()[1] == "whole" and int(text.split()[0]) > 40
    assert main(["verify", str(run / "results"), "--configfile", "small.yaml"]) == 0


def test_what_is_wrong_is_named_with_the_command_that_mends_it(run, capsys):
    folds = [Path(f"results/demo/spotters/learned/s0{number}.pt") for number in (1, 2, 3)]
    contents = [path.read_bytes() for path in folds]
    for path, content in zip(folds, [*contents[1:], contents[0]], strict=True):
        path.write_bytes(content)
    frames = Path("results/demo/frames/s02_1.h5")
    frames.write_bytes(frames.read_bytes().replace(b"\x01", b"\x02"))
    labels = Path("results/demo/labels.csv")
    labels.write_text(labels.read_text().replace("1", "2", 1))
    shutil.copy(FLOW.replace("s01", "s02"), FLOW)
    shutil.copy(FLOW, FLOW.replace("s01_1", "s09_1"))
    Path("results/demo/features/pretrained/s01/face.h5").unlink()
    Path("results/mine.csv").write_text("of the user")
    being_written = Path("results/demo/flow/.s01_1.host-77.h5")
    being_written.write_bytes(b"half of it")
    status, found, text = verified(capsys)
    assert status == 1
    assert found == {
        **dict.fromkeys(map(str, folds), "foreign"),
        str(frames): "damaged",
        str(labels): "damaged",
        FLOW: "foreign",
        FLOW.replace("s01_1", "s09_1"): "left over",
    }
    for path in found:
        assert f"rm {path}\n" in text, path
    assert "1 not made yet" in text


def test_a_changed_config_makes_what_it_reaches_stale(run, capsys):
    (run / "more.yaml").write_text("spotting: {learned: {epochs: 77}}\n")
    status, found, text = verified(capsys, "more.yaml")
    assert status == 1 and set(found.values()) == {"stale"}
    assert all("/spotters/" in path for path in found) and len(found) == 6
    assert "was made with other settings; delete the file and run again: rm" in text


def test_a_file_made_from_another_input_is_stale(run, capsys, monkeypatch):
    plan = open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)
    video = {"video": "s01_1"}
    write("flow", Path("results/demo"), video, 99, made_by(plan, FLOW))
    _, found, text = verified(capsys)
    assert FLOW not in found and set(found.values()) == {"stale"}
    assert "results/demo/spotters/regions/s02.pt: was made with other inputs (flow)" in text
    assert "results/demo/spotters/regions/s01.pt" not in found  # it has not read s01
    assert verification.to_remake(plan) == sorted(found)
    told = {**made_by(plan, FLOW), "code": "of another version"}
    write("flow", Path("results/demo"), video, 99, told)
    assert verified(capsys)[1][FLOW] == "stale"


def test_what_is_no_run_is_refused(run, capsys):
    assert main(["verify", "small.yaml"]) == main(["verify", str(run)]) == 2
    assert "is no folder results; name that of a run" in capsys.readouterr().err
    (run / "bad.yaml").write_text("spotting: [1\n")
    assert main(["verify", "results", "--configfile", "bad.yaml"]) == 2
    assert "bad.yaml: line 2: is not YAML" in capsys.readouterr().err


def test_scores_rest_on_nothing_that_does_not_belong_together(run):
    """Seals that fit are not enough: the files must also be of this config and of each other."""
    config = merged(["config.yaml", "small.yaml"])
    plan = open_plan(config, check_labels=False)
    read = [path for paths in inputs.score(plan, "demo").values() for path in list_of(paths)]
    verification.require(config, read)
    intervals, spotter = (
        "results/demo/intervals/regions/s01.csv",
        "results/demo/spotters/regions/s01.pt",
    )
    content, seal = Path(intervals).read_bytes(), seal_of(intervals).read_bytes()
    # As a table of a backup that is put in its place with its seal.
    told = json.loads(seal)
    told["provenance"]["settings"]["decoding"] = {}
    seal_of(intervals).write_text(json.dumps(told))
    words = f"{intervals}: was made with other settings; .*again: rm {intervals}"
    with pytest.raises(InputError, match=words):
        verification.require(config, read)
    seal_of(intervals).write_bytes(seal)
    Path(intervals).write_bytes(content + b"\n")
    with pytest.raises(InputError, match=f"{intervals}: was damaged or changed"):
        verification.require(config, read)
    Path(intervals).write_bytes(content)
    # What the intervals were made from counts as well, whole files that are gone do not.
    whose = {"method": "regions", "fold": "s01"}
    write("spotter", Path("results/demo"), whose, 77, made_by(plan, spotter))
    with pytest.raises(InputError, match="was made with other inputs .partner.;.*again: rm"):
        verification.require(config, read)
    Path(spotter).unlink()
    verification.require(config, read)
    changed = merged(["config.yaml", "small.yaml"])
    changed["flow"]["grid"] = 14
    with pytest.raises(InputError, match="other settings.* others: see mespot verify"):
        verification.require(changed, read)


def test_a_file_is_asked_for_its_digest_once(run, monkeypatch):
    asked, of_file = [], digests.of_file
    monkeypatch.setattr(digests, "of_file", lambda path: asked.append(path) or of_file(path))
    list(verification.verify(open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)))
    assert len(asked) == len(set(asked)) > 20


def test_the_model_of_a_run_is_looked_at(run, capsys):
    model, spotter = "results/model.pt", "results/demo/spotters/regions/all.pt"
    plan = open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)
    write("spotter", Path("results/demo"), {"method": "regions", "fold": "all"}, 1,
          made_by(plan, spotter))  # fmt: skip
    told = {
        "rule": "make_model",
        "code": code_digest("mespot.steps.make_model"),
        "inputs": digests.of_inputs({"spotter": spotter}),
        "settings": settings.make_model(plan),
    }
    content = dict.fromkeys(checkpoint.KINDS["model"][1], {})
    checkpoint.save(model, "model", {**content, "provenance": told})
    assert verified(capsys)[:2] == (0, {})
    Path("none.yaml").write_text("model: {method: null}")
    assert verified(capsys, "none.yaml")[1][model] == "left over"
    write("spotter", Path("results/demo"), {"method": "regions", "fold": "all"}, 2,
          made_by(plan, spotter))  # fmt: skip
    assert verified(capsys)[1] == {model: "stale"}
    data = bytearray(Path(model).read_bytes())
    data[len(data) // 2] ^= 1
    Path(model).write_bytes(data)
    assert verified(capsys)[1] == {model: "damaged"}


def test_a_recording_that_is_gone_is_no_other_one(run, capsys):
    video = Path("results/demo/corpus/videos/s01_1.mp4")
    assert not video.exists()
    plan = open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)
    video.parent.mkdir(parents=True, exist_ok=True)
    video.write_bytes(b"another")
    assert verified(capsys)[1]["results/demo/landmarks/s01_1.h5"] == "stale"
    path = "results/demo/landmarks/s01_1.h5"
    write("landmarks", Path("results/demo"), {"video": "s01_1"}, 0, made_by(plan, path))
    video.unlink()
    assert path not in verified(capsys)[1]


def list_of(files):
    return [files] if isinstance(files, str) else files


def seal_of(table):
    return Path(table).parent / table_seals.FOLDER / f"{Path(table).name}.json"


def test_seals_that_are_all_lost_are_told_in_a_line(run):
    plan = open_plan(merged(["config.yaml", "small.yaml"]), check_labels=False)
    assert verification.without_seals(verification.to_remake(plan)) == ""
    folders = list(Path("results").rglob(table_seals.FOLDER))
    for folder in folders:
        shutil.rmtree(folder)
    again = verification.to_remake(plan)
    # What holds its own seal is kept: arrays and networks.
    assert again and all(path.endswith(".csv") for path in again)
    line = verification.without_seals(again)
    assert line.startswith(f"{len(again)} tables, such as {again[0]}, have lost the seals")
    assert "copy its hidden folders .seals too" in line and "\n" not in line

"""`mespot benchmark`, on networks so small that it takes a second."""

from fractions import Fraction

import pytest
import yaml

from mespot import cli, config
from mespot.cli import length
from mespot.errors import InputError
from mespot.recording import open_recording
from mespot.videos import single
from mespot.videos.how import How
from tests.unit.test_recording import write_video
from tests.unit.videos import encode, picture, steady
from tests.workflow.project import ROOT


@pytest.fixture
def small(tmp_path):
    settings = config.load(ROOT / "config.yaml")
    settings["pretrain"].update(input_size=8, channels=4, clip_length=4, steps_per_epoch=2)
    settings["pretrain"]["target_reach"] = 1
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def test_a_row_for_each_task_of_each_stream(small, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cli.main(["benchmark", "--config", str(small), "--repeats", "1"]) == 0
    head, titles, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("torch ") and head.endswith("GPU: none")
    assert titles.split()[:2] == ["stream", "task"] and "CPU / GPU" in titles
    assert [row.split()[0] for row in rows] == ["flow"] * 3 + ["face"] * 3
    for row in rows:
        assert float(row.split()[-1]) > 0  # one number: there is no GPU
    assert sum("an epoch of pretraining" in row for row in rows) == 2


def test_a_config_of_no_use_is_refused_by_name(tmp_path, capsys):
    missing = tmp_path / "none.yaml"
    assert cli.main(["benchmark", "--config", str(missing)]) == 2
    assert str(missing) in capsys.readouterr().err


def test_what_a_video_costs(tmp_path, monkeypatch):
    """In this process: a process of its own would not know the detector that is put in."""
    video = steady(tmp_path / "two words.mp4", 40, codec="libx264", options={"bf": "2"})
    longer = tmp_path / "longer.mp4"
    length.repeat(video, longer, 3)
    assert open_recording(longer).n_frames == 120
    numbers = [frame.native for frame in open_recording(longer).frames(30)]
    assert numbers == list(range(120))

    monkeypatch.setattr(
        "mespot.face.landmarks.detect", lambda frames, model, **_: ([] for _ in frames)
    )
    (tmp_path / "face.task").write_bytes(b"model")
    monkeypatch.setattr(single, "kept", lambda _: tmp_path / "face.task")
    how = How.of(training_free=True)
    shares: list[float] = []
    cost = length.cost(longer, tmp_path / "out", how, shares.append)
    assert (cost.recorded, cost.found) == (pytest.approx(120 / 25), 0)
    assert shares[-1] == 1 and cost.seconds > 0 and cost.cpu > 0 and cost.peak > 20e6
    assert (tmp_path / "out" / "longer" / "intervals.csv").is_file()
    with pytest.raises(InputError, match="3 frames a second"):
        slow = encode(tmp_path / "slow.mp4", [picture(0)] * 9, range(9), tick=Fraction(1, 3))
        length.cost(slow, tmp_path / "out2", how, shares.append)


def test_a_model_that_is_not_there_is_named(tmp_path, capsys):
    video = write_video(tmp_path / "v.avi", 5, 30)
    arguments = ["benchmark", "--video", str(video), "--model", str(tmp_path / "no.pt")]
    assert cli.main(arguments) == 2
    assert "no.pt: " in capsys.readouterr().err

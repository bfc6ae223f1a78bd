"""`mespot benchmark`, on networks so small that it takes a second."""

import pytest
import yaml

from mespot import cli, config
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

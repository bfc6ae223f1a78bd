"""The picture of the architecture says what config.yaml builds."""

import importlib.util
import re
from html import unescape
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs/architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_picture_is_fresh(script):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    picture = (ROOT / "docs/architecture.svg").read_text()
    drawn = [unescape(t) for t in re.findall(r"<text[^>]*>([^<]*)</text>", picture)]
    expected = [
        line for text in script.labels(script.numbers(config)).values() for line in text.split("\n")
    ]
    titles = [part for title in script.PANELS for part in title.split("  ", 1)]
    assert sorted(drawn) == sorted(expected + titles), "run python docs/architecture.py"


def test_numbers_follow_the_networks(script):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    config["pretrain"] |= {"code_channels": 5, "encoder_depth": 3, "downsample": 8}
    config["spotting"]["learned"] |= {"width": 24, "lags": [1]}
    numbers = script.numbers(config)
    assert numbers["code"] == (5, 16, 7, 7) and numbers["dilations"] == [1, 2, 4]
    # 16 regions of 10 motion channels (displacement and path in two units, and the slow path) and
    # two streams' codes of 4, and the blinks.
    assert numbers["read"] == 16 * (10 + 2 * 4) + 1 and numbers["width"] == 24


def test_boxes_do_not_overlap(script):
    boxes = [
        (x - w / 2, x + w / 2, y - h / 2, y + h / 2) for x, y, w, h, _ in script.BOXES.values()
    ]
    for i, (left, right, bottom, top) in enumerate(boxes):
        assert left > 0 and right < script.SIZE[0] and bottom > 0 and top < script.SIZE[1]
        for other in boxes[:i]:
            assert right <= other[0] or other[1] <= left or top <= other[2] or other[3] <= bottom

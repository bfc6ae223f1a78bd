import pytest

from mespot.training.schedule import rise_and_fall


def test_the_learning_rate_rises_and_falls():
    rates = [rise_and_fall(step, 100, 2.0, 0.15) for step in range(101)]
    assert rates[0] == pytest.approx(2 / 15) and max(rates) == rates[15] == 2.0
    assert rates == sorted(rates[:15]) + sorted(rates[15:], reverse=True)
    assert rates[100] == pytest.approx(0.0)
    assert rise_and_fall(0, 1, 2.0, 0.15) == 2.0

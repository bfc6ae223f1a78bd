"""Work that processes share: all of it is done or told, whatever ends one of them."""

import signal

import pytest

from mespot.errors import InputError
from mespot.videos import workers
from tests.unit import working


def happened(pieces, count, argument="did"):
    events = list(workers.share_out(pieces, count, working.prepare, argument))
    assert {event.value for event in events if event.kind == workers.PROGRESS} <= {0.5}
    ends = [event for event in events if event.kind != workers.PROGRESS]
    assert sorted(event.number for event in ends) == list(range(len(pieces)))
    return {event.number: (event.kind, event.value) for event in ends}


def test_what_fails_is_told_and_the_others_go_on(capfd):
    known = happened(["a", "bad", "killed", "fault", "b"], 1)
    assert known[0] == (workers.DONE, "did a") and known[4] == (workers.DONE, "did b")
    assert known[1] == (workers.FAILED, "cannot be read")
    assert known[2][0] == workers.FAILED and "was killed" in known[2][1]
    assert known[3][0] == workers.FAILED
    assert "ZeroDivisionError in working.py" in known[3][1] and "report it" in known[3][1]
    assert capfd.readouterr() == ("", "")


def test_several_processes_do_each_piece_once():
    assert happened(["a", "b", "c"], 2) == {
        n: (workers.DONE, f"did {piece}") for n, piece in enumerate("abc")
    }
    assert happened([], 2) == {}


@pytest.mark.parametrize(
    ("argument", "words"),
    [("unusable", "the model cannot be used"), ("dead", "could not start.*SIGTERM")],
)
def test_what_no_process_can_do_ends_it(argument, words):
    with pytest.raises(InputError, match=words):
        happened(["a"], 1, argument)


def test_a_key_that_stops_the_command_ends_no_process_that_has_just_begun(monkeypatch):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    monkeypatch.setenv("STOPPED_BY_A_KEY", "1")
    assert happened(["a"], 1) == {0: (workers.DONE, "did a")}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before

"""Persons of long recordings, in which a face is lost and found again thousands of times."""

import time

from mespot.face.persons import followed, persons
from mespot.face.tracks import Track
from tests.unit.faces import face

LENGTH, EVERY, MANY = 4, 60, 1500


def lost_and_found(number, x):
    """A face that is there for LENGTH of every EVERY frames."""
    one, tracks = face((x, 110), 90), []
    for start in range(0, number * EVERY, EVERY):
        track = Track(30.0)
        for frame in range(start, start + LENGTH):
            track.add(frame, one, 0)
        tracks.append(track)
    return tracks


def test_thousands_of_tracks_are_joined_in_seconds():
    left, right = lost_and_found(MANY, 100), lost_and_found(MANY, 300)
    began = time.process_time()
    found = persons([*left, *right], LENGTH)
    own = followed([*left, *right], found[0], found[1:])
    assert time.process_time() - began < 5  # tens of seconds, were each compared in Python
    assert [len(person.tracks) for person in found] == [MANY, MANY]
    assert {id(track) for track in own} == {id(track) for track in left}


def test_short_tracks_are_joined_to_the_followed_person():
    tracks = lost_and_found(40, 100)
    long = Track(30.0)
    for frame in range(10, 50):
        long.add(frame, face((100, 110), 90), 0)
    found = persons([*tracks, long], 30)
    own = followed([*tracks, long], found[0], [])
    assert own[0] is long and len(own) == 41

"""Minutes that jobs ask a cluster for."""

from types import SimpleNamespace

import pandas as pd

from mespot.plan import runtimes


def minutes(source, rule=runtimes.track_face):
    videos = pd.DataFrame({"path": [str(source)]}, index=["one"])
    corpus = SimpleNamespace(corpus=SimpleNamespace(videos=videos))
    return rule(SimpleNamespace(corpora={"sheet": corpus}), "sheet", "one")


def test_a_larger_recording_gets_more_time(tmp_path):
    path = tmp_path / "one.mp4"
    assert minutes(path) == minutes(tmp_path)  # still to be made; a folder of images
    asked = []
    for gigabytes in (0, 4, 900):
        with path.open("wb") as file:
            file.truncate(gigabytes * 10**9)
        asked.append(minutes(path))
    # 4 GB: an hour of 4K, which takes 40 minutes to decode and 25 to track.
    assert asked[0] == minutes(tmp_path) and 100 < asked[1] < asked[2] == 480
    with path.open("wb") as file:
        file.truncate(4 * 10**9)
    assert min(minutes(path, rule) for rule in (runtimes.crop_frames, runtimes.plot_timeline)) > 80

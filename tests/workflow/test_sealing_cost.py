"""What seals cost from the video to the features, the steps that read and write most for what they
compute: `pytest -m slow -rP` with this file prints it as it stands in docs/reliability.md."""

import time

import pytest

from mespot.config_files import merged
from mespot.plan import open_plan, paths, reports, settings
from mespot.steps import crop_frames, extract_features, optical_flow, track_face
from mespot.store import io
from mespot.store.sealed import Sealed

pytestmark = pytest.mark.slow

MADE = {"provenance": {}}
REPEATS = 2
LIMIT = 0.03  # of the time without seals
VIDEO = {"corpus": "demo", "video": "s01_1"}
NETWORK = {"corpus": "demo", "encoder": "pretrained", "fold": "s01", "stream": "face"}


class Clock:
    """Seconds of the processor, whoever else uses it, that some functions take."""

    def __init__(self):
        self.seconds = 0.0

    def around(self, function):
        def measured(*arguments):
            begin = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.process_time() - begin

        return measured


@pytest.fixture
def steps(finished, tmp_path, monkeypatch):
    """{rule: a function that does it for one recording of the tiny run}."""
    monkeypatch.chdir(finished)
    plan = open_plan(merged(["config.yaml", "tiny.yaml"]), check_labels=False)
    recording = {k: v for k, v in reports.recording(plan, **VIDEO).items() if k != "subject"}
    frames = paths.of_video("frames", **VIDEO)

    source = plan.corpora["demo"].corpus.videos.path["s01_1"]

    def track():
        keys = settings.track_face(plan, **VIDEO)
        output = tmp_path / "landmarks.h5"
        track_face.run(
            source=source,
            model=paths.LANDMARKER,
            output=output,
            video="s01_1",
            corpus="demo",
            **reports.recording(plan, **VIDEO),
            **keys,
            **MADE,
        )

    def crop():
        landmarks = paths.of_video("landmarks", **VIDEO)
        keys = settings.crop_frames(plan, **VIDEO)
        output = tmp_path / "frames.h5"
        crop_frames.run(
            source=source, landmarks=landmarks, output=output, **recording, **keys, **MADE
        )

    def measure():
        keys = settings.optical_flow(plan, **VIDEO)
        opened = reports.faces_from(plan, **VIDEO)
        output = tmp_path / "flow.h5"
        landmarks = paths.of_video("landmarks", **VIDEO)
        optical_flow.run(
            source=opened, frames=frames, landmarks=landmarks, output=output, **keys, **MADE
        )

    def code():
        extract_features.run(
            whose=NETWORK,
            unseen=reports.judged(plan, **NETWORK),
            pretraining="inductive",
            checkpoint_path=paths.encoder(**NETWORK),
            sources=[frames],
            frames=[frames],
            output=tmp_path / "features.h5",
            **MADE,
        )

    return {
        "track_face": track,
        "crop_frames": crop,
        "optical_flow": measure,
        "extract_features": code,
    }


def test_seals_cost_little(steps, monkeypatch):
    seals = Clock()
    monkeypatch.setattr(io, "seal", seals.around(io.seal))
    # What is read at all counts as well, so the seals cost less than this.
    monkeypatch.setattr(Sealed, "readinto", seals.around(Sealed.readinto))
    rows = []
    for rule, step in steps.items():
        step()  # loads what it needs
        measured = []
        for _ in range(REPEATS):
            whole = Clock()
            seals.seconds = 0.0
            whole.around(step)()
            measured.append((whole.seconds, seals.seconds))
        rows.append((rule, *min(measured)))
    rows.append(("together", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    print("| step, of a recording of 8 s | whole | in seals | slower by |\n|---|---|---|---|")
    for rule, whole, inside in rows:
        share = inside / (whole - inside)
        print(f"| `{rule}` | {whole:.2f} s | {1000 * inside:.0f} ms | {100 * share:.1f} % |")
    assert share < LIMIT

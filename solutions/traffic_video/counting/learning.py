"""Trains the network on rendered roads, and on records with masks where there are some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Crossings
from lepton_core.training.job import TrainingJob

from .config import Config
from .examples import Examples, of_records, rendered
from .model import parity
from .model import train as train_model
from .preprocessing import CountingPreprocessor
from .scenes.scene import KINDS
from .targets import HEADS

# Seeds of scenes apart from each other: learned from, chosen by; tests take others.
LEARN_SEED, VALID_SEED = 100_000, 200_000
# One clip in so many chooses the epoch.
_VALID = 16
# Recorded frames are at least such a share of what is learned from: they are shown more often.
_RECORDED = 0.15


def learn(job: TrainingJob, decision: Crossings) -> Trained:
    """A bundle with a network.

    Args:
        job: frames in order; those with masks are learned from, unless ``model.records`` is off.
        decision: that it comes with.
    """
    config: Config = job.config
    size = (config.model.size[0], config.model.size[1])
    clips = config.model.clips
    # A training that goes on after a kill renders nothing again.
    folder = None if job.run is None else job.run.folder / "examples"
    examples = rendered(config, LEARN_SEED + 1000 * job.seed, clips, job.tell, folder)
    held = min(max(clips // _VALID, len(KINDS)), clips)
    valid = rendered(config, VALID_SEED + 1000 * job.seed, held, folder=folder)
    own = Examples.joined([], size)
    if config.model.records:
        own = _of_part(job, job.split.train)
        valid = Examples.joined([valid, _of_part(job, job.split.valid)], size)
    often = max(round(_RECORDED * len(examples) / max(len(own), 1)), 1)
    everything = Examples.joined([examples, own.times(often)], size)
    model = train_model(everything, valid, config.model, job.seed, run=job.run, verbose=job.verbose)
    fitted = {**decision.fitted_on, "rendered": len(examples), "recorded": len(own)}
    return Trained(
        CountingPreprocessor(config),
        replace(decision, fitted_on=fitted),
        {"main": ScoringModel(model, HEADS, {"x": parity(job.seed, size)})},
        model,
        figures={
            "detector": config.detector,
            "parameters": int(model.count_params()),
            "rendered_examples": len(examples),
            "recorded_examples": len(own),
        },
    )


def _of_part(job: TrainingJob, rows: np.ndarray) -> Examples:
    """Examples of one part of the records; what comes before them is looked at, too."""
    wanted = np.zeros(job.records.num_rows, bool)
    wanted[rows] = True
    return of_records(job.config, job.records, wanted)

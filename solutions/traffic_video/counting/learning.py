"""Trains the network on rendered roads, and on records with masks where there are some."""

from __future__ import annotations

from dataclasses import replace

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Crossings
from lepton_core.evaluation.rows import take_rows
from lepton_core.training.job import TrainingJob

from .config import Config
from .examples import Examples, of_records, rendered
from .model import HEADS, parity
from .model import train as train_model
from .preprocessing import CountingPreprocessor

# Seeds of scenes apart from each other: learned from, chosen by; tests take others.
LEARN_SEED, VALID_SEED = 100_000, 200_000
# One clip in so many chooses the epoch.
_VALID = 8


def learn(job: TrainingJob, decision: Crossings) -> Trained:
    """A bundle with a network.

    Args:
        job: frames in order; those with masks are learned from, unless ``model.records`` is off.
        decision: that it comes with.
    """
    config: Config = job.config
    size = (config.model.size[0], config.model.size[1])
    clips = config.model.clips
    examples = rendered(config, LEARN_SEED + 1000 * job.seed, clips, job.tell)
    valid = rendered(config, VALID_SEED + 1000 * job.seed, max(clips // _VALID, 1))
    own = Examples.joined([], size)
    if config.model.records and len(job.split.train):
        own = of_records(config, take_rows(job.records, job.split.train))
    everything = Examples.joined([examples, own], size)
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

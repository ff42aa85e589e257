"""The settings become a bundle; there is nothing to learn."""

from __future__ import annotations

from dataclasses import replace

from lepton_core.bundle import Trained
from lepton_core.decision import Computed, Told
from lepton_core.training.job import TrainingJob

from .columns import COLUMNS, NOTES
from .preprocessing import OrderPreprocessor

_KINDS = {"notes": Told("notes", "flags", NOTES), "review": Told("review", "yes")}
DECISION = Computed(tuple(_KINDS.get(name, Told(name)) for name in COLUMNS))


def train(job: TrainingJob) -> Trained:
    """The settings, as they are.

    Args:
        job: its records are not looked at.
    """
    decision = replace(DECISION, fitted_on={"part": "settings", "n": 0})
    figures = {"correlation": job.config.plan.correlation}
    return Trained(OrderPreprocessor(job.config), decision, figures=figures)

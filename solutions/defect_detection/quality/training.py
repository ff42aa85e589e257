"""Phase I: the limits of a baseline become a bundle."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from lepton_core.bundle import Trained
from lepton_core.decision import Computed, Told
from lepton_core.training.job import TrainingJob

from .history import COLUMNS, FLAGS, LABELS
from .preprocessing import ChartPreprocessor

_KINDS = {
    "point": Told("point", "count"),
    "complete": Told("complete", "yes"),
    "size": Told("size", "count"),
    "label": Told("label", "word", LABELS),
    "rules": Told("rules", "flags", FLAGS),
}
DECISION = Computed(tuple(_KINDS.get(name, Told(name)) for name in COLUMNS))


def train(job: TrainingJob) -> Trained:
    """Limits frozen on the training rows.

    Args:
        job: checked records in order, the baseline among them.
    """
    baseline = job.records.take(pa.array(job.split.train))
    preprocessor = ChartPreprocessor(job.config).fit(baseline)
    figures = {
        "lines": len(preprocessor.known),
        "baseline_subgroups": sum(one.subgroups for one in preprocessor.known.values()),
    }
    decision = replace(DECISION, fitted_on={"part": "baseline", "n": baseline.num_rows})
    return Trained(preprocessor, decision, figures=figures)

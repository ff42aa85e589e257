"""How the model is split, measured and compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import classification_baselines
from lepton_core.evaluation.days import DaySplit
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.report import Measured
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .preprocessing import prepare


class ByDays(DaySplit):
    """Earlier days to train, then validation, a delay until labels are known, and the test."""

    def __init__(self, config: Config | None = None) -> None:
        windows = (config or Config()).split
        super().__init__(
            "failure",
            "time",
            valid_days=windows.valid_days,
            test_days=windows.test_days,
            delay_days=windows.delay_days,
            warmup_days=windows.warmup_days,
        )


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of scored test events, intervals by resampling machines.

    Args:
        records: the test events [n], with labels.
        scores: logits [n], higher is more suspicious.
        decision: where given, also what its probabilities and labels are worth.
    """
    # Events of one machine are alike: resampled one by one, intervals would be too narrow.
    machines = records.column("machine").combine_chunks().dictionary_encode().indices.to_numpy()
    return classification_measures(labels_of(records, "failure"), scores, decision, groups=machines)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Logistic regression and gradient boosting on the same features of the present event.

    They see its columns, the gap and the vibration against the machine's mean, as the network
    does, but not the events before it.

    Returns:
        name -> score of each test event [n], higher is more suspicious.
    """
    split = job.split
    _, x, _ = prepare(job.records, split.train)
    labels = labels_of(job.records.take(pa.array(split.train)), "failure")
    return classification_baselines(x[split.train], labels, x[split.test], job.seed)

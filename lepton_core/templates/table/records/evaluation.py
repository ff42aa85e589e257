"""How the model is split, measured, compared and explained."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import classification_baselines
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.splitting import TimeSplit
from lepton_core.explain.occlusion import ColumnOcclusion
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .preprocessing import RecordPreprocessor
from .task import INPUTS


class RecordExplainer(ColumnOcclusion):
    """The columns that raise a record's score the most."""


def protocol(config: Config) -> Protocol:
    """The latest records for the test, as a model is used: on contracts that are yet to come.

    Records without a date are split by ``RandomSplit("left", ...)``; where one client has several,
    by ``GroupSplit("left", "client", ...)``, both of ``lepton_core.evaluation.splitting``.
    """
    split = config.split
    return TimeSplit("left", "renewal", split.valid_share, split.test_share, split.gap_days)


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of labelled test records, with intervals.

    Args:
        records: the test records [n].
        scores: logits [n].
        decision: the fitted one; None for a baseline.
    """
    return classification_measures(labels_of(records, "left"), scores, decision)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Logistic regression and gradient boosting on the same features and records.

    Returns:
        name -> score of each test record [n], higher for the second class.
    """
    features = job.config.features
    known, asked = (job.records.take(pa.array(rows)) for rows in (job.split.train, job.split.test))
    preprocessor = RecordPreprocessor(INPUTS, features.most_categories, features.least_rows)
    x = preprocessor.fit(known).transform(known).arrays["x"]
    test = preprocessor.transform(asked).arrays["x"]
    return classification_baselines(x, labels_of(known, "left"), test, job.seed)

"""How the model is split, measured, compared and explained, and how groups of people fare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import classification_baselines
from lepton_core.evaluation.fairness import by_group
from lepton_core.evaluation.file_split import FileSplit
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.splitting import RandomSplit
from lepton_core.explain.base import Explanation, Reason
from lepton_core.explain.occlusion import ColumnOcclusion
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .preprocessing import ChurnPreprocessor
from .task import CLASSES, INPUTS

_UNKNOWN = "not told"


class ChurnExplainer(ColumnOcclusion):
    """The columns that raise a customer's score the most; the logarithm of months as months."""

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        found = super().explain(pipeline, records, record_ids)
        return [
            replace(one, reasons=tuple(_in_months(reason) for reason in one.reasons))
            for one in found
        ]


def _in_months(reason: Reason) -> Reason:
    if reason.values.get("column") != "log_tenure":
        return reason
    months = {name: float(np.expm1(reason.values[name])) for name in ("value", "usual")}
    return replace(reason, values={**reason.values, **months})


def fixed(config: Config) -> Protocol:
    """The split of telco_churn, which its file decides."""
    return FileSplit("telco_churn", "left", seeds=5)


def at_random(config: Config) -> Protocol:
    """A random part of the customers each, with the same share of those who left in all."""
    return RandomSplit("left", config.split.valid_share, config.split.test_share)


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
        name -> score of each test record [n], higher for leaving.
    """
    features = job.config.features
    known, asked = (job.records.take(pa.array(rows)) for rows in (job.split.train, job.split.test))
    preprocessor = ChurnPreprocessor(INPUTS, features.most_categories, features.least_rows)
    x = preprocessor.fit(known).transform(known).arrays["x"]
    test = preprocessor.transform(asked).arrays["x"]
    return classification_baselines(x, labels_of(known, "left"), test, job.seed)


def groups(records: pa.Table) -> dict[str, np.ndarray]:
    """Attribute -> the group [n] of each customer.

    Args:
        records: checked records [n].
    """
    found = {}
    for name, words in (("gender", None), ("senior", ("under 65", "65 and older"))):
        if name not in records.column_names:
            found[name] = np.full(records.num_rows, _UNKNOWN, object)
            continue
        column = records.column(name)
        if words is not None:
            column = pc.if_else(column, words[1], words[0])
        found[name] = np.array(pc.fill_null(column, _UNKNOWN).to_pylist(), object)
    return found


def report(records: pa.Table, predictions: Predictions) -> pa.Table:
    """Who is called likely to leave, rightly and wrongly, by gender and age.

    Args:
        records: the scored records [n], row for row, with labels where they are known.
        predictions: their predictions [n].

    Returns:
        one row a group, as :func:`lepton_core.evaluation.fairness.by_group` gives them.

    Raises:
        MissingDependency: fairlearn is not installed.
    """
    called = np.asarray(predictions["label"]) == CLASSES[1]
    return by_group(groups(records), labels_of(records, "left"), called)

"""What risk and value are worth: figures with intervals, beside simple ways to tell them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from lepton_core.decision import Computed
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.baselines import logistic_regression
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.report import Measured
from lepton_core.training.job import TrainingJob

from .features import Past, lifetime_says
from .preprocessing import CustomerPreprocessor
from .training import targets

_RESAMPLES = 200
# The features of the plain logistic model: recency, frequency, value, and how long known.
_PLAIN = (0, 1, 2, 5)


def measures(cases: pa.Table, scores: np.ndarray, decision: Computed | None) -> dict[str, Measured]:
    """Figures of test cases, with intervals by resampling customers.

    Args:
        cases: [n], with ``orders_next`` and ``value_next``.
        scores: the numbers of ``COLUMNS`` [n, 10]; of a baseline risk and value [n, 2].
        decision: None for a baseline.

    Returns:
        ``auc ap`` of going (no order within the horizon), ``ece calibration_ratio brier_skill`` of
        its probability, ``wape mae`` of the value, and with a decision its ``coverage90``.
    """
    ordered, value = targets(cases, np.arange(cases.num_rows))
    gone, risk = (~ordered).astype(np.int8), scores[:, 0].astype(np.float64)
    judged: list[tuple[str, Callable[..., float], np.ndarray, tuple[np.ndarray, ...]]] = [
        ("auc", metrics.auc, gone, (risk,)),
        ("ap", metrics.ap, gone, (risk,)),
        ("ece", metrics.ece, gone, (risk,)),
        ("calibration_ratio", metrics.calibration_ratio, gone, (risk,)),
        ("brier_skill", metrics.brier_skill, gone, (risk,)),
        ("wape", metrics.wape, value, (scores[:, 1],)),
        ("mae", metrics.mae, value, (scores[:, 1],)),
    ]
    if decision is not None:
        judged.append(("coverage90", metrics.coverage, value, (scores[:, 2], scores[:, 3])))
    found = {}
    for key, metric, truth, said in judged:
        try:
            found[key] = Measured.of(bootstrap(metric, truth, *said, n=_RESAMPLES))
        except DataError:
            # Not defined here, as a rank among customers who all came back.
            continue
    return found


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """A plain logistic model, BG/NBD by itself, and what a shop does without a model.

    Returns:
        name -> risk and value [n, 2] of each test case: ``logistic_regression`` on recency,
        frequency, value and age, with a line for the logarithm of the value; ``bg_nbd`` with
        gamma-gamma, as fitted on the training cases; ``as_before``, recency as the risk and the
        rate of spending until then.
    """
    train, test = (job.records.take(pa.array(r)) for r in (job.split.train, job.split.test))
    preprocessor = CustomerPreprocessor(job.config.data).fit(train)
    known, asked = preprocessor.transform(train), preprocessor.transform(test)
    days = job.config.data.horizon_days
    ordered, value = targets(train, known.kept)
    x, test_x = (prepared.arrays["x"][:, _PLAIN] for prepared in (known, asked))
    logit = logistic_regression(x, ordered.astype(np.int8), test_x)
    chance = 0.5 * (1 + np.tanh(0.5 * logit))
    kept = _line(x[ordered & (value > 0)], value[ordered & (value > 0)], test_x)
    bought, _, _ = preprocessor._read(test)
    past = Past.of(bought)
    said = lifetime_says(past, preprocessor.lifetime, days)
    rate = past.spent / np.maximum(past.age, days / 3)
    found = {
        "logistic_regression": (1 - chance, chance * kept),
        "bg_nbd": (1 - said["chance"], said["chance"] * said["value"]),
        "as_before": (past.recency / (past.recency + days), rate * days),
    }
    return {name: np.stack(both, axis=1) for name, both in found.items()}


def _line(x: np.ndarray, value: np.ndarray, test_x: np.ndarray) -> np.ndarray:
    """Values expected of ``test_x`` by a line through the logarithms of ``value``."""
    with_one = [
        np.column_stack([part, np.ones(len(part))]).astype(np.float64) for part in (x, test_x)
    ]
    weights = np.linalg.lstsq(with_one[0], np.log(value), rcond=None)[0]
    fitted = np.exp(with_one[0] @ weights)
    return np.exp(with_one[1] @ weights) * (value.sum() / fitted.sum())

"""All metrics by the key that reports use everywhere, and what they read.

Every function takes what is true first and what was predicted second. Where a formula would
divide by zero it raises instead of returning NaN: a metric that is not defined is not a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lepton_core.evaluation.metrics_binary import (
    ap,
    auc,
    brier_skill,
    calibration_ratio,
    ece,
    f1,
    precision,
    recall,
    specificity,
)
from lepton_core.evaluation.metrics_classes import (
    accuracy,
    balanced_accuracy,
    macro_f1,
    winner_ece,
)
from lepton_core.evaluation.metrics_values import coverage, mae, rmse, wape
from lepton_core.evaluation.ranking import CUTS, hit_rate, ndcg

__all__ = [
    "METRICS",
    "accuracy",
    "ap",
    "auc",
    "balanced_accuracy",
    "brier_skill",
    "calibration_ratio",
    "coverage",
    "ece",
    "f1",
    "hit_rate",
    "macro_f1",
    "mae",
    "ndcg",
    "precision",
    "recall",
    "rmse",
    "specificity",
    "wape",
    "winner_ece",
]

# Key -> function and the columns of the predictions that it reads. With more than two classes the
# keys ``f1`` and ``ece`` stand for ``macro_f1`` and ``winner_ece``.
METRICS: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
    "auc": (auc, ("score",)),
    "ap": (ap, ("score",)),
    "accuracy": (accuracy, ("label",)),
    "balanced_accuracy": (balanced_accuracy, ("label",)),
    "f1": (f1, ("label",)),
    "precision": (precision, ("label",)),
    "recall": (recall, ("label",)),
    "specificity": (specificity, ("label",)),
    "ece": (ece, ("probability",)),
    "calibration_ratio": (calibration_ratio, ("probability",)),
    "brier_skill": (brier_skill, ("probability",)),
    "mae": (mae, ("value",)),
    "rmse": (rmse, ("value",)),
    "wape": (wape, ("value",)),
    "coverage90": (coverage, ("low", "high")),
    **{f"hr{k}": (partial(hit_rate, k=k), ("items",)) for k in CUTS},
    **{f"ndcg{k}": (partial(ndcg, k=k), ("items",)) for k in CUTS},
}

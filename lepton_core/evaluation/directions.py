"""Which way a metric is better: for comparisons, conformance checks and the marks in reports."""

from __future__ import annotations

# Every metric key of the suite that has a direction; a solution's own keys it knows itself.
HIGHER_IS_BETTER: dict[str, bool] = {
    "accuracy": True,
    "ap": True,
    "auc": True,
    "balanced_accuracy": True,
    "brier_skill": True,
    "card_precision_100": True,
    "ece": False,
    "escape": False,
    "event_f1": True,
    "f1": True,
    "f_measure": True,
    "false_reject": False,
    "hr5": True,
    "hr10": True,
    "hr20": True,
    "hr10_head": True,
    "hr10_mid": True,
    "hr10_tail": True,
    "image_auroc": True,
    "item_coverage10": True,
    "mae": False,
    "map50": True,
    "map50_95": True,
    "miou": True,
    "ndcg5": True,
    "ndcg10": True,
    "ndcg20": True,
    "novelty10": True,
    "pixel_f1": True,
    "pixel_precision": True,
    "pixel_recall": True,
    "precision": True,
    "recall": True,
    "recall20": True,
    "review_share": False,
    "rmse": False,
    "specificity": True,
    "sure_accuracy": True,
    "wape": False,
}

# Metrics that are best at a value: above it is as wrong as below it.
BEST_AT: dict[str, float] = {"calibration_ratio": 1.0, "coverage90": 0.9, "set_coverage": 0.9}


def is_better(key: str, value: float, other: float) -> bool:
    """Whether ``value`` is the better figure of the two; equal ones are not better.

    Args:
        key: a metric key of one of the tables above.
        value: the figure asked about.
        other: what it is compared with.

    Raises:
        KeyError: for a key that is in neither table.

    Example:
        >>> is_better("mae", 2.0, 3.0), is_better("coverage90", 0.99, 0.88)
        (True, False)
    """
    if key in BEST_AT:
        return abs(value - BEST_AT[key]) < abs(other - BEST_AT[key])
    return value > other if HIGHER_IS_BETTER[key] else value < other

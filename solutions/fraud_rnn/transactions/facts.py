"""What the features say of a transaction in units that a person would use, for rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .features import SUSPICION, TERMINAL_ODDS
from .suspicion import chance

Reading = tuple[str, Callable[[np.ndarray], np.ndarray]]


def _hours(log_days: np.ndarray) -> np.ndarray:
    return 24.0 * np.maximum(np.exp(log_days) - 1e-3, 0.0)


# Fact -> the feature that it is read from, and how. Counts fade: a payment of the window's own
# length ago counts 0.37.
_READINGS: dict[str, Reading] = {
    "amount_ratio": ("amount_ratio_log", np.exp),
    "card_usual_amount": ("card_mean_log", np.expm1),
    "card_payments": ("card_rows_log", np.expm1),
    "card_hours_since_last": ("card_gap_log", _hours),
    "card_count_1d": ("card_count_1d", np.expm1),
    "card_count_7d": ("card_count_7d", np.expm1),
    "card_count_30d": ("card_count_30d", np.expm1),
    "card_risk": (SUSPICION, chance),
    "terminal_frauds_in_a_row": ("terminal_run_length", np.expm1),
    "terminal_days_since_fraud": ("terminal_fraud_age", np.asarray),
    "terminal_count_1d": ("terminal_count_1d", np.expm1),
    "terminal_risk": (TERMINAL_ODDS, chance),
}


def names(features: tuple[str, ...]) -> list[str]:
    """The facts that these features tell; with other decay times some counts are not there."""
    return [fact for fact, (feature, _) in _READINGS.items() if feature in features]


def tell(features: tuple[str, ...], x: np.ndarray, never: float) -> dict[str, np.ndarray]:
    """The facts of transactions.

    Args:
        features: names of the features.
        x: float32 [N, F], unscaled.
        never: what an age is cut at, which also stands for "never".

    Returns:
        fact -> float64 [N]; NaN where there was no such thing.
    """
    told = {}
    for fact in names(features):
        feature, read = _READINGS[fact]
        told[fact] = read(x[:, features.index(feature)].astype(np.float64))
    since = "terminal_days_since_fraud"
    if since in told:
        told[since] = np.where(told[since] >= never - 1e-3, np.nan, told[since])
    return told

"""What the history features themselves learn from labelled rows of the training split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from .config import FeatureConfig
from .features import CLOCK_NAMES, SUSPICION, TERMINAL_ODDS, FeatureEngine, learn_outlier_amount

# Days that a compromised terminal may stay so; finer steps are not told apart by a week of labels.
MEMORY_DAYS = (7.0, 14.0, 21.0, 28.0, 42.0, 60.0)

Columns = tuple[pa.Array, pa.Array, np.ndarray, np.ndarray, np.ndarray]


def learn_history(
    config: FeatureConfig, given: Columns, train: np.ndarray
) -> tuple[FeatureConfig, np.ndarray | None, np.ndarray]:
    """The outlier amount, the card's suspicion and how long a terminal's run of frauds lasts.

    Args:
        config: settings to start from; what is set there by hand stays.
        given: card, terminal, time, amount and label of all rows [N] up to the last learned one.
        train: int64 [n], the rows whose labels are learned from.

    Returns:
        the settings with what was learned, the suspicion's weights (None where one of the two
        labels is absent), and the features float32 [N, F] of all rows.
    """
    _, terminal, _, amount, label = given
    known = np.intersect1d(train, np.flatnonzero(label >= 0))
    if len(known) and np.isinf(config.outlier_amount):
        found = learn_outlier_amount(amount[known], label[known])
        config = replace(config, outlier_amount=found)
    engine = FeatureEngine(config)
    x = engine.step(*given)
    weights = engine.suspicion.fit(x[train][:, : len(engine.card_names)], label[train])
    if weights is None:
        return config, None, x
    if config.fraud_memory_days or terminal.null_count == len(terminal):
        return config, weights, FeatureEngine(config, weights).step(*given)
    best = (np.inf, config, x)
    for days in MEMORY_DAYS:
        tried = replace(config, fraud_memory_days=min(days, config.max_age_days))
        x = FeatureEngine(tried, weights).step(*given)
        loss = _log_loss(either(*(x[known][:, places(tried)].T.astype(np.float64))), label[known])
        if loss < best[0]:
            best = (loss, tried, x)
    return best[1], weights, best[2]


def places(config: FeatureConfig) -> list[int]:
    """Where among the features the card's suspicion and the terminal's odds stand."""
    names = FeatureEngine(config).names
    return [names.index(SUSPICION), names.index(TERMINAL_ODDS)]


def card_width(config: FeatureConfig) -> int:
    """How many of the first features tell of the card and the clock alone."""
    return len(FeatureEngine(config).card_names) + 1 + len(CLOCK_NAMES)


def either(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Log odds that at least one of two independent causes holds, from the log odds of each.

    Example:
        >>> float(either(np.log([1.0]), np.log([1.0]))[0].round(6)) == round(np.log(3.0), 6)
        True
    """
    return np.logaddexp(np.logaddexp(a, b), a + b)


def _log_loss(logits: np.ndarray, label: np.ndarray) -> float:
    return float((np.logaddexp(0.0, logits) - (label == 1) * logits).mean())

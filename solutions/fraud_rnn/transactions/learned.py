"""What the history features themselves learn from labelled rows of the training split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from .config import FeatureConfig
from .features import CLOCK_NAMES, SUSPICION, TERMINAL_ODDS, FeatureEngine, learn_outlier_amount

# Days that a compromised terminal may stay so; finer steps are not told apart by a week of labels.
MEMORY_DAYS = (7.0, 14.0, 21.0, 28.0, 42.0, 60.0)

# Chance a day that an honest terminal becomes compromised.
HAZARDS = (5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 3e-3)

Columns = tuple[pa.Array, pa.Array, np.ndarray, np.ndarray, np.ndarray]


def learn_history(
    config: FeatureConfig, given: Columns, train: np.ndarray
) -> tuple[FeatureConfig, np.ndarray | None, np.ndarray]:
    """The outlier amount, the card's suspicion, how long and how often terminals are compromised.

    The suspicion is first fitted to all frauds, then to the share of each that its terminal does
    not explain. Days and hazard are those under which the training labels are likeliest.

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
    of_card, outcome = x[train][:, : len(engine.card_names)], label[train]
    weights = engine.suspicion.fit(of_card, outcome)
    if weights is None:
        return config, None, x
    if terminal.null_count == len(terminal):
        return config, weights, FeatureEngine(config, weights).step(*given)
    longest, memory = config.max_age_days, config.fraud_memory_days
    lasting = [memory] if memory else [min(days, longest) for days in MEMORY_DAYS]
    tried = [replace(config, fraud_memory_days=days) for days in lasting]
    config, x = _likeliest(tried, weights, given, known)
    weights = engine.suspicion.fit(of_card, outcome, x[train, places(config)[1]])
    hazards = [config.terminal_hazard] if config.terminal_hazard else HAZARDS
    tried = [replace(config, terminal_hazard=hazard) for hazard in hazards]
    config, x = _likeliest(tried, weights, given, known)
    return config, weights, x


def _likeliest(
    tried: list[FeatureConfig], weights: np.ndarray | None, given: Columns, known: np.ndarray
) -> tuple[FeatureConfig, np.ndarray]:
    """The settings under which the known labels are likeliest, and the features of all rows."""
    best: tuple[float, FeatureConfig, np.ndarray] | None = None
    frauds = given[4][known] == 1
    for config in tried:
        x = FeatureEngine(config, weights).step(*given)
        logits = either(*x[known][:, places(config)].T.astype(np.float64))
        loss = float((np.logaddexp(0.0, logits) - frauds * logits).mean())
        if best is None or loss < best[0]:
            best = loss, config, x
    assert best is not None
    return best[1:]


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
        >>> round(float(np.exp(either(np.array(0.0), np.array(0.0)))), 6)
        3.0
    """
    return np.logaddexp(np.logaddexp(a, b), a + b)

"""What the history features themselves learn from labelled rows of the training split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from .card_history import CardHistory
from .config import FeatureConfig
from .features import US_A_DAY, FeatureEngine, layout, learn_outlier_amount
from .suspicion import CardSuspicion
from .terminal_history import TerminalHistory

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
    card, terminal, time_us, amount, label = given
    known = np.intersect1d(train, np.flatnonzero(label >= 0))
    if len(known) and np.isinf(config.outlier_amount):
        found = learn_outlier_amount(amount[known], label[known])
        config = replace(config, outlier_amount=found)
    cards, day = CardHistory(config), time_us / US_A_DAY
    of_card = np.empty((len(day), len(cards.names)), np.float32)
    anomalous = cards.step(card, day, amount, of_card)
    suspicion = CardSuspicion(cards.names, config.outlier_amount)
    weights = suspicion.fit(of_card[train], label[train])
    if weights is not None and terminal.null_count < len(terminal):

        def likeliest(tried: list[FeatureConfig]) -> tuple[FeatureConfig, np.ndarray]:
            """Under which settings the known labels are likeliest, and the terminals' log odds."""
            of_cards = suspicion.log_odds(of_card)
            best: tuple[float, FeatureConfig, np.ndarray] | None = None
            for settings in tried:
                place = layout(settings)
                out = np.empty((len(day), len(place.names) - place.of_card), np.float32)
                TerminalHistory(settings).step(terminal, day, anomalous, of_cards, label, out)
                odds = out[:, place.terminal_odds - place.of_card].astype(np.float64)
                loss = _log_loss(either(of_cards[known], odds[known]), label[known] == 1)
                if best is None or loss < best[0]:
                    best = loss, settings, odds
            assert best is not None
            return best[1:]

        lasting = [config.fraud_memory_days] if config.fraud_memory_days else MEMORY_DAYS
        longest = config.max_age_days
        config, odds = likeliest(
            [replace(config, fraud_memory_days=min(days, longest)) for days in lasting]
        )
        weights = suspicion.fit(of_card[train], label[train], odds[train])
        hazards = [config.terminal_hazard] if config.terminal_hazard else HAZARDS
        config, _ = likeliest([replace(config, terminal_hazard=hazard) for hazard in hazards])
    return config, weights, FeatureEngine(config, weights).step(*given)


def either(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Log odds that at least one of two independent causes holds, from the log odds of each.

    Example:
        >>> round(float(np.exp(either(np.array(0.0), np.array(0.0)))), 6)
        3.0
    """
    return np.logaddexp(np.logaddexp(a, b), a + b)


def _log_loss(logits: np.ndarray, frauds: np.ndarray) -> float:
    return float((np.logaddexp(0.0, logits) - frauds * logits).mean())

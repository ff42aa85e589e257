"""From the columns time, card, terminal and amount to features, the same in batch and online."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from .card_history import CardHistory
from .config import FeatureConfig
from .suspicion import CardSuspicion
from .terminal_history import TerminalHistory

US_A_DAY = 86_400_000_000
CLOCK_NAMES = ("hour_sin", "hour_cos", "is_night", "is_weekend")
SUSPICION = "card_suspicion"
TERMINAL_ODDS = "terminal_odds_log"


@dataclass(frozen=True)
class Layout:
    """What stands where among the features.

    Args:
        names: of the F features: what tells of the card, the clock, then the terminal.
        of_card: how many of the first ones tell of the card and the clock alone.
    """

    names: tuple[str, ...]
    of_card: int

    @property
    def suspicion(self) -> int:
        """Place of the log odds of fraud by the card alone, behind all the card's features."""
        return self.names.index(SUSPICION)

    @property
    def terminal_odds(self) -> int:
        """Place of the log odds that the terminal is compromised."""
        return self.names.index(TERMINAL_ODDS)


@lru_cache
def layout(config: FeatureConfig) -> Layout:
    """The features that these settings make.

    Example:
        >>> found = layout(FeatureConfig())
        >>> len(found.names), found.of_card, found.names[found.suspicion]
        (36, 19, 'card_suspicion')
    """
    of_card = (*CardHistory(config).names, SUSPICION, *CLOCK_NAMES)
    return Layout((*of_card, *TerminalHistory(config).names), len(of_card))


class FeatureEngine:
    """History features of transactions, with constant-size state a card and a terminal.

    A row's features see what arrived before it and labels older than the delay, nothing else;
    they do not depend on how the stream is cut into batches.

    Args:
        config: feature settings.
        suspicion: weights of `CardSuspicion`; None where nothing was learned.

    Example:
        >>> engine = FeatureEngine(FeatureConfig())
        >>> x = engine.step(
        ...     pa.array(["card"]), pa.array(["shop"]), np.array([0]), np.array([9.5]),
        ...     np.array([-1], np.int8),
        ... )
        >>> x.shape == (1, len(engine.names)), x.dtype.name
        (True, 'float32')
    """

    def __init__(self, config: FeatureConfig, suspicion: np.ndarray | None = None) -> None:
        self._cards = CardHistory(config)
        self._terminals = TerminalHistory(config)
        self._suspicion = CardSuspicion(self._cards.names, config.outlier_amount, suspicion)
        self.names: tuple[str, ...] = layout(config).names

    def step(
        self,
        card_ids: pa.Array,
        terminal_ids: pa.Array,
        time_us: np.ndarray,
        amount: np.ndarray,
        label: np.ndarray,
        moves: np.ndarray | None = None,
    ) -> np.ndarray:
        """Features of the next transactions of the stream.

        Args:
            card_ids: strings or integers [N], no nulls.
            terminal_ids: strings or integers [N], null where unknown.
            time_us: int64 [N], microseconds since 1970 UTC. A time before the card's or the
                terminal's previous one counts as no time passed.
            amount: float64 [N], finite, at least 0.
            label: int8 [N], 1 fraud, 0 genuine, -1 not given; serves later rows only.
            moves: bool [N], whether a row is remembered; all are where it is None. The time of one
                that is not lies not after the latest before it.

        Returns:
            float32 [N, len(names)].
        """
        day = time_us / US_A_DAY
        out = np.empty((len(day), len(self.names)), dtype=np.float32)
        n_card = len(self._cards.names)
        of_card = out[:, :n_card]
        anomalous = self._cards.step(card_ids, day, amount, of_card, moves)
        suspicion = self._suspicion.log_odds(of_card)
        out[:, n_card] = suspicion
        _clock(day, out[:, n_card + 1 :])
        if moves is not None:
            label = np.where(moves, label, -1)
        of_terminal = out[:, n_card + 1 + len(CLOCK_NAMES) :]
        self._terminals.step(terminal_ids, day, anomalous, suspicion, label, of_terminal, moves)
        return out

    def step_one(
        self, card_id: str | int, terminal_id: str | int | None, time_us: int, amount: float
    ) -> list[float]:
        """Features of one transaction without a label, as `step` takes many."""
        day = time_us / US_A_DAY
        of_card, anomalous = self._cards.step_one(card_id, day, amount)
        suspicion = self._suspicion.log_odds_one(of_card)
        of_terminal = self._terminals.step_one(terminal_id, day, anomalous)
        return [*of_card, suspicion, *_clock_one(day), *of_terminal]

    def export(self) -> dict[str, np.ndarray]:
        """The whole state as plain arrays (no pickle), keys `cards.*` and `terminals.*`."""
        return {f"cards.{key}": value for key, value in self._cards.export().items()} | {
            f"terminals.{key}": value for key, value in self._terminals.export().items()
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what `export` gave."""
        self._cards.restore(_under("cards.", arrays))
        self._terminals.restore(_under("terminals.", arrays))


def _clock(day: np.ndarray, out: np.ndarray) -> None:
    """Writes `CLOCK_NAMES` of times [N] in days into the first columns of `out`."""
    angle = (day % 1.0) * (2.0 * np.pi)
    out[:, 0] = np.sin(angle)
    out[:, 1] = np.cos(angle)
    out[:, 2] = day % 1.0 < 0.25
    # 1970-01-01 was a Thursday, so that days 2 and 3 of each week since are a weekend.
    weekday = np.floor(day) % 7.0
    out[:, 3] = (weekday == 2.0) | (weekday == 3.0)


def _clock_one(day: float) -> tuple[float, ...]:
    angle, weekday = (day % 1.0) * (2.0 * math.pi), math.floor(day) % 7
    return math.sin(angle), math.cos(angle), day % 1.0 < 0.25, weekday in (2, 3)


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}


def fit_scaling(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and spread of each feature, for `scale`.

    Args:
        features: float32 [N, F], rows of the training split only.

    Returns:
        (mean, spread), float32 [F] each; spread is the standard deviation, at least a tenth of
        the range and 1 where the feature is constant.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    # The age of a run of frauds is "never" on 99 rows in 100: by its deviation alone, the rows
    # that matter would lie far out and be cut.
    spread = np.maximum(features.std(axis=0, dtype=np.float64), np.ptp(features, axis=0) / 10.0)
    return mean.astype(np.float32), np.where(spread > 1e-6, spread, 1.0).astype(np.float32)


def scale(features: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Features of like size for the network, cut at 10.

    Args:
        features: float32 [N, F].
        mean, spread: float32 [F], from `fit_scaling`.

    Returns:
        float32 [N, F], a new array.
    """
    out = features - mean
    out /= spread
    # Of one row np.clip would cost more than all the rest.
    np.maximum(out, -10.0, out=out)
    return np.minimum(out, 10.0, out=out)


def learn_outlier_amount(amount: np.ndarray, label: np.ndarray, precision: float = 0.9) -> float:
    """The least amount from which on frauds are at least `precision` of the labelled rows.

    Args:
        amount: float64 [N].
        label: int8 [N], 1 fraud, 0 genuine, -1 unknown; rows of the training split only.
        precision: share of frauds above the amount, 0..1.

    Returns:
        An amount for `FeatureConfig.outlier_amount`, infinite where there is none.

    Example:
        >>> learn_outlier_amount(np.array([10.0, 20.0, 300.0, 400.0]), np.array([1, 0, 1, 1]))
        300.0
    """
    known = label >= 0
    order = np.argsort(-amount[known], kind="stable")
    amounts, frauds = amount[known][order], label[known][order] == 1
    share = np.cumsum(frauds) / np.arange(1, len(frauds) + 1)
    # Only the last row of equal amounts is a cut, and only a fraud extends the range.
    cut = np.append(amounts[1:] != amounts[:-1], True) if len(amounts) else frauds
    reach = np.flatnonzero((share >= precision) & cut & frauds)
    return float(amounts[reach[-1]]) if len(reach) else float("inf")

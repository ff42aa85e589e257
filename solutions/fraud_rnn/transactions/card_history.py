"""What a card usually does: constant-size state a card, one update a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from operator import mul

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray, put_back, waves
from lepton_core.formulas import ARRAYS, NUMBERS, Columns, Formulas, Value, as_rows

from .config import FeatureConfig

# Columns of a card's state row; the decayed counts and sums follow them.
LAST_DAY, ROWS, USUAL_N, USUAL_MEAN, USUAL_M2, OUTLIER_RUN, OUTLIER_DAY, OUTLIERS = range(8)
N_FIXED = 8
NEVER = -1e9


class CardHistory:
    """The past of each card, in order of arrival.

    Args:
        config: decay times, what an outlier is.
    """

    def __init__(self, config: FeatureConfig) -> None:
        self._config = config
        self._decays = config.decay_days
        n_decays = len(config.decay_days)
        self.names: tuple[str, ...] = (
            "amount_log",
            "amount_ratio_log",
            "amount_z",
            "card_gap_log",
            "card_outlier_age",
            "card_outliers",
            "card_rows_log",
            "card_mean_log",
            *(f"card_count_{days:g}d" for days in config.decay_days),
            *(f"card_mean_ratio_{days:g}d" for days in config.decay_days),
        )
        initial = (NEVER, 0.0, 0.0, 0.0, 0.0, 0.0, NEVER, 0.0) + (0.0,) * (2 * n_decays)
        self._table = EntityTable(StateArray("card", (N_FIXED + 2 * n_decays,), "float64", initial))

    def step(
        self,
        card_ids: pa.Array,
        day: np.ndarray,
        amount: np.ndarray,
        out: np.ndarray,
        moves: np.ndarray | None = None,
    ) -> np.ndarray:
        """Writes each row's features, seen from before it, then adds the row to its card.

        Args:
            card_ids: strings or integers [N].
            day: float64 [N], time in days.
            amount: float64 [N], at least 0.
            out: float32 [N, len(names)], is written.
            moves: bool [N], whether a row is added to its card; all are where it is None.

        Returns:
            bool [N], where the amount is anomalous for this card.
        """
        slots = self._table.slots(card_ids)
        state = self._table["card"]
        anomalous = np.zeros(len(slots), dtype=bool)
        for rows in waves(slots):
            who = slots[rows]
            now = state[who]
            features, moved, odd = self._advance(list(now.T), day[rows], amount[rows], ARRAYS)
            anomalous[rows] = odd
            out[rows] = as_rows(features)
            put_back(state, who, as_rows(moved), None if moves is None else moves[rows])
        return anomalous

    def step_one(self, card_id: int | str, day: float, amount: float) -> tuple[list[float], bool]:
        """One transaction as :meth:`step` takes many: its features, and whether it is anomalous."""
        slot = self._table.slot(card_id)
        state = self._table["card"]
        features, moved, odd = self._advance(state[slot].tolist(), day, amount, NUMBERS)
        state[slot] = moved
        return features, odd

    def _advance(
        self, s: Columns, day: Value, amount: Value, m: Formulas
    ) -> tuple[list[Value], list[Value], Value]:
        """One transaction of each card, as columns.

        Args:
            s: the cards' state.
            day: time in days.
            amount: at least 0.
            m: what the formulas run on.

        Returns:
            features, the state moved on, and whether the amount is anomalous.
        """
        config, n_decays = self._config, len(self._decays)
        last_day, rows, known, mean, m2, run, outlier_day, outliers = s[:N_FIXED]
        counts, sums = s[N_FIXED : N_FIXED + n_decays], s[N_FIXED + n_decays :]
        gap = m.maximum(day - last_day, 0.0)
        fading = [m.exp(gap / -days) for days in self._decays]
        counts, sums = [*map(mul, counts, fading)], [*map(mul, sums, fading)]
        outliers = outliers * m.exp(gap / -7.0)

        usual = m.where(known > 0, mean, amount)
        floor = m.maximum(usual, 1e-2)
        ratio = amount / floor
        # One row has no spread: until some are seen, half the mean stands in as three rows would.
        spread = m.sqrt((m2 + 0.75 * floor * floor) / (known + 3.0))
        outlier = (ratio > config.outlier_ratio) & (known >= config.habit_rows)
        recent = [
            (total + floor) / ((count + 1.0) * floor)
            for total, count in zip(sums, counts, strict=True)
        ]
        features = [
            m.log1p(amount),
            m.log(m.clip(ratio, 1e-2, 1e2)),
            m.clip((amount - usual) / spread, -10.0, 20.0),
            m.log(m.minimum(gap, config.max_age_days) + 1e-3),
            m.minimum(m.maximum(day - outlier_day, 0.0), config.max_age_days),
            outliers,
            m.log1p(rows),
            m.log1p(usual),
            *map(m.log1p, counts),
            *[m.log(m.clip(one, 1e-2, 1e2)) for one in recent],
        ]

        run = m.where(outlier, run + 1.0, 0.0)
        accepted = m.where(outlier, run >= config.habit_rows, True)
        # Welford's update, weight 0 where the amount is left out.
        delta = m.where(accepted, amount - mean, 0.0)
        known = known + accepted
        mean = mean + delta / m.maximum(known, 1.0)
        moved = [
            m.maximum(last_day, day),
            rows + 1.0,
            known,
            mean,
            m2 + delta * m.where(accepted, amount - mean, 0.0),
            run,
            m.where(outlier, day, outlier_day),
            outliers + outlier,
            *[count + 1.0 for count in counts],
            *[total + amount for total in sums],
        ]
        return features, moved, outlier | (amount > config.outlier_amount)

    def export(self) -> dict[str, np.ndarray]:
        """The state as plain arrays."""
        return self._table.export()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what `export` gave."""
        self._table.restore(arrays)

"""What a card usually does: constant-size state a card, one update a transaction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray, put_back, waves

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
        self._decay_days = np.asarray(config.decay_days)
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
            anomalous[rows] = self._advance(now, day[rows], amount[rows], out, rows)
            put_back(state, who, now, None if moves is None else moves[rows])
        return anomalous

    def _advance(
        self, s: np.ndarray, day: np.ndarray, amount: np.ndarray, out: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """One transaction of each card: features from `s` [M, K], which is then moved on."""
        config, n_decays = self._config, len(self._decay_days)
        counts = s[:, N_FIXED : N_FIXED + n_decays]
        sums = s[:, N_FIXED + n_decays :]
        gap = np.maximum(day - s[:, LAST_DAY], 0.0)
        fading = np.exp(gap[:, None] / -self._decay_days)
        counts *= fading
        sums *= fading
        s[:, OUTLIERS] *= np.exp(gap / -7.0)

        n, mean = s[:, USUAL_N], s[:, USUAL_MEAN]
        known = n > 0
        usual = np.where(known, mean, amount)
        floor = np.maximum(usual, 1e-2)
        ratio = amount / floor
        # One row has no spread: until some are seen, half the mean stands in as three rows would.
        spread = np.sqrt((s[:, USUAL_M2] + 0.75 * floor * floor) / (n + 3.0))
        outlier = (ratio > config.outlier_ratio) & (n >= config.habit_rows)

        f = np.empty((len(day), len(self.names)))
        f[:, 0] = np.log1p(amount)
        f[:, 1] = np.log(np.clip(ratio, 1e-2, 1e2))
        f[:, 2] = np.clip((amount - usual) / spread, -10.0, 20.0)
        f[:, 3] = np.log(np.minimum(gap, config.max_age_days) + 1e-3)
        f[:, 4] = np.minimum(np.maximum(day - s[:, OUTLIER_DAY], 0.0), config.max_age_days)
        f[:, 5] = s[:, OUTLIERS]
        f[:, 6] = np.log1p(s[:, ROWS])
        f[:, 7] = np.log1p(usual)
        f[:, 8 : 8 + n_decays] = np.log1p(counts)
        recent = (sums + floor[:, None]) / ((counts + 1.0) * floor[:, None])
        f[:, 8 + n_decays :] = np.log(np.clip(recent, 1e-2, 1e2))
        out[rows] = f

        counts += 1.0
        sums += amount[:, None]
        s[:, LAST_DAY] = np.maximum(s[:, LAST_DAY], day)
        s[:, ROWS] += 1.0
        s[:, OUTLIER_RUN] = np.where(outlier, s[:, OUTLIER_RUN] + 1.0, 0.0)
        s[:, OUTLIER_DAY] = np.where(outlier, day, s[:, OUTLIER_DAY])
        s[:, OUTLIERS] += outlier
        accepted = ~outlier | (s[:, OUTLIER_RUN] >= config.habit_rows)
        # Welford's update, weight 0 where the amount is left out.
        delta = np.where(accepted, amount - mean, 0.0)
        n += accepted
        mean += delta / np.maximum(n, 1.0)
        s[:, USUAL_M2] += delta * np.where(accepted, amount - mean, 0.0)
        return outlier | (amount > config.outlier_amount)

    def export(self) -> dict[str, np.ndarray]:
        """The state as plain arrays."""
        return self._table.export()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what `export` gave."""
        self._table.restore(arrays)

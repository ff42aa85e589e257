"""What is known of a terminal: its traffic at once, its labels only after their delay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray, put_back, waves

from .config import FeatureConfig

# Columns of a terminal's state row; the decayed counts of transactions follow them.
(
    LAST_DAY,
    LABEL_DAY,
    KNOWN_FRAUDS,
    KNOWN_GENUINES,
    LAST_FRAUD,
    LAST_GENUINE,
    RUN_LENGTH,
    RUN_START,
    ANOMALIES,
) = range(9)
N_FIXED = 9
NEVER = -1e9

_PENDING = {
    "release": "float64",
    "slot": "int64",
    "day": "float64",
    "label": "int8",
}


class TerminalHistory:
    """The past of each terminal, in order of arrival.

    The clock of the stream is the latest time seen so far. A label counts from the first
    transaction on that finds the clock at `time + label_delay_days` or later; until then it waits
    in a queue. So features do not depend on how the stream is cut into batches.

    Args:
        config: label delay, decay times, memory of a run of frauds.
    """

    def __init__(self, config: FeatureConfig) -> None:
        self._config = config
        self._decay_days = np.asarray(config.decay_days)
        n_decays = len(config.decay_days)
        self.names: tuple[str, ...] = (
            "terminal_gap_log",
            "terminal_last_is_fraud",
            "terminal_no_label",
            "terminal_label_age",
            "terminal_fraud_age",
            "terminal_genuine_age",
            "terminal_run_length",
            "terminal_run_age",
            "terminal_run_open",
            "terminal_frauds",
            "terminal_genuines",
            "terminal_fraud_rate",
            "terminal_anomalies",
            *(f"terminal_count_{days:g}d" for days in config.decay_days),
        )
        initial = (NEVER, NEVER, 0.0, 0.0, NEVER, NEVER, 0.0, NEVER, 0.0) + (0.0,) * n_decays
        self._table = EntityTable(StateArray("terminal", (N_FIXED + n_decays,), "float64", initial))
        self._clock = NEVER
        self._pending = {key: np.empty(0, dtype) for key, dtype in _PENDING.items()}

    def step(
        self,
        terminal_ids: pa.Array,
        day: np.ndarray,
        anomalous: np.ndarray,
        label: np.ndarray,
        out: np.ndarray,
        moves: np.ndarray | None = None,
    ) -> None:
        """Writes each row's features, seen from before it, then adds the row to its terminal.

        Args:
            terminal_ids: strings or integers [N]; null where unknown, which gives the features of
                a terminal never seen.
            day: float64 [N], time in days.
            anomalous: bool [N], the amount is anomalous for the card: its label says nothing about
                the terminal.
            label: int8 [N], 1 fraud, 0 genuine, -1 not given.
            out: float32 [N, len(names)], is written.
            moves: bool [N], whether a row is added to its terminal; all are where it is None.
                One that is not has no label, and a time not after the clock's.
        """
        slots = self._table.slots(terminal_ids)
        state = self._table["terminal"]
        clock = np.maximum.accumulate(np.maximum(day, self._clock))
        due = self._due(slots, day, clock, anomalous, label)

        # Releases and queries in one order: before row i come the labels that are due at row i.
        n, n_due = len(slots), len(due["slot"])
        at = np.concatenate([due["position"], np.arange(n)])
        order = np.argsort(at, kind="stable")
        who = np.concatenate([due["slot"], slots])[order]
        missing = np.flatnonzero(slots < 0)
        if len(missing):
            order, who = order[who >= 0], who[who >= 0]
            self._query(self._unseen(len(missing)), day[missing], anomalous[missing], out, missing)
        for wave in waves(who):
            op, slot = order[wave], who[wave]
            releases = op < n_due
            if releases.any():
                event, owner = op[releases], slot[releases]
                known = state[owner]
                self._learn(known, due["day"][event], due["label"][event])
                state[owner] = known
                op, slot = op[~releases], slot[~releases]
            if len(op):
                rows = op - n_due
                seen = state[slot]
                self._query(seen, day[rows], anomalous[rows], out, rows)
                put_back(state, slot, seen, None if moves is None else moves[rows])
        if n:
            self._clock = float(clock[-1])

    def _unseen(self, n: int) -> np.ndarray:
        row = np.zeros((n, N_FIXED + len(self._decay_days)))
        row[:, [LAST_DAY, LABEL_DAY, LAST_FRAUD, LAST_GENUINE, RUN_START]] = NEVER
        return row

    def _due(
        self,
        slots: np.ndarray,
        day: np.ndarray,
        clock: np.ndarray,
        anomalous: np.ndarray,
        label: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """The waiting labels that fall due in this batch, in order, and the row each is due at."""
        n = len(slots)
        mine = np.flatnonzero((label >= 0) & ~anomalous & (slots >= 0))
        waiting = {
            "release": day[mine] + self._config.label_delay_days,
            "slot": slots[mine],
            "day": day[mine],
            "label": label[mine],
        }
        waiting = {key: np.concatenate([self._pending[key], waiting[key]]) for key in _PENDING}
        earliest = np.concatenate([np.zeros(len(self._pending["slot"]), np.int64), mine + 1])
        position = np.maximum(np.searchsorted(clock, waiting["release"], side="left"), earliest)
        order = np.lexsort((waiting["release"], position))
        waiting = {key: values[order] for key, values in waiting.items()}
        n_due = int(np.searchsorted(position[order], n, side="left"))
        self._pending = {key: values[n_due:] for key, values in waiting.items()}
        due = {key: values[:n_due] for key, values in waiting.items()}
        return due | {"position": position[order][:n_due]}

    def _learn(self, s: np.ndarray, day: np.ndarray, label: np.ndarray) -> None:
        """One label of each terminal moves its state `s` [M, K] on."""
        fraud = label == 1
        fading = np.exp(np.maximum(day - s[:, LABEL_DAY], 0.0) / -self._decay_days[-1])
        s[:, KNOWN_FRAUDS] = s[:, KNOWN_FRAUDS] * fading + fraud
        s[:, KNOWN_GENUINES] = s[:, KNOWN_GENUINES] * fading + ~fraud
        s[:, LABEL_DAY] = np.maximum(s[:, LABEL_DAY], day)
        runs_on = (s[:, RUN_LENGTH] > 0) & (day - s[:, LAST_FRAUD] < self._config.fraud_memory_days)
        s[:, RUN_START] = np.where(fraud & ~runs_on, day, s[:, RUN_START])
        s[:, RUN_LENGTH] = np.where(fraud, np.where(runs_on, s[:, RUN_LENGTH] + 1.0, 1.0), 0.0)
        s[:, LAST_FRAUD] = np.where(fraud, day, s[:, LAST_FRAUD])
        s[:, LAST_GENUINE] = np.where(fraud, s[:, LAST_GENUINE], day)

    def _query(
        self,
        s: np.ndarray,
        day: np.ndarray,
        anomalous: np.ndarray,
        out: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        """One transaction of each terminal: features from `s` [M, K], which is then moved on."""
        oldest = self._config.max_age_days
        counts = s[:, N_FIXED:]
        gap = np.maximum(day - s[:, LAST_DAY], 0.0)
        counts *= np.exp(gap[:, None] / -self._decay_days)
        s[:, ANOMALIES] *= np.exp(gap / -7.0)
        ages = np.clip(
            day[:, None] - s[:, [LABEL_DAY, LAST_FRAUD, LAST_GENUINE, RUN_START]], 0.0, oldest
        )
        in_run = s[:, RUN_LENGTH] > 0
        fading = np.exp(ages[:, 0] / -self._decay_days[-1])
        frauds = s[:, KNOWN_FRAUDS] * fading
        genuines = s[:, KNOWN_GENUINES] * fading

        f = np.empty((len(day), len(self.names)))
        f[:, 0] = np.log(np.minimum(gap, oldest) + 1e-3)
        f[:, 1] = in_run
        f[:, 2] = s[:, LABEL_DAY] == NEVER
        f[:, 3:6] = ages[:, :3]
        f[:, 6] = np.log1p(s[:, RUN_LENGTH])
        f[:, 7] = np.where(in_run, ages[:, 3], oldest)
        f[:, 8] = np.where(in_run, self._run_open(s, day), 0.0)
        f[:, 9] = np.log1p(frauds)
        f[:, 10] = np.log1p(genuines)
        f[:, 11] = frauds / (frauds + genuines + 1.0)
        f[:, 12] = np.log1p(s[:, ANOMALIES])
        f[:, 13:] = np.log1p(counts)
        out[rows] = f

        counts += 1.0
        s[:, ANOMALIES] += anomalous
        s[:, LAST_DAY] = np.maximum(s[:, LAST_DAY], day)

    def _run_open(self, s: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Chance [M] that the run of frauds goes on, if one lasts `fraud_memory_days`.

        It began after the last genuine transaction before it, at a time we know nothing of.
        """
        lasts = self._config.fraud_memory_days
        earliest = np.maximum(s[:, LAST_GENUINE], s[:, LAST_FRAUD] - lasts)
        latest = s[:, RUN_START]
        still = latest - np.maximum(earliest, day - lasts)
        return np.clip(still / np.maximum(latest - earliest, 1e-3), 0.0, 1.0)

    def export(self) -> dict[str, np.ndarray]:
        """State, clock and waiting labels as plain arrays."""
        waiting = {f"pending.{key}": values for key, values in self._pending.items()}
        return self._table.export() | waiting | {"clock": np.asarray(self._clock)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what `export` gave."""
        self._table.restore(arrays)
        self._clock = float(arrays["clock"])
        self._pending = {key: np.array(arrays[f"pending.{key}"]) for key in _PENDING}

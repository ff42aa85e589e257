"""What is known of a terminal: its traffic at once, its labels only after their delay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray, put_back, waves
from lepton_core.formulas import ARRAYS, NUMBERS, Columns, Formulas, Value, as_rows

from .config import FeatureConfig
from .label_queue import FIELDS, LabelQueue

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
    RUN_EVIDENCE,
    ANOMALIES,
) = range(10)
N_FIXED = 10
NEVER = -1e9

# Where nothing was learned and nothing set by hand.
_USUAL_MEMORY_DAYS = 28.0
_USUAL_HAZARD = 5e-4
# What one fraud may say at most: below this chance, the card's own cause is not ruled out.
_MOST_EVIDENCE = -np.log(1e-4)


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
        self._memory_days = config.fraud_memory_days or _USUAL_MEMORY_DAYS
        self._hazard = config.terminal_hazard or _USUAL_HAZARD
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
            "terminal_odds_log",
            *(f"terminal_count_{days:g}d" for days in config.decay_days),
        )
        initial = (NEVER, NEVER, 0.0, 0.0, NEVER, NEVER, 0.0, NEVER, 0.0, 0.0) + (0.0,) * n_decays
        self._table = EntityTable(StateArray("terminal", (N_FIXED + n_decays,), "float64", initial))
        self._clock = NEVER
        self._waiting = LabelQueue()

    def step(
        self,
        terminal_ids: pa.Array,
        day: np.ndarray,
        anomalous: np.ndarray,
        suspicion: np.ndarray,
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
            suspicion: float64 [N], log odds of fraud by the card alone: a fraud that the card
                explains says little about the terminal.
            label: int8 [N], 1 fraud, 0 genuine, -1 not given.
            out: float32 [N, len(names)], is written.
            moves: bool [N], whether a row is added to its terminal; all are where it is None.
                One that is not has no label, and a time not after the clock's.
        """
        slots = self._table.slots(terminal_ids)
        state = self._table["terminal"]
        clock = np.maximum.accumulate(np.maximum(day, self._clock))
        due = self._due(slots, day, clock, anomalous, suspicion, label)

        # Releases and queries in one order: before row i come the labels that are due at row i.
        n, n_due = len(slots), len(due["slot"])
        at = np.concatenate([due["position"], np.arange(n)])
        order = np.argsort(at, kind="stable")
        who = np.concatenate([due["slot"], slots])[order]
        missing = np.flatnonzero(slots < 0)
        if len(missing):
            order, who = order[who >= 0], who[who >= 0]
            nobody = list(self._unseen(len(missing)).T)
            features, _ = self._query(nobody, day[missing], anomalous[missing], ARRAYS)
            out[missing] = as_rows(features)
        for wave in waves(who):
            op, slot = order[wave], who[wave]
            releases = op < n_due
            if releases.any():
                event, owner = op[releases], slot[releases]
                known, fraud = list(state[owner].T), due["label"][event] == 1
                given = due["day"][event], fraud, due["evidence"][event]
                state[owner] = as_rows(self._learn(known, *given, ARRAYS))
                op, slot = op[~releases], slot[~releases]
            if len(op):
                rows = op - n_due
                seen = list(state[slot].T)
                features, moved = self._query(seen, day[rows], anomalous[rows], ARRAYS)
                out[rows] = as_rows(features)
                put_back(state, slot, as_rows(moved), None if moves is None else moves[rows])
        if n:
            self._clock = float(clock[-1])

    def step_one(self, terminal_id: str | int | None, day: float, anomalous: bool) -> list[float]:
        """Features of one transaction as :meth:`step` takes many; it has no label."""
        self._clock = max(day, self._clock)
        while self._waiting.is_due(self._clock):
            of, then, label, evidence = self._waiting.pop()
            known = self._table["terminal"]
            known[of] = self._learn(known[of].tolist(), then, label == 1, evidence, NUMBERS)
        if terminal_id is None:
            return self._query(self._unseen(1)[0].tolist(), day, anomalous, NUMBERS)[0]
        slot = self._table.slot(terminal_id)
        state = self._table["terminal"]
        features, moved = self._query(state[slot].tolist(), day, anomalous, NUMBERS)
        state[slot] = moved
        return features

    def _unseen(self, n: int) -> np.ndarray:
        row = np.zeros((n, N_FIXED + len(self._config.decay_days)))
        row[:, [LAST_DAY, LABEL_DAY, LAST_FRAUD, LAST_GENUINE, RUN_START]] = NEVER
        return row

    def _due(
        self,
        slots: np.ndarray,
        day: np.ndarray,
        clock: np.ndarray,
        anomalous: np.ndarray,
        suspicion: np.ndarray,
        label: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """The waiting labels that fall due in this batch, in order, and the row each is due at."""
        mine = np.flatnonzero((label >= 0) & ~anomalous & (slots >= 0))
        come = {
            "release": day[mine] + self._config.label_delay_days,
            "slot": slots[mine],
            "day": day[mine],
            "label": label[mine],
            "evidence": np.minimum(np.logaddexp(0.0, -suspicion[mine]), _MOST_EVIDENCE),
        }
        return self._waiting.due(clock, come, mine)

    def _learn(
        self, s: Columns, day: Value, fraud: Value, evidence: Value, m: Formulas
    ) -> list[Value]:
        """The state of each terminal moved on by one label, as columns."""
        fading = m.exp(m.maximum(day - s[LABEL_DAY], 0.0) / -self._config.decay_days[-1])
        runs_on = (s[RUN_LENGTH] > 0) & (day - s[LAST_FRAUD] < self._memory_days)
        moved = list(s)
        moved[KNOWN_FRAUDS] = s[KNOWN_FRAUDS] * fading + fraud
        moved[KNOWN_GENUINES] = s[KNOWN_GENUINES] * fading + m.where(fraud, 0.0, 1.0)
        moved[LABEL_DAY] = m.maximum(s[LABEL_DAY], day)
        moved[RUN_START] = m.where(fraud, m.where(runs_on, s[RUN_START], day), s[RUN_START])
        moved[RUN_LENGTH] = m.where(fraud, m.where(runs_on, s[RUN_LENGTH] + 1.0, 1.0), 0.0)
        before = m.where(runs_on, s[RUN_EVIDENCE], 0.0)
        moved[RUN_EVIDENCE] = m.where(fraud, before + evidence, 0.0)
        moved[LAST_FRAUD] = m.where(fraud, day, s[LAST_FRAUD])
        moved[LAST_GENUINE] = m.where(fraud, s[LAST_GENUINE], day)
        return moved

    def _query(
        self, s: Columns, day: Value, anomalous: Value, m: Formulas
    ) -> tuple[list[Value], list[Value]]:
        """One transaction of each terminal, as columns.

        Args:
            s: the terminals' state.
            day: time in days.
            anomalous: whether the amount is anomalous for the card.
            m: what the formulas run on.

        Returns:
            features, and the state moved on.
        """
        oldest = self._config.max_age_days
        gap = m.maximum(day - s[LAST_DAY], 0.0)
        counts = [
            count * m.exp(gap / -days)
            for count, days in zip(s[N_FIXED:], self._config.decay_days, strict=True)
        ]
        anomalies = s[ANOMALIES] * m.exp(gap / -7.0)
        label_age = m.clip(day - s[LABEL_DAY], 0.0, oldest)
        in_run = s[RUN_LENGTH] > 0
        fading = m.exp(label_age / -self._config.decay_days[-1])
        frauds, genuines = s[KNOWN_FRAUDS] * fading, s[KNOWN_GENUINES] * fading
        run_open = m.where(in_run, self._run_open(s, day, m), 0.0)
        features = [
            m.log(m.minimum(gap, oldest) + 1e-3),
            in_run,
            s[LABEL_DAY] == NEVER,
            label_age,
            m.clip(day - s[LAST_FRAUD], 0.0, oldest),
            m.clip(day - s[LAST_GENUINE], 0.0, oldest),
            m.log1p(s[RUN_LENGTH]),
            m.where(in_run, m.clip(day - s[RUN_START], 0.0, oldest), oldest),
            run_open,
            m.log1p(frauds),
            m.log1p(genuines),
            frauds / (frauds + genuines + 1.0),
            m.log1p(anomalies),
            self._odds_log(s, day, run_open, m),
            *map(m.log1p, counts),
        ]
        moved = list(s)
        moved[LAST_DAY] = m.maximum(s[LAST_DAY], day)
        moved[ANOMALIES] = anomalies + anomalous
        moved[N_FIXED:] = [count + 1.0 for count in counts]
        return features, moved

    def _run_open(self, s: Columns, day: Value, m: Formulas) -> Value:
        """Chance that the run of frauds goes on, if one lasts as long as they do.

        It began after the last genuine transaction before it, at a time we know nothing of.
        """
        lasts = self._memory_days
        earliest = m.maximum(s[LAST_GENUINE], s[LAST_FRAUD] - lasts)
        latest = s[RUN_START]
        still = latest - m.maximum(earliest, day - lasts)
        return m.clip(still / m.maximum(latest - earliest, 1e-3), 0.0, 1.0)

    def _odds_log(self, s: Columns, day: Value, run_open: Value, m: Formulas) -> Value:
        """Log odds that the terminal is compromised now, of all that its labels say.

        Either a compromise began before the run of frauds, and explains all of it, or each fraud
        has its card's own cause; and one may have begun since, unseen. An honest terminal becomes
        compromised with `_hazard` a day.
        """
        lasts, hazard = self._memory_days, self._hazard
        unseen = hazard * m.minimum(day - s[LAST_GENUINE], lasts)
        earliest = m.maximum(s[LAST_GENUINE], s[LAST_FRAUD] - lasts)
        starts = hazard * m.maximum(s[RUN_START] - earliest, 1e-3)
        odds = starts * m.exp(m.minimum(s[RUN_EVIDENCE], 30.0))
        in_run = m.where(s[RUN_LENGTH] > 0, odds / (1.0 + odds), 0.0)
        chance = m.clip(in_run * run_open + (1.0 - in_run) * unseen, 1e-6, 1.0 - 1e-6)
        return m.log(chance / (1.0 - chance))

    def export(self) -> dict[str, np.ndarray]:
        """State, clock and waiting labels as plain arrays."""
        waiting = {f"pending.{key}": a for key, a in self._waiting.export().items()}
        return self._table.export() | waiting | {"clock": np.asarray(self._clock)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what `export` gave."""
        self._table.restore(arrays)
        self._clock = float(arrays["clock"])
        self._waiting.restore({key: arrays[f"pending.{key}"] for key in FIELDS})

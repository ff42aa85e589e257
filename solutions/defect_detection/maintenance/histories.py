"""What is remembered of each unit: its sensors' levels and trends, and how its records came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core.entities import EntityTable, StateArray, waves

# Shares by which a new value moves an exponential mean: of about the last 8, 17, 33 and 67 cycles.
RATES = (0.25, 0.12, 0.06, 0.03)
_FAST, _LEVEL, _SLOW, _USUAL = range(4)
# The network sees the present and the record of 8, 16 and 24 records ago.
TIMES, LAG = 4, 8
_SPAN = (TIMES - 1) * LAG + 1
# Cycles left out are told of for as long as they weigh in the slowest trend but one.
_TOLD = 60.0


@dataclass(frozen=True)
class Seen:
    """Records [n] with what their units' past says of them.

    Args:
        features: float32 [n, TIMES, 3 S + 1], oldest first: of each sensor the level, the trend of
            the last cycles and that against the usual level of this unit; then the age.
        known: int64 [n], records of the unit so far, this one included; 0 for one not taken.
        late: bool [n], before the unit's latest record; not taken.
        repeated: bool [n], on the same cycle as the latest record; not taken.
        step: float64 [n], cycles since the record before, NaN for a unit's first.
        skipped: float64 [n], cycles left out in what is remembered.
        run: int64 [n, S], how many known values in a row were the same, this one included.
    """

    features: np.ndarray
    known: np.ndarray
    late: np.ndarray
    repeated: np.ndarray
    step: np.ndarray
    skipped: np.ndarray
    run: np.ndarray


class UnitHistory(EntityTable):
    """Constant room a unit; any cut of the records into batches gives the same features.

    Args:
        sensors: how many, S.
        usual_step: cycles from one record to the next at most; more of them were left out.

    Example:
        >>> history = UnitHistory(1)
        >>> slots = np.array([history.slot("a")] * 3)
        >>> seen = history.take(slots, np.array([1.0, 2.0, 2.0]), np.zeros(3), np.ones((3, 1)),
        ...                     np.ones((3, 1)))
        >>> seen.known.tolist(), seen.repeated.tolist(), seen.run[:, 0].tolist()
        ([1, 2, 0], [False, False, True], [1, 2, 0])
    """

    def __init__(self, sensors: int, usual_step: float = 1.0) -> None:
        self._usual_step = usual_step
        k, s = len(RATES), sensors
        super().__init__(
            StateArray("known", dtype="int64"),
            StateArray("first"),
            StateArray("last", initial=-np.inf),
            StateArray("skipped"),
            StateArray("skipped_at", initial=-np.inf),
            StateArray("value", (s,), initial=np.nan),
            StateArray("run", (s,), "int64"),
            StateArray("sum", (k, s)),
            StateArray("weight", (k, s)),
            StateArray("past", (_SPAN, 3 * s + 1), "float32"),
        )

    def take(
        self,
        slots: np.ndarray,
        cycle: np.ndarray,
        age: np.ndarray,
        scaled: np.ndarray,
        values: np.ndarray,
    ) -> Seen:
        """Takes records in, and tells what their units' past says of them.

        Args:
            slots: int64 [n], from :meth:`slots`.
            cycle: float64 [n], finite.
            age: float64 [n], cycles run; NaN where it is to be counted from the first record.
            scaled: float64 [n, S], sensors with mean 0 and deviation 1; NaN is not known.
            values: float64 [n, S], as they came, NaN where there is none.
        """
        n, s = scaled.shape
        seen = Seen(
            np.zeros((n, TIMES, 3 * s + 1), np.float32),
            np.zeros(n, np.int64),
            np.zeros(n, bool),
            np.zeros(n, bool),
            np.full(n, np.nan),
            np.zeros(n),
            np.zeros((n, s), np.int64),
        )
        # One record of each unit at a time.
        for rows in waves(slots):
            step = cycle[rows] - self["last"][slots[rows]]
            seen.late[rows], seen.repeated[rows] = step < 0, step == 0
            fresh = step > 0
            if fresh.any():
                self._move(seen, rows[fresh], slots[rows[fresh]], step[fresh], cycle, age)
                self._feel(seen, rows[fresh], slots[rows[fresh]], step[fresh], scaled, values)
        return seen

    def _move(
        self,
        seen: Seen,
        rows: np.ndarray,
        at: np.ndarray,
        step: np.ndarray,
        cycle: np.ndarray,
        age: np.ndarray,
    ) -> None:
        """How the records came: counts, ages and what was left out."""
        new = np.isinf(step)
        now = cycle[rows]
        self["first"][at[new]] = now[new]
        seen.step[rows] = np.where(new, np.nan, step)
        jumps = ~new & (step > self._usual_step)
        old = now - self["skipped_at"][at] > _TOLD
        skipped = np.where(old, 0.0, self["skipped"][at])
        skipped[jumps] += step[jumps] - self._usual_step
        self["skipped"][at] = seen.skipped[rows] = skipped
        self["skipped_at"][at[jumps]] = now[jumps]
        self["known"][at] += 1
        self["last"][at] = now
        seen.known[rows] = self["known"][at]
        run = now - self["first"][at] + 1.0
        # Not a number where the age is counted here.
        ages = np.where(np.isnan(age[rows]), run, age[rows])
        seen.features[rows, -1, -1] = np.log1p(np.maximum(ages, 0.0))

    def _feel(
        self,
        seen: Seen,
        rows: np.ndarray,
        at: np.ndarray,
        step: np.ndarray,
        scaled: np.ndarray,
        values: np.ndarray,
    ) -> None:
        """What the sensors say: runs of equal values, exponential means and their differences."""
        value, there = values[rows], ~np.isnan(values[rows])
        same = there & (value == self["value"][at])
        run = np.where(there, np.where(same, self["run"][at] + 1, 1), self["run"][at])
        self["run"][at] = run
        seen.run[rows] = np.where(there, run, 0)
        self["value"][at] = np.where(there, value, self["value"][at])

        rates = np.array(RATES)[None, :, None]
        known = ~np.isnan(scaled[rows])[:, None, :]
        given = np.where(known, np.nan_to_num(scaled[rows])[:, None, :], 0.0)
        # A new unit's step is infinite, and nothing is kept of what was not.
        kept = (1.0 - rates) ** step[:, None, None]
        self["sum"][at] = total = self["sum"][at] * kept + rates * given
        self["weight"][at] = weight = self["weight"][at] * kept + rates * known
        mean = np.where(weight > 0, total / np.maximum(weight, 1e-12), 0.0)
        trends = mean[:, _FAST] - mean[:, _SLOW], mean[:, _LEVEL] - mean[:, _USUAL]
        now = np.concatenate([mean[:, _LEVEL], *trends, seen.features[rows, -1, -1:]], axis=1)

        past = self["past"][at]
        new = np.isinf(step)
        past = np.concatenate([past[:, 1:], now[:, None].astype(np.float32)], axis=1)
        # A unit that is seen for the first time was always like that, as far as anybody knows.
        past[new] = now[new, None]
        self["past"][at] = past
        seen.features[rows] = past[:, ::LAG]

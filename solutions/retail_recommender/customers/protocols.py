"""Split by date: what was known before a moment, and what came within the horizon after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split

from .config import Config
from .preprocessing import latest_possible, misaligned
from .purchases import DAY, Purchases
from .task import ERRORS

PART = "part"
PARTS = ("train", "valid", "test")


def cut_offs(config: Config) -> Protocol:
    """The protocol of every data set."""
    return CutOffs(config)


class CutOffs(Protocol):
    """Customers at several moments, each a case: asked then, and what they did in the horizon.

    The test asks one horizon before the data ends, validation two horizons before, training at
    several moments that lie three horizons before and more. So whatever is learned from was over
    before the next part's question was asked, as it is when a shop uses the model.
    """

    name = "cut-off dates"
    makes_cases = True

    def __init__(self, config: Config) -> None:
        self._config = config.data

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The cases, with ``orders_next`` and ``value_next``; training first, then the others.

        Raises:
            DataError: ``retail_recommender.customers.error.short_orders`` where orders are too few
                days for three horizons; ``orders_to_come`` for an order later than today.
        """
        if PART in records.column_names:
            return records
        return pa.concat_tables([asked.cases(records) for asked in self._asked(records)])

    def asked_before(self, records: pa.Table) -> pa.Table:
        """The cases of the test alone: asked one horizon before the end, with what came then.

        For how good a list would have been. The days before need not be those of a training.

        Raises:
            DataError: as :meth:`with_truth`, for less than a horizon and ``least_days``.
        """
        return self._asked(records, last_only=True)[0].cases(records)

    def origins(self, records: pa.Table) -> np.ndarray:
        """Which record each case is of, int64 [cases]."""
        return np.concatenate([asked.rows for asked in self._asked(records)])

    def split(self, records: pa.Table) -> Split:
        """The cases by part."""
        if PART not in records.column_names:
            records = self.with_truth(records)
        part = np.array(records.column(PART).to_pylist(), object)
        return Split(*(np.flatnonzero(part == name) for name in PARTS))

    def describe(self) -> dict[str, Any]:
        days = self._config.horizon_days
        return {
            "name": self.name,
            "test": f"asked {days} days before the end: orders of these {days} days",
            "validation": f"asked {2 * days} days before the end; never learned from",
            "train": f"asked {3 * days} days before the end, and every {self._config.step_days} "
            f"days before that, as long as {self._config.least_days} days of orders came before",
            "returns": "count from the day on which they were made",
        }

    def _asked(self, records: pa.Table, last_only: bool = False) -> list[_Asked]:
        """What is asked of whom, and when; the training moments first."""
        bad = misaligned(records)
        rows = np.array([row for row in range(records.num_rows) if row not in bad], np.int64)
        some = records.take(pa.array(rows))
        times = some.column("times").combine_chunks().flatten().cast(pa.int64())
        if not len(times) or times.null_count == len(times):
            raise DataError(f"{ERRORS}.short_orders", days=0, expected=self._least_days)
        first, last = pc.min(times).as_py(), pc.max(times).as_py()
        if last > latest_possible():
            raise DataError(f"{ERRORS}.orders_to_come", received=str(np.datetime64(last, "us")))
        found = []
        for part, moment in self.moments(first, last, last_only):
            known = Purchases.read(some, np.full(len(rows), moment), self._config.left_out)
            until = moment + self._config.horizon_days * DAY
            later = Purchases.read(some, np.full(len(rows), until), self._config.left_out)
            after = later.since(np.full(len(rows), moment))
            there = known.orders() > 0
            orders, value = later.orders(after)[there], later.spent(after)[there]
            found.append(_Asked(part, moment, rows[there], orders, value))
        return found

    @property
    def _least_days(self) -> int:
        return 3 * self._config.horizon_days + self._config.least_days

    def moments(self, first: int, last: int, last_only: bool = False) -> list[tuple[str, int]]:
        """Part and moment in microseconds, training ones first, the earliest at the top.

        Args:
            first, last: of all orders, microseconds.
            last_only: whether the test's moment is enough.

        Raises:
            DataError: ``retail_recommender.customers.error.short_orders``.
        """
        horizon, least = self._config.horizon_days * DAY, self._config.least_days * DAY
        asked = [("test", last - horizon)]
        if not last_only:
            asked = [("valid", last - 2 * horizon), *asked]
            moment = last - 3 * horizon
            while moment - first >= least:
                asked = [("train", moment), *asked]
                moment -= self._config.step_days * DAY
        if asked[0][1] - first < least or (not last_only and asked[0][0] != "train"):
            days = int((last - first) // DAY)
            expected = self._config.least_days + (1 if last_only else 3) * self._config.horizon_days
            raise DataError(f"{ERRORS}.short_orders", days=days, expected=expected)
        return asked


@dataclass(frozen=True)
class _Asked:
    """One moment: who is asked about, and what they did after it.

    Args:
        part: of the split.
        moment: microseconds.
        rows: int64 [m], records with an order before it.
        orders: int64 [m], days with an order within the horizon.
        value: float64 [m], money of these.
    """

    part: str
    moment: int
    rows: np.ndarray
    orders: np.ndarray
    value: np.ndarray

    def cases(self, records: pa.Table) -> pa.Table:
        """The records as they are asked about, with what came."""
        found, n = records.take(pa.array(self.rows)), len(self.rows)
        if "as_of" in found.column_names:
            found = found.drop_columns(["as_of"])
        further = {
            "as_of": pa.array(np.full(n, self.moment), pa.timestamp("us", tz="UTC")),
            "orders_next": pa.array(self.orders),
            "value_next": pa.array(self.value),
            PART: pa.array([self.part] * n, pa.string()),
        }
        for name, values in further.items():
            found = found.append_column(name, values)
        return found

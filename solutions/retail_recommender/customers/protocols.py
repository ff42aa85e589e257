"""Split by date: what was known before a moment, and what came within the horizon after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split

from .config import Config
from .preprocessing import refused
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
        self._origins: np.ndarray | None = None

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The cases, with ``orders_next`` and ``value_next``; training first, then the others.

        Raises:
            DataError: ``retail_recommender.customers.error.short_orders`` where orders are too few
                days for three horizons.
        """
        if PART in records.column_names:
            return records
        parts = []
        for part, moment, rows, bought, later in self._asked(records):
            cases = records.take(pa.array(rows))
            until = pa.array(np.full(len(rows), moment), pa.timestamp("us", tz="UTC"))
            if "as_of" in cases.column_names:
                cases = cases.drop_columns(["as_of"])
            cases = cases.append_column("as_of", until)
            after = later.since(np.full(len(later), moment))
            cases = cases.append_column("orders_next", pa.array(later.orders(after)[bought]))
            cases = cases.append_column("value_next", pa.array(later.spent(after)[bought]))
            parts.append(cases.append_column(PART, pa.array([part] * len(rows), pa.string())))
        return pa.concat_tables(parts)

    def origins(self, records: pa.Table) -> np.ndarray:
        """Which record each case is of, int64 [cases]."""
        return np.concatenate([rows for _, _, rows, _, _ in self._asked(records)])

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

    def _asked(self, records: pa.Table) -> list[tuple[str, int, np.ndarray, np.ndarray, Purchases]]:
        """Part, moment, rows of records, their places among those read, and what came until the
        end of the horizon."""
        bad = refused(records.drop_columns([n for n in ("as_of",) if n in records.column_names]))
        fine = [r for r in range(records.num_rows) if _only_undated(bad, r)]
        rows = np.array(fine, np.int64)
        some = records.take(pa.array(rows))
        times = some.column("times").combine_chunks().flatten().cast(pa.int64())
        if not len(times) or times.null_count == len(times):
            raise DataError(f"{ERRORS}.short_orders", days=0, expected=self._least_days)
        first, last = pc.min(times).as_py(), pc.max(times).as_py()
        asked = self.moments(first, last)
        found = []
        for part, moment in asked:
            known = Purchases.read(some, np.full(len(rows), moment), self._config.left_out)
            until = moment + self._config.horizon_days * DAY
            later = Purchases.read(some, np.full(len(rows), until), self._config.left_out)
            places = np.flatnonzero(known.orders() > 0)
            found.append((part, moment, rows[places], places, later))
        return found

    @property
    def _least_days(self) -> int:
        return 3 * self._config.horizon_days + self._config.least_days

    def moments(self, first: int, last: int) -> list[tuple[str, int]]:
        """Part and moment in microseconds, training ones first, the earliest at the top.

        Raises:
            DataError: ``retail_recommender.customers.error.short_orders``.
        """
        horizon = self._config.horizon_days * DAY
        train = []
        moment = last - 3 * horizon
        while moment - first >= self._config.least_days * DAY:
            train.append(("train", moment))
            moment -= self._config.step_days * DAY
        if not train:
            raise DataError(
                f"{ERRORS}.short_orders",
                days=int((last - first) // DAY),
                expected=self._least_days,
            )
        return [*reversed(train), ("valid", last - 2 * horizon), ("test", last - horizon)]


def _only_undated(rejects: Any, row: int) -> bool:
    found = next((reject for reject in rejects if reject.row == row), None)
    return found is None or all(key == "no_as_of" for key, _ in found.reasons)

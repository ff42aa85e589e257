"""Demand on the page: each forecast beside what was sold, by product, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lepton_core.decision import Nearest
from lepton_core.messages import t
from lepton_core.ui.figures import Figure
from lepton_core.ui.forecasts import short
from lepton_core.ui.outcomes import unseen_rows

from .demand.coming import asks_nothing, with_coming
from .demand.config import Config
from .demand.sales import column, read_sales, series_names

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.solution import Task
    from lepton_core.ui.scored import Scored

VIEW = "retail_recommender.demand.view"
_DAY_MINUTES = 1440


@dataclass(frozen=True)
class Demand:
    """Scored sales, and the periods to come.

    Args:
        records: the sales and, after them, the periods to come, columns of the task's input Spec.
        address: of the bundle.
        config: its settings.
        decision: of the bundle.
        correlation: of two periods forecast at one moment.
        time: datetime64[us] [n].
        names: of the series, sorted.
        series: int64 [n], places in ``names``.
        sold: float64 [n], NaN for periods to come.
        is_bound: bool [n], goods ran out.
        low, value, high: float32 [n, H], from one period before each record, two...
        ahead: int64 [n], periods since the last known sale; 0 for a period whose sale is known.
        judged: bool [n], whose sale can speak for the bundle: it has not learned from it.
        reason: flags that make each forecast doubtful, separated by ``; ``.
        is_added: whether the periods to come were added here, with nothing known of them.
    """

    records: pa.Table
    address: str
    config: Config
    decision: Nearest
    correlation: float
    time: np.ndarray
    names: list[str]
    series: np.ndarray
    sold: np.ndarray
    is_bound: np.ndarray
    low: np.ndarray
    value: np.ndarray
    high: np.ndarray
    ahead: np.ndarray
    judged: np.ndarray
    reason: np.ndarray
    is_added: bool

    @classmethod
    def of(cls, task: Task, scored: Scored, pipeline: Pipeline, config: Config) -> Demand:
        """The demand of scored records.

        Args:
            task: what was forecast.
            scored: its records.
            pipeline: the bundle, asked again for periods to come where the records hold none.
            config: the settings of the bundle.
        """
        assert isinstance(scored.decision, Nearest)
        records, outputs = scored.records, {"score": scored.score, **scored.raw}
        unseen = unseen_rows(task, scored)
        is_new = np.ones(records.num_rows, bool) if unseen is None else unseen
        is_added = asks_nothing(records)
        if is_added:
            asked = with_coming(records, config.data)
            found = pipeline.score(asked)
            some = np.flatnonzero(found["ahead"] > 0)
            records = pa.concat_tables([records, asked.take(pa.array(found.rows[some]))])
            outputs = {
                name: np.concatenate([values, np.asarray(found.raw[name])[some]])
                for name, values in outputs.items()
            }
            is_new = np.concatenate([is_new, np.ones(len(some), bool)])
        columns = scored.decision.apply(outputs)
        low, value, high = scored.decision.ends(outputs["score"])
        sales = read_sales(records)
        names, series = np.unique(
            np.array(series_names(records).to_pylist(), str), return_inverse=True
        )
        fitted = scored.decision.fitted_on
        return cls(
            records,
            scored.address,
            config,
            scored.decision,
            float(fitted.get("correlation", 0.5)),
            records.column("time").cast(pa.int64()).to_numpy().astype("datetime64[us]"),
            names.tolist(),
            series,
            sales.quantity,
            sales.is_bound,
            low,
            value,
            high,
            columns["ahead"],
            np.isfinite(sales.quantity) & ~sales.is_bound & is_new,
            np.array(columns["reason"].to_pylist(), object),
            is_added,
        )

    def rows(self, name: str) -> np.ndarray:
        """The rows of a series, in order of time."""
        rows = np.flatnonzero(self.series == self.names.index(name))
        return rows[np.argsort(self.time[rows], kind="stable")]

    def coming(self, name: str) -> np.ndarray:
        """The rows of a series' periods to come, in order of time."""
        rows = self.rows(name)
        return rows[self.ahead[rows] > 0]

    def told(self, values: np.ndarray, rows: np.ndarray, before: int = 1) -> np.ndarray:
        """What was forecast of some rows, from so many periods before or the last known sale.

        Args:
            values: low, value or high, [n, H].
            rows: int64 [m].
            before: periods, from 1.
        """
        at = np.where(self.ahead[rows] > 0, self.ahead[rows], before) - 1
        return values[rows, np.clip(at, 0, values.shape[1] - 1)].astype(np.float64)

    @property
    def in_weeks(self) -> bool:
        """Whether periods are weeks."""
        return self.config.data.step_minutes >= 7 * _DAY_MINUTES

    def column(self, name: str) -> np.ndarray:
        """A column of numbers of the records, NaN where it is empty."""
        return column(self.records, name)

    def figures(self, before: int) -> list[Figure]:
        """How many series, how right the forecasts were, and what is doubtful in those to come."""
        rows = np.flatnonzero(self.judged)
        found = [Figure(t(f"{VIEW}.series"), f"{len(self.names):,}")]
        periods = len(np.unique(self.time[np.isfinite(self.sold)]))
        found.append(Figure(t(f"{VIEW}.periods"), f"{periods:,}"))
        if len(rows) and self.sold[rows].sum() > 0:
            error = np.abs(self.told(self.value, rows, before) - self.sold[rows]).sum()
            note = t(f"{VIEW}.of", n=len(rows))
            help = t(f"{VIEW}.wape_help")
            found.append(
                Figure(t(f"{VIEW}.wape"), f"{error / self.sold[rows].sum():.1%}", note, help)
            )
            inside = (self.sold[rows] >= self.told(self.low, rows, before)) & (
                self.sold[rows] <= self.told(self.high, rows, before)
            )
            promised = t("ui.forecast.promised", share=self.decision.coverage)
            found.append(Figure(t("ui.forecast.coverage"), f"{inside.mean():.1%}", promised))
        coming = np.flatnonzero(self.ahead > 0)
        doubtful = len(np.unique(self.series[coming[self.reason[coming] != ""]]))
        help = t(f"{VIEW}.doubtful_help")
        found.append(Figure(t(f"{VIEW}.doubtful"), f"{doubtful:,}", "", help))
        return found

    def by_series(self, before: int) -> pa.Table:
        """One row a series: what is to come in the horizon, and how right it was."""
        columns: dict[str, list[object]] = {}
        for name in self.names:
            rows, coming = self.rows(name), self.coming(name)
            some = rows[self.judged[rows]]
            error = np.abs(self.told(self.value, some, before) - self.sold[some]).sum()
            size = self.sold[some].sum()
            known = rows[np.isfinite(self.sold[rows])]
            value = self.told(self.value, coming)
            flags = {f for row in coming for f in self.reason[row].split("; ") if f}
            told = {
                "series": name,
                "last": float(self.sold[known[-1]]) if len(known) else None,
                "next": float(value[0]) if len(coming) else None,
                "next_low": float(self.told(self.low, coming)[0]) if len(coming) else None,
                "next_high": float(self.told(self.high, coming)[0]) if len(coming) else None,
                "horizon": float(value.sum()) if len(coming) else None,
                "wape": 100.0 * float(error / size) if len(some) and size > 0 else None,
                "look": "; ".join(
                    t(f"retail_recommender.demand.reason.{f}") for f in sorted(flags)
                ),
            }
            for key, said in told.items():
                columns.setdefault(key, []).append(said)
        return pa.table(columns)

    def table(self) -> pa.Table:
        """Every forecast in a row of its own, to hand on."""
        rows = np.arange(len(self.time))
        kept = [
            n for n in ("record_id", "time", "series", "store") if n in self.records.column_names
        ]
        table = self.records.select(kept)
        for name, values in (("value", self.value), ("low", self.low), ("high", self.high)):
            table = table.append_column(name, pa.array(self.told(values, rows)))
        table = table.append_column("ahead", pa.array(self.ahead))
        table = table.append_column("sold", pa.array(self.sold, from_pandas=True))
        table = table.append_column("reason", pa.array(self.reason, pa.string()))
        return table.append_column("bundle", pa.repeat(self.address, len(rows)))


def units(value: float) -> str:
    """A quantity for people; a dash where it is not known."""
    return short(value) if np.isfinite(value) else "–"

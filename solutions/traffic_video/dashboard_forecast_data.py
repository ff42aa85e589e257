"""Forecasts on the page: each beside what came, by station, by time ahead, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Ahead
from lepton_core.messages import has_message, t
from lepton_core.ui.figures import Figure
from lepton_core.ui.forecasts import short
from lepton_core.ui.outcomes import unseen_rows

from .forecast.config import Config
from .forecast.stations import counts, stations
from .forecast.truths import truths, with_truths

if TYPE_CHECKING:
    from lepton_core.solution import Task
    from lepton_core.ui.scored import Scored

VIEW = "traffic_video.forecast.view"
_US_A_MINUTE = 60_000_000
# A station that has said nothing for longer than so many intervals is silent.
_SILENT = 2


@dataclass(frozen=True)
class Forecasts:
    """Scored counts with the truths that later records tell.

    Args:
        scored: the records, with the columns ``time``, ``station`` and ``count``.
        config: the settings of the bundle.
        decision: of the bundle.
        time: datetime64[us] [n], when each interval began, by the stations' clock.
        names: of the stations, sorted.
        station: int64 [n], the place of each record's station in ``names``.
        by_station: the rows of each station, in order of time.
        count: float64 [n].
        low, value, high: float32 [n, times].
        truth: float64 [n, times], NaN where not known.
        judged: bool [n, times], which truths are known and can speak for the bundle: not of records
            that it learned from.
        learned: whether the bundle learned from some of these records.
        reason: what makes each record's forecast doubtful, flags separated by ``; ``.
    """

    scored: Scored
    config: Config
    decision: Ahead
    time: np.ndarray
    names: list[str]
    station: np.ndarray
    by_station: list[np.ndarray]
    count: np.ndarray
    low: np.ndarray
    value: np.ndarray
    high: np.ndarray
    truth: np.ndarray
    judged: np.ndarray
    learned: bool
    reason: np.ndarray

    @classmethod
    def of(cls, task: Task, scored: Scored, config: Config) -> Forecasts:
        """The forecasts of scored records.

        Args:
            task: what was forecast.
            scored: its records.
            config: the settings of the bundle.
        """
        assert isinstance(scored.decision, Ahead)
        columns = scored.decision.apply({"score": scored.score, **scored.raw})
        low, value, high = scored.decision.ends(scored.score)
        records = with_truths(scored.records, config.data)
        truth = truths(records, config.data)
        zoned = records.column("time").cast(pa.timestamp("us", config.data.timezone))
        local = pc.local_timestamp(zoned).cast(pa.int64()).to_numpy()
        series = stations(records).to_numpy(zero_copy_only=False)
        names, station = np.unique(series, return_inverse=True)
        order = np.lexsort((local, station))
        groups = np.split(order, np.cumsum(np.bincount(station))[:-1])
        unseen = unseen_rows(task, scored)
        judged = np.isfinite(truth)
        return cls(
            scored,
            config,
            scored.decision,
            local.astype("datetime64[us]"),
            names.tolist(),
            station,
            groups,
            counts(records),
            low,
            value,
            high,
            truth,
            judged if unseen is None else judged & unseen[:, None],
            unseen is not None,
            np.array(columns["reason"].to_pylist(), object),
        )

    def rows(self, station: str) -> np.ndarray:
        """The rows of a station, in order of time."""
        return self.by_station[self.names.index(station)]

    @property
    def unit(self) -> str:
        """The counts' unit in the page's language, where it is a common one."""
        unit = self.config.data.unit
        key = f"traffic_video.forecast.unit.{unit}"
        return t(key) if has_message(key) else unit

    def ahead(self, row: int) -> np.ndarray:
        """The times that a row forecasts, datetime64[us]."""
        minutes = np.asarray(self.config.data.ahead_minutes) * _US_A_MINUTE
        return self.time[row] + minutes.astype("timedelta64[us]")

    def figures(self) -> list[Figure]:
        """How many stations, how right the forecasts were, and what is doubtful now."""
        found = [
            Figure(t(f"{VIEW}.stations"), f"{len(self.names):,}"),
            Figure(t(f"{VIEW}.intervals"), f"{len(self.count):,}"),
        ]
        if self.judged.any():
            error = np.abs(self.value - self.truth)[self.judged].mean()
            inside = self.inside[self.judged].mean()
            off, why = t(f"{VIEW}.mean_error"), t(f"{VIEW}.mean_error_help")
            found.append(Figure(off, short(error), self.unit, why))
            promised = t("ui.forecast.promised", share=self.decision.coverage)
            found.append(Figure(t("ui.forecast.coverage"), f"{inside:.1%}", promised))
        doubtful = int(np.sum(self.stations().column("look").to_numpy(zero_copy_only=False) != ""))
        found.append(Figure(t(f"{VIEW}.doubtful"), f"{doubtful:,}", "", t(f"{VIEW}.doubtful_help")))
        return found

    @property
    def inside(self) -> np.ndarray:
        """bool [n, times], where the truth lies within the interval."""
        return (self.truth >= self.low) & (self.truth <= self.high)

    def by_ahead(self) -> pa.Table:
        """One row a time ahead: how right the forecasts were, beside the last count as forecast."""
        n = self.judged.sum(axis=0)
        truth = np.where(self.judged, self.truth, 0.0)
        error = np.where(self.judged, np.abs(self.value - truth), 0.0).sum(axis=0)
        # A partly watched interval has no count, so that it forecasts nothing by itself.
        counted = self.judged & np.isfinite(self.count)[:, None]
        last = np.where(counted, np.abs(self.count[:, None] - truth), 0.0).sum(axis=0)
        inside = (self.inside & self.judged).sum(axis=0)
        width = np.where(self.judged, self.high - self.low, 0.0).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns = {
                "minutes": np.asarray(self.config.data.ahead_minutes),
                "n": n,
                "mae": error / n,
                "last": last / counted.sum(axis=0),
                "coverage": 100.0 * inside / n,
                "width": width / n,
            }
        return pa.table({k: pa.array(v, from_pandas=True) for k, v in columns.items()})

    def stations(self, place: int = 0) -> pa.Table:
        """One row a station at its latest record, the doubtful ones first.

        Args:
            place: which time ahead is shown.
        """
        newest = self.time.max()
        silent = np.timedelta64(round(_SILENT * self.config.data.step_minutes * _US_A_MINUTE), "us")
        columns: dict[str, list[object]] = {}
        for name, rows in zip(self.names, self.by_station, strict=True):
            last = rows[-1]
            some = rows[self.judged[rows, place]]
            error = np.abs(self.value[some, place] - self.truth[some, place])
            looks = [t(f"traffic_video.forecast.reason.{r}") for r in _flags(self.reason[last])]
            if newest - self.time[last] > silent:
                looks.append(t(f"{VIEW}.silent"))
            told = {
                "station": name,
                "time": self.time[last].item(),
                "count": float(self.count[last]),
                "value": float(self.value[last, place]),
                "low": float(self.low[last, place]),
                "high": float(self.high[last, place]),
                "mae": float(error.mean()) if len(some) else None,
                "coverage": 100.0 * float(self.inside[some, place].mean()) if len(some) else None,
                "look": "; ".join(looks),
            }
            for key, value in told.items():
                columns.setdefault(key, []).append(value)
        table = pa.table(columns)
        # Stable, so that the sound ones stay in order of their names.
        order = np.argsort([look == "" for look in columns["look"]], kind="stable")
        return table.take(pa.array(order))

    def table(self) -> pa.Table:
        """Every forecast in a row of its own, to hand on; ``truth`` is empty while unknown."""
        times = len(self.config.data.ahead_minutes)
        which = np.repeat(np.arange(len(self.count)), times)
        minutes = np.tile(np.asarray(self.config.data.ahead_minutes), len(self.count))
        target = self.time[which] + (minutes * _US_A_MINUTE).astype("timedelta64[us]")
        ids = self.scored.records.column("record_id").take(pa.array(which))
        return pa.table(
            {
                "record_id": ids,
                "station": pa.array(self.names).take(pa.array(self.station[which])),
                "time": pa.array(self.time[which].astype("datetime64[s]")),
                "minutes_ahead": minutes,
                "target_time": pa.array(target.astype("datetime64[s]")),
                "value": self.value.ravel(),
                "low": self.low.ravel(),
                "high": self.high.ravel(),
                "truth": pa.array(self.truth.ravel(), from_pandas=True),
                "reason": pa.array(self.reason[which], pa.string()),
                "bundle": pa.repeat(self.scored.address, len(which)),
            }
        )


def _flags(reason: str) -> list[str]:
    return [flag for flag in reason.split("; ") if flag]

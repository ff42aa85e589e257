"""Forecasts on a page: each beside what came, the errors by series, and the chart of one series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from lepton_core.evaluation.forecasting import TARGET, ForecastSplit
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, layout
from lepton_core.ui.figures import Figure
from lepton_core.ui.outcomes import unseen_rows
from lepton_core.ui.scored import Scored

_FORECAST, _BAND = "#d9822b", "rgba(217, 130, 43, 0.22)"
_US_A_MINUTE = 60_000_000


@dataclass(frozen=True)
class Forecasts:
    """Scored records of a task that forecasts, with the truth where a later record tells it.

    Args:
        scored: the records, with the columns ``time``, ``series`` and ``value``.
        time: datetime64[us] [n], the records' own.
        ahead: datetime64[us] [n], the times that are forecast.
        series: names [n].
        value, forecast, low, high: float64 [n].
        truth: float64 [n], NaN where not known.
        judged: bool [n], whose truth is known and can speak for the bundle: not of records that it
            learned from.
        coverage: share of the truths that the intervals promise to hold, 0 to 1.
        learned: whether the bundle learned from some of these records.
    """

    scored: Scored
    time: np.ndarray
    ahead: np.ndarray
    series: np.ndarray
    value: np.ndarray
    forecast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    truth: np.ndarray
    judged: np.ndarray
    coverage: float
    learned: bool

    @classmethod
    def of(cls, task: Task, scored: Scored, step_minutes: float, horizon: int) -> Forecasts:
        """The forecasts of scored records.

        Args:
            task: decided by :class:`~lepton_core.decision.Interval`.
            scored: its records.
            step_minutes: length of a step.
            horizon: steps ahead.
        """
        columns = scored.decision.apply({"score": scored.score})
        told = ForecastSplit(step_minutes, horizon).with_truth(scored.records)
        truth = told.column(TARGET).to_numpy().astype(np.float64)
        time = told.column("time").cast(pa.int64()).to_numpy().astype("datetime64[us]")
        unseen = unseen_rows(task, scored)
        judged = np.isfinite(truth)
        return cls(
            scored,
            time,
            time + np.timedelta64(round(step_minutes * horizon * _US_A_MINUTE), "us"),
            np.array(told.column("series").to_pylist(), object),
            told.column("value").to_numpy(),
            columns["value"].astype(np.float64),
            columns["low"].astype(np.float64),
            columns["high"].astype(np.float64),
            truth,
            judged if unseen is None else judged & unseen,
            float(scored.decision.to_json()["coverage"]),
            unseen is not None,
        )

    @property
    def inside(self) -> np.ndarray:
        """bool [n], where the truth lies within the interval."""
        return (self.truth >= self.low) & (self.truth <= self.high)

    def figures(self) -> list[Figure]:
        """How many series and records, and how right the forecasts were where that is known."""
        some = self.judged
        names = len(set(self.series.tolist()))
        found = [_figure("series", f"{names:,}"), _figure("records", f"{len(self.series):,}")]
        if some.any():
            error = np.abs(self.forecast - self.truth)[some]
            total = np.abs(self.truth[some]).sum()
            of = t("ui.forecast.of", n=int(some.sum()))
            found.append(_figure("mae", short(error.mean()), of))
            if total > 0:
                found.append(_figure("wape", f"{error.sum() / total:.1%}"))
            promised = t("ui.forecast.promised", share=self.coverage)
            found.append(_figure("coverage", f"{self.inside[some].mean():.1%}", promised))
        return found

    def by_series(self) -> pa.Table:
        """One row a series, the worst first: its records, its errors and its latest forecast."""
        names, which = np.unique(self.series.astype(str), return_inverse=True)
        n = np.bincount(which[self.judged], minlength=len(names))
        error = np.abs(self.forecast - self.truth)
        last = np.zeros(len(names), np.int64)
        by_time = np.argsort(self.time, kind="stable")
        last[which[by_time]] = by_time

        def total(values: np.ndarray) -> np.ndarray:
            weights = values[self.judged].astype(np.float64)
            return np.bincount(which[self.judged], weights, minlength=len(names))

        with np.errstate(invalid="ignore", divide="ignore"):
            mae = np.where(n > 0, total(error) / n, np.nan)
            wape = 100.0 * total(error) / total(np.abs(self.truth))
            inside = np.where(n > 0, 100.0 * total(self.inside) / n, np.nan)
        worst = np.argsort(-np.nan_to_num(wape, nan=-1.0, posinf=-1.0), kind="stable")
        columns = {
            "series": names,
            "n": n,
            "mae": mae,
            "wape": np.where(np.isfinite(wape), wape, np.nan),
            "coverage": inside,
            "ahead": self.ahead[last],
            "forecast": self.forecast[last],
            "low": self.low[last],
            "high": self.high[last],
        }
        return pa.table({k: pa.array(v[worst], from_pandas=True) for k, v in columns.items()})

    def table(self) -> pa.Table:
        """Every forecast with the time it is for, to hand on; ``truth`` is empty while unknown."""
        return pa.table(
            {
                "record_id": self.scored.records.column("record_id"),
                "time": pa.array(self.time.astype("datetime64[s]")),
                "series": pa.array(self.series, pa.string()),
                "target_time": pa.array(self.ahead.astype("datetime64[s]")),
                "value": pa.array(self.forecast.astype(np.float32)),
                "low": pa.array(self.low.astype(np.float32)),
                "high": pa.array(self.high.astype(np.float32)),
                "truth": pa.array(self.truth, from_pandas=True),
                "bundle": pa.repeat(self.scored.address, len(self.time)),
            }
        )

    def chart(self, name: str, since: datetime | None = None) -> go.Figure:
        """One series: its values, the forecasts of them with their band, and what comes next.

        Args:
            name: the series.
            since: the first time shown; None for all.
        """
        rows = np.flatnonzero(self.series == name)
        rows = rows[np.argsort(self.time[rows], kind="stable")]
        if since is not None:
            rows = rows[self.ahead[rows] >= np.datetime64(since, "us")]
        figure = go.Figure()
        ahead = self.ahead[rows]
        _line(figure, ahead, self.high[rows], "", width=0)
        band = t("ui.forecast.band", share=self.coverage)
        _line(figure, ahead, self.low[rows], band, width=0, fill="tonexty", fillcolor=_BAND)
        _line(figure, ahead, self.forecast[rows], t("ui.forecast.forecast"), color=_FORECAST)
        _line(figure, self.time[rows], self.value[rows], t("ui.forecast.actual"), color=INK)
        out = rows[np.isfinite(self.truth[rows]) & ~self.inside[rows]]
        if len(out):
            marks = {"color": POSITIVE, "size": 7, "symbol": "circle-open", "line": {"width": 2}}
            _dots(figure, self.ahead[out], self.truth[out], t("ui.forecast.outside"), marks)
        if len(rows):
            marks = {"color": _FORECAST, "size": 10, "symbol": "diamond"}
            last = rows[-1:]
            _dots(figure, self.ahead[last], self.forecast[last], t("ui.forecast.next"), marks)
        if self.learned and self.judged.any():
            first = self.ahead[self.judged].min()
            if (ahead < first).any():
                _test_from(figure, first.item())
        figure.update_layout(**{**layout(400), "hovermode": "x"})
        # Numbers alone: month names would stay English on a Chinese page.
        figure.update_xaxes(showgrid=False, tickformat="%m-%d\n%Y", hoverformat="%Y-%m-%d %H:%M")
        figure.update_yaxes(fixedrange=True, nticks=6)
        return figure


def _line(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    name: str,
    color: str = INK,
    width: float = 1.6,
    **more: str,
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name=name,
        showlegend=bool(name),
        line={"color": color, "width": width},
        hovertemplate=f"{name}: %{{y:,.4~g}}<extra></extra>" if width else None,
        hoverinfo="skip" if not width else None,
        **more,
    )


def _dots(
    figure: go.Figure, x: np.ndarray, y: np.ndarray, name: str, marker: dict[str, object]
) -> None:
    figure.add_scatter(x=x, y=y, mode="markers", name=name, marker=marker, hoverinfo="skip")


def _figure(name: str, value: str, note: str = "") -> Figure:
    return Figure(t(f"ui.forecast.{name}"), value, note, t(f"ui.forecast.help.{name}"))


def _test_from(figure: go.Figure, first: datetime) -> None:
    figure.add_vline(x=first, line={"color": NEGATIVE, "width": 1.4, "dash": "dash"})
    # Not as the line's own annotation, which plotly cannot place on an axis of times.
    figure.add_annotation(
        x=first,
        y=1,
        yref="paper",
        text=t("ui.forecast.from_here"),
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"color": INK, "size": 12},
    )


def short(value: float) -> str:
    """A value to three digits, whole from a hundred on.

    Example:
        >>> short(1234.6), short(18.964), short(0.01234)
        ('1,235', '19.0', '0.0123')
    """
    size = abs(float(value))
    digits = 2 - int(np.floor(np.log10(size))) if size > 0 else 0
    return f"{value:,.{max(digits, 0)}f}"

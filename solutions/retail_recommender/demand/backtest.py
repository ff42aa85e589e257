"""What forecasts save in money: stock run by them through the test, beside the usual rule."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.report import Measured

from ..orders.cover import Draws, demand_paths
from .sales import read_sales, series_names

# Columns that the protocol adds: what the usual rule said of each record from one period before it,
# two...; and how far it had strayed until one period before, over all that an order covers.
NAIVE, NAIVE_ERROR = "naive", "naive_error"
_PATHS = 1000


@dataclass(frozen=True)
class Stock:
    """What is supposed of every series.

    Args:
        lead: whole periods of demand until an order arrives.
        review: periods from one order to the next.
        holding: cost of a unit that is left at the end of a period, in parts of its price.
        shortage: cost of a unit that could not be sold, in parts of its price.
    """

    lead: int = 2
    review: int = 1
    holding: float = 0.01
    shortage: float = 0.25

    @property
    def cover(self) -> int:
        """Periods of demand until the order after one arrives."""
        return self.lead + self.review

    @property
    def service(self) -> float:
        """The probability of no shortage that the costs ask for."""
        return self.shortage / (self.shortage + self.holding * self.review)


@dataclass(frozen=True)
class Weeks:
    """Series side by side in the test's periods; those without a gap.

    Args:
        demand: float64 [series, periods].
        low, value, high: float64 [series, periods, H], forecast from one period before, two...
        naive: float64 [series, periods, H].
        naive_error: float64 [series, periods].
    """

    demand: np.ndarray
    low: np.ndarray
    value: np.ndarray
    high: np.ndarray
    naive: np.ndarray
    naive_error: np.ndarray

    @classmethod
    def of(cls, records: pa.Table, ends: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Weeks:
        """The test records [n] with the ends of their intervals, [n, H] each."""
        time = records.column("time").cast(pa.int64()).to_numpy()
        period = np.unique(time, return_inverse=True)[1]
        series = series_names(records).dictionary_encode().indices.to_numpy()
        place = np.full((series.max() + 1, period.max() + 1), -1)
        place[series[::-1], period[::-1]] = np.arange(len(series))[::-1]
        demand = read_sales(records).demand
        whole = ((place >= 0) & np.isfinite(demand[place])).all(axis=1)
        rows = place[whole]
        naive = np.array(records.column(NAIVE).to_pylist(), np.float64).reshape(ends[0].shape)
        error = records.column(NAIVE_ERROR).to_numpy()
        told = (demand, *ends, naive, error)
        return cls(*(np.asarray(values, np.float64)[rows] for values in told))


@dataclass(frozen=True)
class Bill:
    """What running the stock cost, in prices of a unit, and what it could not serve.

    Args:
        cost: float64 [series], for what was left at the end of periods and for what was missing.
        missing: float64 [series], units that could not be sold.
        asked: float64 [series], units that were asked for in the periods that count.
    """

    cost: np.ndarray
    missing: np.ndarray
    asked: np.ndarray


def run_stock(weeks: Weeks, levels: np.ndarray, stock: Stock) -> Bill:
    """Runs the stock of every series by itself: up to a level at each review, what is missing lost.

    The first order is placed before the first period; what is there then lasts, by the usual rule,
    until it arrives. Only periods count that an order of these could reach.

    Args:
        weeks: the demand [series, periods].
        levels: float64 [series, orders], stock and open orders together after each order; order
            ``k`` is placed before period ``k``.
        stock: lead and costs.

    Example:
        >>> demand = np.full((1, 4), 10.0)
        >>> nothing = np.zeros((1, 4, 1))
        >>> weeks = Weeks(demand, nothing, nothing, nothing, demand[:, :, None], demand)
        >>> bill = run_stock(weeks, np.full((1, 3), 15.0), Stock(1, 1, holding=0.1, shortage=1.0))
        >>> bill.cost.tolist(), bill.missing.tolist()  # 5 and 10 arrive by turns
        ([10.0], [10.0])
    """
    n, periods = weeks.demand.shape
    on_hand = weeks.naive[:, : stock.lead, 0].sum(axis=1) if stock.lead else np.zeros(n)
    arrives = np.zeros((n, periods + stock.lead + 1))
    cost, missing, asked = np.zeros(n), np.zeros(n), np.zeros(n)
    for now in range(periods):
        if now < levels.shape[1] and now % stock.review == 0:
            open_orders = arrives[:, now : now + stock.lead].sum(axis=1)
            arrives[:, now + stock.lead] += np.maximum(levels[:, now] - on_hand - open_orders, 0.0)
        on_hand = on_hand + arrives[:, now]
        short = np.maximum(weeks.demand[:, now] - on_hand, 0.0)
        on_hand = np.maximum(on_hand - weeks.demand[:, now], 0.0)
        if now >= stock.lead:
            cost += stock.holding * on_hand + stock.shortage * short
            missing += short
            asked += weeks.demand[:, now]
    return Bill(cost, missing, asked)


def _ahead(values: np.ndarray, order: int, cover: int) -> np.ndarray:
    """What was known before period ``order`` of the next ``cover`` ones, [series, cover]."""
    ahead = np.arange(cover)
    return values[:, order + ahead, ahead]


def forecast_levels(weeks: Weeks, stock: Stock, correlation: float) -> np.ndarray:
    """Levels by the forecasts [series, orders]: quantiles of the demand until the next delivery.

    Args:
        weeks: with the intervals.
        stock: what an order covers, and the costs that set the quantile.
        correlation: of the demand of two periods around what was forecast for them at one moment.
    """
    n, periods = weeks.demand.shape
    draws = Draws.make(stock.cover, _PATHS)
    found = np.zeros((n, periods - stock.cover + 1))
    for order in range(found.shape[1]):
        ends = (_ahead(v, order, stock.cover) for v in (weeks.low, weeks.value, weeks.high))
        for row, (low, value, high) in enumerate(zip(*ends, strict=True)):
            total = demand_paths(low, value, high, correlation, draws).sum(axis=1)
            found[row, order] = np.quantile(total, stock.service)
    return found


def naive_levels(weeks: Weeks, stock: Stock) -> np.ndarray:
    """Levels by the usual rule: its forecast, and a safety stock of as many standard deviations of
    its past errors as the costs ask for, [series, orders]."""
    orders = weeks.demand.shape[1] - stock.cover + 1
    sigmas = NormalDist().inv_cdf(stock.service)
    expected = [_ahead(weeks.naive, order, stock.cover).sum(axis=1) for order in range(orders)]
    return np.stack(expected, axis=1) + sigmas * weeks.naive_error[:, :orders]


def money(
    records: pa.Table,
    ends: tuple[np.ndarray, np.ndarray, np.ndarray],
    correlation: float,
    stock: Stock | None = None,
) -> dict[str, Measured]:
    """What orders by the forecasts cost on the test, against orders by the usual rule.

    Args:
        records: the test records [n], with the columns that the protocol adds.
        ends: low, value and high, [n, H] each.
        correlation: see :func:`forecast_levels`.
        stock: what is supposed of every series.

    Returns:
        ``cost`` and ``cost_naive`` in parts of what was asked for (at a price of 1 a unit);
        ``cost_saved``, the part of the latter that the forecasts save, paired; ``missing`` and
        ``missing_naive``, the parts that could not be sold. Intervals by resampling series. Nothing
        where the test, or the horizon, is shorter than an order covers.
    """
    stock = stock or Stock()
    weeks = Weeks.of(records, ends)
    n, periods = weeks.demand.shape
    if not n or periods <= stock.cover or weeks.value.shape[2] < stock.cover:
        return {}
    ours = run_stock(weeks, forecast_levels(weeks, stock, correlation), stock)
    theirs = run_stock(weeks, naive_levels(weeks, stock), stock)
    pairs = {
        "cost": (ours.cost, ours.asked),
        "cost_naive": (theirs.cost, theirs.asked),
        "cost_saved": (theirs.cost - ours.cost, theirs.cost),
        "missing": (ours.missing, ours.asked),
        "missing_naive": (theirs.missing, theirs.asked),
    }
    return {
        key: Measured.of(bootstrap(_ratio, *pair, n=RESAMPLES))
        for key, pair in pairs.items()
        if pair[1].sum() > 0
    }


def _ratio(total: np.ndarray, n: np.ndarray) -> float:
    return float(total.sum() / n.sum()) if n.sum() > 0 else float("nan")

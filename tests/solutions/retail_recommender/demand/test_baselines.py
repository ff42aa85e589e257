"""The rules that the networks are compared with, on series whose right answer is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from solutions.retail_recommender.demand.backtest import (
    Stock,
    Weeks,
    forecast_levels,
    naive_levels,
    run_stock,
)
from solutions.retail_recommender.demand.config import Config, DataConfig, SplitConfig
from solutions.retail_recommender.demand.correlation import correlation
from solutions.retail_recommender.demand.protocols import LatestPeriods, usual_rule
from solutions.retail_recommender.demand.sample import generate
from solutions.retail_recommender.demand.season import learn_season, year_week
from solutions.retail_recommender.demand.smoothing import Panel, Smoothing, last_season, smooth

SEASON = np.array([1.0, 2.0, 0.5, 0.5])


def panel(growth: float = 1.0, periods: int = 24) -> Panel:
    at = np.arange(periods)
    return Panel((100.0 * SEASON[at % 4] * growth ** (at // 4))[None, :], np.ones(periods))


def test_smoothing_and_the_last_season_find_a_pure_season() -> None:
    given = panel()
    told = next(smooth(given, 3, 4, [Smoothing(0.3, 0.0, 0.3, 1.0)]))
    for found in (told, last_season(given, 3, 4)):
        np.testing.assert_allclose(found[0, 12:], given.demand[0, 12:, None] * np.ones(3))


def test_growth_since_a_season_ago_is_applied() -> None:
    given = panel(growth=1.1)
    plain, grown = (last_season(given, 1, 4, growth)[0, 16:, 0] for growth in (0, 4))
    np.testing.assert_allclose(plain, given.demand[0, 16:] / 1.1)
    # Of the four periods before, the later ones have grown already.
    assert (np.abs(grown - given.demand[0, 16:]) < np.abs(plain - given.demand[0, 16:])).all()


def test_a_baseline_looks_at_nothing_later() -> None:
    given = panel()
    changed = Panel(given.demand.copy(), given.factor)
    changed.demand[0, 20] = 5000.0
    ways = [Smoothing(0.5, 0.1, 0.5, 0.9)]
    for one, other in (
        (last_season(given, 3, 4, 4), last_season(changed, 3, 4, 4)),
        (next(smooth(given, 3, 4, ways)), next(smooth(changed, 3, 4, ways))),
    ):
        np.testing.assert_array_equal(one[0, :21], other[0, :21])
        # Period 22 was forecast two periods before with that of 20, three before without it.
        assert one[0, 22, 0] != other[0, 22, 0]
        assert one[0, 22, 2] == other[0, 22, 2]


def test_a_cycle_that_was_seen_in_part_does_not_pass_for_a_low_one() -> None:
    steps = np.arange(28 + 3)
    demand = np.where(steps % 7 == 0, 20.0, 10.0)
    season = learn_season(np.zeros(31, np.int64), steps, demand, 1440.0, 7)
    assert season.factor[0] / season.factor[1:].mean() == pytest.approx(2.0, rel=0.12)


def test_weeks_are_those_of_the_calendar() -> None:
    monday, sunday = np.array(["2026-02-16", "2026-02-22"], "datetime64[m]").astype(np.int64)
    steps = np.rint(np.array([monday, sunday]) / 10080).astype(np.int64)
    assert steps[0] == steps[1]
    assert year_week(steps, 10080.0).tolist() == [7, 7]  # ISO week 8


def test_errors_of_one_moment_go_together_by_their_common_part() -> None:
    rng = np.random.default_rng(1)
    errors = np.full((1001, 2), np.nan)
    common = rng.normal(size=1000)
    errors[1:, 0] = np.sqrt(0.6) * common + np.sqrt(0.4) * rng.normal(size=1000)
    errors[2:, 1] = np.sqrt(0.6) * common[:-1] + np.sqrt(0.4) * rng.normal(size=999)
    found = correlation(errors, np.zeros(1001, np.int64), np.arange(1001))
    assert found == pytest.approx(0.6, abs=0.06)


def test_parts_follow_each_other_and_a_period_stays_in_one() -> None:
    sales = generate(seed=0, series=6, periods=80, to_come=3)
    config = Config(data=DataConfig(horizon=4), split=SplitConfig(5, 6))
    split = LatestPeriods(config).split(sales)
    time = sales.column("time").cast(pa.int64()).to_numpy()
    parts = [set(time[rows].tolist()) for rows in (split.train, split.valid, split.test)]
    assert [len(part) for part in parts[1:]] == [5, 6]
    assert max(parts[0]) < min(parts[1])
    assert max(parts[1]) < min(parts[2])
    # Periods to come have no truth.
    assert sales.take(pa.array(split.test))["quantity"].null_count == 0


def test_the_usual_rules_error_is_of_orders_that_are_over() -> None:
    sales = generate(seed=0, series=2, periods=70)
    data = DataConfig(horizon=4)
    error = usual_rule(sales, data)[1]
    quantity = sales.column("quantity").to_pylist()
    quantity[-1] = 5000.0
    at = sales.column_names.index("quantity")
    other = usual_rule(sales.set_column(at, "quantity", pa.array(quantity, pa.float64())), data)[1]
    np.testing.assert_array_equal(error, other)


def weeks(spread: float, error: float, n: int = 40) -> Weeks:
    """Demand of 100 and chance, and a forecast that knows how large the chance is."""
    rng = np.random.default_rng(3)
    demand = np.maximum(100.0 + spread * rng.normal(size=(n, 12)), 0.0)
    value = np.full((n, 12, 4), 100.0)
    half = 1.645 * spread
    naive = value + error
    return Weeks(demand, value - half, value, value + half, naive, np.full((n, 12), 2 * spread))


def test_a_level_holds_the_service_that_the_costs_ask_for() -> None:
    stock = Stock(lead=2, review=1, holding=0.01, shortage=0.24)
    some = weeks(10.0, 0.0, 400)
    levels = forecast_levels(some, stock, 0.0)
    asked = sum(some.demand[:, k : k + levels.shape[1]] for k in range(3))
    assert (asked <= levels).mean() == pytest.approx(stock.service, abs=0.01)


def test_knowing_more_costs_less() -> None:
    """A rule that is always 30 too high pays for it in stock."""
    stock, some = Stock(), weeks(10.0, 30.0)
    ours = run_stock(some, forecast_levels(some, stock, 0.0), stock)
    theirs = run_stock(some, naive_levels(some, stock), stock)
    assert ours.cost.sum() < 0.8 * theirs.cost.sum()


def test_nothing_is_sold_that_is_not_there() -> None:
    some = weeks(10.0, 0.0)
    bill = run_stock(some, np.zeros((40, 10)), Stock())
    # The first two periods were covered by what was there; all later ones are missing or left.
    assert (bill.missing <= bill.asked + 1e-9).all()
    assert (bill.missing > 0.9 * bill.asked).all()

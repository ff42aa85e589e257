"""Customers: what was known at a moment, lifetime, segments, and the bundle of the sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.errors import DataError
from lepton_core.records.histories import histories
from lepton_core.solution import find_task
from lepton_core.testing.solution import check_task
from solutions.retail_recommender.customers.config import Config, DataConfig
from solutions.retail_recommender.customers.evaluation import measures
from solutions.retail_recommender.customers.forecast import Forecast, log_odds
from solutions.retail_recommender.customers.lifetime import Lifetime
from solutions.retail_recommender.customers.lifetime_fitting import fit_lifetime
from solutions.retail_recommender.customers.protocols import CutOffs
from solutions.retail_recommender.customers.purchases import DAY, Purchases
from solutions.retail_recommender.customers.sample import generate, order_lines
from solutions.retail_recommender.customers.segments import Segments
from solutions.retail_recommender.customers.task import COLUMNS, INPUTS, SEGMENTS

TASK = find_task("retail_recommender/customers")
_TIMES = pa.list_(pa.timestamp("us", tz="UTC"))


def history(
    *lines: tuple[str, int, float, float], as_of: int | None = 100, **more: Any
) -> pa.Table:
    """One customer's lines: item, day, price, quantity."""
    items, days, prices, many = (list(column) for column in zip(*lines, strict=True))
    columns = {
        "record_id": ["c"],
        "items": pa.array([items], pa.list_(pa.string())),
        "times": pa.array([[day * DAY for day in days]], _TIMES),
        "prices": pa.array([prices], pa.list_(pa.float64())),
        "quantities": pa.array([many], pa.list_(pa.float64())),
        "as_of": pa.array([None if as_of is None else as_of * DAY], _TIMES.value_type),
    }
    return pa.table({**columns, **more})


@pytest.fixture(scope="module")
def cases() -> pa.Table:
    return CutOffs(Config()).with_truth(generate(customers=300))


@pytest.mark.slow
def test_the_task_conforms() -> None:
    check_task(TASK)


RETURNED = [("a", 1, 5.0, 2.0), ("b", 1, 3.0, 1.0), ("a", 20, 5.0, -2.0)]


@pytest.mark.parametrize(
    ("lines", "day", "spent", "orders"),
    [
        (RETURNED, 10, 13.0, 1),  # nobody knows yet that it will come back
        (RETURNED, 30, 3.0, 1),
        (RETURNED[:1] + RETURNED[2:], 30, 0.0, 0),  # all came back: no order
        ([("a", 1, 5.0, 1.0), ("b", 1, 5.0, 1.0), ("a", 2, 5.0, 1.0)], 9, 15.0, 2),  # days count
        ([("POST", 1, 9.0, 1.0), ("a", 2, 5.0, 1.0)], 9, 5.0, 1),  # postage is no product
        ([("a", 1, 5.0, -3.0), ("a", 2, 5.0, 1.0)], 9, 5.0, 1),  # bought before the table begins
        ([("a", 1, None, 1.0), ("a", 2, 5.0, None)], 9, 5.0, 1),  # no price; one where not told
    ],
)
def test_what_is_known_at_a_moment(lines: list[Any], day: int, spent: float, orders: int) -> None:
    bought = Purchases.read(history(*lines), np.array([day * DAY]), ("POST",))
    assert bought.spent().tolist() == [spent]
    assert bought.orders().tolist() == [orders]


def test_a_case_knows_nothing_of_what_comes_after_its_moment(cases: pa.Table) -> None:
    pipeline = load_bundle(TASK.bundle("sample"))
    some = cases.filter(pa.array(np.array(cases["part"].to_pylist()) == "test")).slice(0, 60)
    later = some.column("times").to_pylist()
    until = some.column("as_of").to_pylist()
    cut = []
    for record, times, moment in zip(some.to_pylist(), later, until, strict=True):
        keep = [place for place, time in enumerate(times) if time <= moment]
        cut.append(
            {
                name: [value[place] for place in keep] if isinstance(value, list) else value
                for name, value in record.items()
            }
        )
    known = pa.Table.from_pylist(cut, some.schema)
    np.testing.assert_array_equal(
        pipeline.score(some).raw["score"], pipeline.score(known).raw["score"]
    )


def test_an_order_of_a_day_to_come_stops_training_and_is_named() -> None:
    # Days are counted from the latest order: one mistyped date would make everybody look lost.
    far = (np.datetime64("2999-01-01") - np.datetime64("1970-01-01")).astype(int)
    lines = [("a", day, 5.0, 1.0) for day in (*range(1, 900, 30), int(far))]
    with pytest.raises(DataError, match="2999-01-01"):
        CutOffs(Config()).with_truth(history(*lines, as_of=None))


def test_parts_follow_each_other_without_overlap() -> None:
    config = Config(DataConfig(horizon_days=30, step_days=10, least_days=40))
    asked = CutOffs(config).moments(0, 365 * DAY)
    last = {part: max(m for p, m in asked if p == part) for part in ("train", "valid", "test")}
    assert last == {"train": 275 * DAY, "valid": 305 * DAY, "test": 335 * DAY}
    assert min(moment for _, moment in asked) >= 40 * DAY
    with pytest.raises(DataError, match="span 200 days"):
        CutOffs(Config()).moments(0, 200 * DAY)


def test_the_truth_of_a_case_is_what_was_bought_and_kept_in_the_horizon() -> None:
    lines = [("a", 1, 5.0, 1.0), ("b", 170, 4.0, 2.0), ("b", 175, 4.0, -1.0), ("c", 179, 1.0, 1.0)]
    config = Config(DataConfig(horizon_days=30, least_days=30, step_days=50))
    made = CutOffs(config).with_truth(history(*lines, ("d", 200, 1.0, 1.0)))
    told = made.select(["part", "as_of", "orders_next", "value_next"]).to_pylist()
    found = {(c["part"], int(c["as_of"].timestamp() * 1e6) // DAY): c["value_next"] for c in told}
    assert found == {
        ("train", 60): 0.0,
        ("train", 110): 0.0,
        ("valid", 140): 8.0,  # what was sent back later counted until then
        ("test", 170): 2.0,
    }


def test_lifetime_finds_who_has_gone_and_what_comes() -> None:
    rng = np.random.default_rng(0)
    n, days, ahead = 4000, 300.0, 90.0
    rate, goes = rng.gamma(1.2, 1 / 40.0, n), rng.beta(1.0, 4.0, n)
    orders, last, later = np.ones(n), np.zeros(n), np.zeros(n)
    for row in range(n):
        at, alive = 0.0, rng.random() > 0.0
        while alive:
            at += rng.exponential(1 / rate[row])
            if at > days + ahead:
                break
            if at <= days:
                orders[row] += 1
                last[row] = at
            else:
                later[row] += 1
            alive = rng.random() > goes[row]
    mean = rng.gamma(5.0, 4.0, n)
    found = fit_lifetime(orders, last, np.full(n, days), mean)
    told = orders, last, np.full(n, days)
    assert found.expected_orders(*told, ahead).sum() == pytest.approx(later.sum(), rel=0.08)
    assert found.orders_again(*told, ahead).mean() == pytest.approx((later > 0).mean(), abs=0.02)
    # Closer to everybody's mean than to one's own where little is known.
    few, many = found.order_value(np.array([1, 200]), np.array([100.0, 100.0]))
    assert 20.0 < few < many < 101.0


def test_expected_orders_agree_with_the_chance_of_one_where_little_time_is_left() -> None:
    told = np.array([1, 4, 30]), np.array([0.0, 90.0, 110.0]), np.full(3, 120.0)
    chance = Lifetime().orders_again(*told, 0.01)
    np.testing.assert_allclose(Lifetime().expected_orders(*told, 0.01), chance, rtol=2e-3)
    more = Lifetime().expected_orders(*told, 90.0)
    assert (more > Lifetime().orders_again(*told, 90.0)).all()


def test_every_customer_is_in_one_segment_and_better_ones_are_named_better() -> None:
    rng = np.random.default_rng(0)
    recency, orders = rng.gamma(1.0, 60.0, 3000), rng.geometric(0.3, 3000)
    spent = orders * rng.gamma(2.0, 30.0, 3000)
    segments = Segments.fit(recency, orders, spent)
    place = segments.of(recency, orders, spent)
    names = np.array(SEGMENTS)[place]
    assert set(names) == set(SEGMENTS)
    assert spent[names == "champions"].mean() > 4 * spent[names == "lost"].mean()
    assert recency[names == "cannot_lose"].min() > recency[names == "champions"].max()
    assert (orders[names == "new"] == 1).all()


def test_calibration_and_interval_hold_on_what_they_were_made_for() -> None:
    rng = np.random.default_rng(0)
    n = 6000
    logit = rng.normal(0.3, 1.2, n)
    ordered = rng.random(n) < 1 / (1 + np.exp(-logit))
    mean = rng.gamma(2.0, 40.0, n)
    value = np.where(ordered, mean * np.exp(rng.normal(0, 0.7, n)), 0.0)
    said = {
        "network": 2.5 * logit - 1.0,  # overconfident and askew
        "network_value": 3.0 * mean,
        "lifetime": rng.normal(0, 1, n),
        "lifetime_value": np.full(n, 80.0),
    }
    half = {name: values[::2] for name, values in said.items()}
    forecast, _ = Forecast.fit(half, ordered[::2], value[::2])
    assert forecast.risk_share >= 0.75
    assert forecast.value_share == 1.0
    chance, kept = forecast.apply({name: values[1::2] for name, values in said.items()})
    assert chance.mean() == pytest.approx(ordered[1::2].mean(), abs=0.02)
    assert (chance * kept).sum() == pytest.approx(value[1::2].sum(), rel=0.08)
    low, high = forecast.ends(chance, kept)
    inside = (value[1::2] >= low) & (value[1::2] <= high)
    assert 0.88 < inside.mean() < 0.97
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (history(("a", 200, 1.0, 1.0)), "no_orders"),
        (history(("a", 1, 1.0, 1.0), ("a", 2, 1.0, -1.0)), "no_orders"),
        (history(("a", 1, 1.0, 1.0), as_of=None), "no_as_of"),
        (history(("a", 1, 1.0, 1.0)).drop_columns(["as_of"]), "no_as_of"),
    ],
)
def test_who_cannot_be_told_is_refused_with_the_reason(record: pa.Table, key: str) -> None:
    found = load_bundle(TASK.bundle("sample")).score(record)
    assert (len(found), found.rejects.counts()) == (0, {key: 1})


def test_lists_of_different_lengths_are_refused() -> None:
    prices = pa.array([[1.0]], pa.list_(pa.float64()))
    record = history(("a", 1, 1.0, 1.0), ("b", 2, 1.0, 1.0)).set_column(3, "prices", prices)
    found = load_bundle(TASK.bundle("sample")).score(record)
    assert found.rejects.counts() == {"list_lengths": 1}


def test_order_lines_tell_the_day_they_are_asked_for() -> None:
    lines = order_lines(customers=40)
    made = histories(lines, INPUTS)
    latest = max(
        time
        for time, user in zip(*(lines[n].to_pylist() for n in ("time", "user")), strict=True)
        if user is not None
    )
    assert set(made.table["as_of"].to_pylist()) == {latest}
    assert made.rejects.counts().keys() == {"null"}


def test_the_sample_bundle_tells_apart_who_comes_back(cases: pa.Table) -> None:
    pipeline = load_bundle(TASK.bundle("sample"))
    test = cases.filter(pa.array(np.array(cases["part"].to_pylist()) == "test"))
    found = pipeline.score(test)
    score = found.raw["score"]
    assert score.shape == (test.num_rows, len(COLUMNS))
    told = measures(test, score, pipeline.decision)
    assert told["auc"].value > 0.75
    assert 0.85 < told["coverage90"].value < 1.0
    columns = dict(zip(COLUMNS, score.T, strict=True))
    assert (columns["value_low"] <= columns["value_high"]).all()
    assert ((columns["churn_risk"] > 0) & (columns["churn_risk"] < 1)).all()
    np.testing.assert_allclose(
        columns["expected_value"], (1 - columns["churn_risk"]) * columns["value_kept"], rtol=1e-4
    )

"""Orders: quantiles, packs, room, and the best use of a budget."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.solution import find_task
from lepton_core.testing.solution import check_task
from solutions.retail_recommender.orders.budget import allocate
from solutions.retail_recommender.orders.config import Config, PlanConfig
from solutions.retail_recommender.orders.cover import Draws, covered, demand_paths, lead_times
from solutions.retail_recommender.orders.evaluation import alike, in_turn
from solutions.retail_recommender.orders.policy import Product, order
from solutions.retail_recommender.orders.reading import Line, read_plan
from solutions.retail_recommender.orders.sample import generate

TASK = find_task("retail_recommender/orders")


def product(rng: np.random.Generator, **more: Any) -> Product:
    paths = np.maximum(rng.normal(rng.uniform(5, 30), rng.uniform(1, 8), 60), 0)
    told = {"pack": float(rng.integers(2, 7)), "least": float(rng.choice([0, 8])), **more}
    holding, shortage = rng.uniform(0.1, 1), rng.uniform(1, 9)
    position, cost = float(rng.integers(0, 6)), float(rng.integers(1, 9))
    return Product(paths, paths, position, cost, holding, shortage, **told)


def test_the_task_conforms() -> None:
    check_task(TASK)


def test_paths_have_the_quantiles_of_the_forecast_and_its_correlation() -> None:
    low, value, high = np.array([6.0, 4.0]), np.array([10.0, 10.0]), np.array([18.0, 12.0])
    paths = demand_paths(low, value, high, 0.6, Draws.make(2, 40_000))
    for level, ends in ((0.05, low), (0.5, value), (0.95, high)):
        np.testing.assert_allclose(np.quantile(paths, level, axis=0), ends, rtol=0.03)
    wide = np.var(paths.sum(axis=1))
    apart = np.var(demand_paths(low, value, high, 0.0, Draws.make(2, 40_000)).sum(axis=1))
    assert wide > 1.4 * apart


def test_a_lead_time_that_varies_asks_for_more_stock() -> None:
    draws = Draws.make(8, 4000)
    paths = demand_paths(*(np.full(8, v) for v in (8.0, 10.0, 12.0)), 0.0, draws)
    sure, unsure = (covered(paths, lead_times(3.0, sd, draws) + 1.0) for sd in (0.0, 1.0))
    assert sure.mean() == pytest.approx(unsure.mean(), rel=0.02)
    assert np.quantile(unsure, 0.95) > np.quantile(sure, 0.95) + 8.0


@pytest.mark.parametrize("service", [0.6, 0.9, 0.98])
def test_the_reorder_point_keeps_the_service_level(service: float) -> None:
    paths = np.random.default_rng(0).gamma(4.0, 10.0, 5000)
    holding = 1.0
    some = Product(paths, paths, 0.0, 1.0, holding, holding * service / (1 - service))
    assert (paths <= some.reorder_point).mean() == pytest.approx(service, abs=0.002)
    assert some.safety_stock == pytest.approx(some.reorder_point - paths.mean())


def test_the_order_costs_least_of_all_that_may_be_ordered() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        some = product(rng)
        choices = some.choices()
        every = np.arange(0, choices[-1] + 10 * some.pack, some.pack)
        every = every[(every == 0) | (every >= some.least)]
        cost = some.expected_cost(np.array([order(some)]))[0]
        assert cost <= some.expected_cost(every).min() + 1e-9


def test_packs_smallest_order_and_room_hold() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        room = float(rng.uniform(5, 40))
        some = product(rng, room=room)
        quantity = order(some)
        assert quantity % some.pack == pytest.approx(0.0, abs=1e-9)
        assert quantity == 0 or quantity >= some.least
        left = max(some.position - some.until_delivery.mean(), 0.0)
        assert quantity == 0 or quantity + left <= room + 1e-9


def test_a_budget_is_kept_and_used_as_well_as_possible() -> None:
    """All plans of small cases are tried: none is better, and the bound says so."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        some = [product(rng) for _ in range(4)]
        budget = rng.uniform(0.1, 1.0) * sum(p.cost * p.choices()[-1] for p in some)
        plan = allocate(some, budget)
        assert plan.spent <= budget + 1e-6
        costs = [p.expected_cost(p.choices()) for p in some]
        spends = [p.choices() * p.cost for p in some]
        best = min(
            sum(cost[k] for cost, k in zip(costs, places, strict=True))
            for places in itertools.product(*(range(len(c)) for c in costs))
            if sum(spend[k] for spend, k in zip(spends, places, strict=True)) <= budget + 1e-9
        )
        assert plan.cost == pytest.approx(best, rel=1e-5)
        assert plan.bound <= best + 1e-9


def test_a_budget_that_is_enough_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    some = [product(rng) for _ in range(6)]
    plan = allocate(some, 1e9)
    assert plan.quantities.tolist() == [order(p) for p in some]
    assert plan.worth == 0.0
    assert allocate(some, 0.0).spent == 0.0


def test_sharing_a_budget_well_beats_sharing_it_simply() -> None:
    rows = generate(seed=3, plans=1, products=12).to_pylist()
    read = read_plan(rows, Config())
    assert isinstance(read, tuple)
    lines, budget = read

    def cost(quantities: np.ndarray) -> float:
        pairs = zip(lines, quantities, strict=True)
        return float(sum(one.product.expected_cost(np.array([q]))[0] for one, q in pairs))

    plan = allocate([line.product for line in lines], budget)
    for rule in (in_turn, alike):
        quantities = rule(lines, budget)
        assert sum(one.product.cost * q for one, q in zip(lines, quantities, strict=True)) <= budget
        assert plan.cost <= cost(quantities) + 1e-9


def one_product(**changes: Any) -> pa.Table:
    table = generate(seed=1, plans=1, products=1, periods=4)
    rows = table.to_pylist()
    for row in rows:
        row.update(changes.get("all", {}))
    rows[2].update(changes.get("third", {}))
    return pa.Table.from_pylist(rows, schema=table.schema)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"third": {"low": 1e6}}, "orders_interval"),
        ({"third": {"lead": 9.0}}, "orders_differ"),
        ({"all": {"on_hand": None}}, "orders_no_stock"),
        ({"all": {"cost": None}}, "orders_no_cost"),
        ({"third": {"budget": 1.0}}, "orders_differ"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused_with_its_reason(
    changes: dict[str, Any], key: str
) -> None:
    scored = load_bundle(TASK.bundle("sample")).score(one_product(**changes))
    assert not len(scored)
    assert key in scored.rejects.counts()


def test_demand_without_intervals_is_taken_to_vary_as_little_as_it_can() -> None:
    records = one_product(all={"low": None, "high": None})
    scored = load_bundle(TASK.bundle("sample")).score(records)
    assert "no_interval" in scored["notes"][0]


def test_a_forecast_that_ends_too_early_is_told() -> None:
    read = read_plan(one_product(all={"lead": 8.0}).to_pylist(), Config(plan=PlanConfig(paths=200)))
    assert isinstance(read, tuple)
    line: Line = read[0][0]
    assert "beyond_forecast" in line.notes

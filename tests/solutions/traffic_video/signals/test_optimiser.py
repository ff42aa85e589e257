"""The optimiser finds the best plan there is, keeps what it must, and is not thrown by overload."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from solutions.traffic_video.signals.config import PlanConfig, TimingConfig
from solutions.traffic_video.signals.junction import Junction, shown_greens, total_delay
from solutions.traffic_video.signals.optimiser import (
    allowed_cycles,
    best_equal_plan,
    make_plan,
    optimal_plan,
)
from solutions.traffic_video.signals.sample import demand_set, junction_of, two_phases
from solutions.traffic_video.signals.webster import equal_plan, webster_plan

HOURS = 1.0
SMALL = TimingConfig(max_cycle=70, min_cycle=30, min_green=5)


def best_by_trying(one: Junction, timing: TimingConfig, robust: bool = False) -> float:
    """The least total delay of all plans in whole seconds."""
    most = timing.max_cycle - one.phases * timing.intergreen
    greens = np.array(
        [
            g
            for g in product(range(timing.min_green, most), repeat=one.phases)
            if timing.min_cycle <= sum(g) + one.phases * timing.intergreen <= timing.max_cycle
        ]
    )
    allowed = (shown_greens(one, greens, timing) >= one.least).all(axis=1)
    return float(total_delay(one, greens[allowed], timing, HOURS, robust).min())


@pytest.mark.parametrize(
    "movements",
    [
        ((700, "1"), (500, "2")),
        ((1100, "1"), (200, "2")),
        ((1500, "1"), (900, "2")),
        ((500, "1"), (350, "2"), (250, "3")),
        ((700, "1 2"), (250, "1"), (300, "2"), (250, "3")),
        ((600, "3 1"), (250, "1"), (300, "2"), (150, "3")),
        ((900, "1 2"), (600, "1"), (500, "2 3"), (700, "3")),
    ],
)
def test_no_plan_is_better(movements: tuple[tuple[float, str], ...]) -> None:
    one = junction_of(*movements)
    found = optimal_plan(one, SMALL, HOURS, robust=False)
    cost = float(total_delay(one, found.greens, SMALL, HOURS, False))
    assert cost == pytest.approx(best_by_trying(one, SMALL), rel=2e-3)


def test_four_phases_come_within_half_a_percent_of_the_best() -> None:
    one = junction_of((350, "1"), (200, "2"), (300, "3"), (220, "4"), (500, "1 2"))
    timing = TimingConfig(max_cycle=56, min_green=5)
    found = optimal_plan(one, timing, HOURS, robust=False)
    cost = float(total_delay(one, found.greens, timing, HOURS, False))
    assert cost <= 1.005 * best_by_trying(one, timing)


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("load", [0.4, 1.0, 1.6])
def test_never_worse_than_equal_or_webster_and_within_the_limits(seed: int, load: float) -> None:
    timing, one = TimingConfig(), demand_set(seed)
    one = one.at(one.flow * load)
    plan = optimal_plan(one, timing, HOURS, robust=False)
    cost = total_delay(one, plan.greens, timing, HOURS, False)
    assert np.isfinite(cost)
    for other in (
        equal_plan(one, timing, plan.cycle),
        webster_plan(one, timing),
    ):
        assert cost <= total_delay(one, other.greens, timing, HOURS, False) * (1 + 1e-9)
    best_equal = best_equal_plan(one, timing, HOURS)
    assert cost <= 1.002 * total_delay(one, best_equal.greens, timing, HOURS, False)
    assert timing.min_cycle <= plan.cycle <= timing.max_cycle
    assert (plan.shown(one) >= one.least).all()
    assert (plan.greens >= timing.min_green).all()


def test_the_same_plan_every_time() -> None:
    first, again = (optimal_plan(demand_set(7), TimingConfig(), HOURS, True) for _ in range(2))
    assert first.greens.tolist() == again.greens.tolist()


def test_a_plan_for_the_interval_is_better_over_it_and_worse_in_its_middle() -> None:
    one, timing = demand_set(10), TimingConfig()
    robust = optimal_plan(one, timing, HOURS, robust=True)
    middle = optimal_plan(one, timing, HOURS, robust=False)

    def cost(plan: np.ndarray, over_all: bool) -> float:
        return float(total_delay(one, plan, timing, HOURS, over_all))

    assert cost(robust.greens, True) < cost(middle.greens, True)
    assert cost(middle.greens, False) < cost(robust.greens, False)


def test_a_movement_without_flow_has_its_least_green_and_no_more() -> None:
    plan = optimal_plan(two_phases(600, 0, 1800, 1800), TimingConfig(), HOURS, True)
    assert plan.greens[1] == TimingConfig().min_green


def test_a_movement_in_every_phase_is_never_stopped() -> None:
    one = junction_of((900, "1 2"), (300, "1"), (300, "2"))
    plan = optimal_plan(one, TimingConfig(), HOURS, True)
    assert plan.shown(one)[0] == plan.effective(one)[0] == plan.cycle
    assert plan.degree(one)[0] == pytest.approx(0.5)


def test_cycles_are_multiples_of_the_step() -> None:
    timing = TimingConfig(cycle_step=5, max_cycle=118)
    one = demand_set(3)
    assert set(allowed_cycles(one, timing) % 5) == {0}
    for method in ("optimised", "webster"):
        assert make_plan(one, timing, PlanConfig(method=method)).cycle % 5 == 0

"""The simulation is a queue as it should be: vehicle by vehicle, and in its means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solutions.traffic_video.signals.comparing import compare, compare_scenarios
from solutions.traffic_video.signals.config import Config, TimingConfig
from solutions.traffic_video.signals.delay import md1_wait, queue_95, uniform_delay, webster_delay
from solutions.traffic_video.signals.junction import Junction, Plan
from solutions.traffic_video.signals.optimiser import best_equal_plan, optimal_plan
from solutions.traffic_video.signals.sample import demand_set, junction_of, two_phases
from solutions.traffic_video.signals.simulation import Settings, departures, interval_of, simulate
from solutions.traffic_video.signals.webster import equal_plan

LONG = Settings(hours=8, warm_up=1, replications=16)


def one_by_one(
    come: list[float], start: float, green: float, cycle: float, headway: float
) -> list[float]:
    """The same queue, slowly: tenths of a second, the first in line leaves when it may."""
    left, owed, line, time = [], 0.0, list(come), 0.0
    step = 0.01
    while line:
        in_green = (time - start) % cycle < green - 1e-9 and time >= start - 1e-9
        if in_green and line[0] <= time + 1e-9 and owed <= 1e-9:
            left.append(time)
            line.pop(0)
            owed = headway
        if in_green:
            owed = max(owed - step, 0.0)
        time = round(time + step, 6)
    return left


@pytest.mark.parametrize("seed", range(3))
def test_every_vehicle_leaves_when_a_stepped_queue_lets_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    come = np.sort(np.round(rng.uniform(0, 300, 40), 2))
    expected = one_by_one(come.tolist(), 20, 25, 60, 2.0)
    found = departures(come[None], 20, 25, 60, 1800)[0]
    assert found == pytest.approx(expected, abs=0.05)
    assert (found >= come).all()
    assert (np.diff(found) > 0).all()


def test_even_arrivals_have_the_uniform_delay() -> None:
    times = (np.arange(60_000) + 0.5)[None] * 3600 / 60_000
    left = departures(times, 0, 30, 60, 180_000)
    assert float((left - times).mean()) == pytest.approx(float(uniform_delay(60, 30, 2 / 3)), 0.01)


def test_nobody_leaves_in_red_and_no_faster_than_saturation() -> None:
    rng = np.random.default_rng(4)
    come = np.sort(rng.uniform(0, 3600, (5, 900)), axis=1)
    left = departures(come, 10, 40, 90, 1800)
    assert (((left - 10) % 90) < 40 + 1e-6).all()
    rounds = ((left - 10) // 90).astype(int)
    per_green = max(np.bincount(row).max() for row in rounds)
    assert per_green <= 40 / 2 + 1


def fixed(flow: float, saturation: float, green: int, cycle: int) -> tuple[Junction, Plan]:
    """A movement with an effective green beside one without vehicles."""
    timing = TimingConfig(intergreen=4, lost=4)
    return two_phases(flow, 0, saturation, 1800), Plan(np.array([green, cycle - green - 8]), timing)


@pytest.mark.parametrize(
    ("cycle", "green", "saturation"), [(60, 30, 1800), (90, 60, 3600), (120, 24, 1650)]
)
@pytest.mark.parametrize("x", [0.3, 0.6, 0.8, 0.88])
def test_webster_within_a_tenth(cycle: int, green: int, saturation: float, x: float) -> None:
    flow = x * saturation * green / cycle
    one, plan = fixed(flow, saturation, green, cycle)
    found = simulate(one, plan, LONG).movement_means[0]
    assert found == pytest.approx(float(webster_delay(flow, saturation, green, cycle)), rel=0.1)


@pytest.mark.parametrize("x", [0.4, 0.7, 0.85])
def test_always_green_is_md1(x: float) -> None:
    one = junction_of((1800 * x, "1 2"), (0, "2"), (0, "1"))
    plan = equal_plan(one, TimingConfig(), 60)
    found = simulate(one, plan, replace(LONG, replications=30)).movement_means[0]
    assert found == pytest.approx(float(md1_wait(1800 * x, 1800)), rel=0.05)


def test_overload_grows_as_flow_less_capacity() -> None:
    """Half more than capacity from an empty start: a mean wait of T (x - 1) / 2, and the red."""
    one, plan = fixed(1350, 1800, 30, 60)
    found = simulate(one, plan, Settings(hours=1, warm_up=0, replications=30)).movement_means[0]
    assert found == pytest.approx(900 + 15, rel=0.05)


def test_the_manuals_queue_is_near_the_simulated_one() -> None:
    one, plan = fixed(630, 1800, 30, 60)
    found = simulate(one, plan, LONG).queue_95[0]
    assert found == pytest.approx(float(queue_95(630, 1800, 30, 60, 1.0)), rel=0.2)


def test_no_vehicles_no_delay() -> None:
    one, plan = fixed(500, 1800, 30, 60)
    found = simulate(one, plan)
    assert found.vehicles[:, 1].sum() == 0
    assert np.isnan(found.movement_means[1])
    assert np.isfinite(found.mean)


def test_plans_see_the_same_vehicles_and_a_pair_is_surer_than_two() -> None:
    one, timing = demand_set(2), TimingConfig()
    plan = optimal_plan(one, timing, 1.0, True)
    found = compare(one, equal_plan(one, timing, plan.cycle), plan)
    assert found.before.vehicles.tolist() == found.after.vehicles.tolist()
    again = compare(one, equal_plan(one, timing, plan.cycle), plan)
    assert found.saved == again.saved
    same = compare(one, plan, plan)
    assert same.saved == 0
    assert same.saved_interval == (0, 0)


def test_other_seeds_give_other_vehicles() -> None:
    one, plan = fixed(500, 1800, 30, 60)
    assert simulate(one, plan).mean != simulate(one, plan, Settings(seed=1)).mean


def test_students_quantiles() -> None:
    values = np.array([0.0, 1.0] * 15)
    low, high = interval_of(values)
    half = 2.0452 * values.std(ddof=1) / np.sqrt(30)  # t(0.975, 29)
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_less_delay_than_equal_greens_in_all_of_20_demand_sets(seed: int) -> None:
    one, config = demand_set(seed), Config()
    plan = optimal_plan(one, config.timing, config.plan.hours, config.plan.robust)
    settings = Settings(hours=1, warm_up=0.25, replications=12, seed=100)
    equal = equal_plan(one, config.timing, plan.cycle)
    for found in compare_scenarios(one, equal, plan, settings).values():
        assert found.saved > 0
    own = best_equal_plan(one, config.timing, config.plan.hours)
    assert compare(one, own, plan, settings).saved > 0

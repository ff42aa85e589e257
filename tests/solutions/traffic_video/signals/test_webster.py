"""Webster's cycle and splits equal worked examples; whole seconds keep what a signal must keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from solutions.traffic_video.signals.capacity import fits, needed_greens, reserve
from solutions.traffic_video.signals.config import Config, TimingConfig
from solutions.traffic_video.signals.junction import Junction, Plan
from solutions.traffic_video.signals.reading import read_junction
from solutions.traffic_video.signals.sample import demand_set, junction_of, two_phases
from solutions.traffic_video.signals.webster import (
    critical,
    equal_plan,
    least_cycle,
    optimal_cycle,
    phase_ratios,
    webster_plan,
    webster_splits,
    whole_greens,
)

ROW: dict[str, Any] = dict.fromkeys(
    ("flow_low", "flow_high", "saturation", "lanes", "crossing_m", "min_green_s", "movement")
)


@pytest.mark.parametrize(
    ("ratios", "lost", "expected"),
    [
        # Rogers, Highway Engineering, example 5.6.
        ((0.25, 0.25, 0.22), 12, 82),
        # GATE: 1000 of 2500 and 900 of 3000 veh/h.
        ((1000 / 2500, 900 / 3000), 12, 77),
        # GATE 2008: 500 and 300 of 1600 pcu/h.
        ((500 / 1600, 300 / 1600), 16, 58),
    ],
)
def test_published_cycles(ratios: tuple[float, ...], lost: float, expected: int) -> None:
    assert round(optimal_cycle(sum(ratios), lost)) == expected


def test_splits_of_rogers_example() -> None:
    """Stages with y = 0.25, 0.25, 0.22 share 82 - 12 = 70 s of effective green: 24, 24, 21."""
    three = junction_of((450, "1"), (450, "2"), (396, "3"))
    timing = TimingConfig(intergreen=4, lost=4)
    plan = webster_splits(three, timing, 82)
    assert plan.effective(three).sum() == 70
    assert plan.greens.tolist() == [24, 24, 22]
    assert webster_plan(three, timing).cycle == 83  # 82.1, up to the next second


def test_overlapping_movements_count_on_the_path_that_needs_most() -> None:
    # The through movement of phases 1 and 2 needs more than the left turn and its opposite.
    heavy = junction_of((900, "1 2"), (180, "1"), (360, "2"), (360, "3"))
    found = critical(heavy)
    assert found.total == pytest.approx(0.5 + 0.2)
    assert found.movements == (0, 3)
    light = junction_of((300, "1 2"), (180, "1"), (360, "2"), (360, "3"))
    assert critical(light).total == pytest.approx(0.1 + 0.2 + 0.2)


def test_a_movement_may_reach_from_the_last_phase_into_the_first() -> None:
    found = critical(junction_of((900, "3 1"), (90, "1"), (360, "2"), (90, "3")))
    assert found.total == pytest.approx(0.5 + 0.2)


@pytest.mark.parametrize("seed", range(8))
def test_phases_get_what_their_movements_need(seed: int) -> None:
    one = demand_set(seed)
    needed = phase_ratios(one)
    assert (one.serves @ needed >= one.ratios - 1e-12).all()
    assert needed.sum() == pytest.approx(critical(one).total)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("method", ["webster", "equal"])
def test_whole_seconds_fill_the_cycle_and_keep_least_greens(seed: int, method: str) -> None:
    one, timing = demand_set(seed), TimingConfig()
    plan = webster_plan(one, timing) if method == "webster" else equal_plan(one, timing, 117)
    assert plan.greens.dtype == np.int64
    assert plan.cycle == plan.greens.sum() + one.phases * timing.intergreen <= timing.max_cycle
    assert (plan.greens >= timing.min_green).all()
    assert (plan.shown(one) >= one.least).all()
    assert plan.starts[0] == 0
    assert (np.diff(plan.starts) > timing.intergreen).all()


def test_pedestrians_get_their_crossing_time() -> None:
    rows = [
        {**ROW, "record_id": "a", "flow": 600.0, "phases": "1"},
        {**ROW, "record_id": "b", "flow": 60.0, "phases": "2", "crossing_m": 18.0},
    ]
    found = read_junction(rows, Config())
    assert isinstance(found, Junction)
    plan = webster_plan(found, TimingConfig())
    assert plan.greens[1] == 7 + 17  # 18 m at 1.07 m/s
    # The cycle is longer than Webster's, so that the first movement still has room.
    assert plan.degree(found)[0] <= 0.9


def test_greens_stay_in_proportion_where_least_ones_do_not_bind() -> None:
    wide = whole_greens(two_phases(1, 1, 1, 1), TimingConfig(min_green=1), 110, np.array([3, 1]))
    assert wide.tolist() == [75, 25]


def test_remainders_are_given_by_size_and_the_sum_is_exact() -> None:
    three = junction_of((100, "1"), (100, "2"), (100, "3"))
    found = whole_greens(three, TimingConfig(min_green=1), 15 + 100, np.ones(3))
    assert found.tolist() == [34, 33, 33]


def test_reserve_is_the_growth_that_just_fits() -> None:
    one, timing = demand_set(4), TimingConfig()
    spare = reserve(one, timing)
    assert fits(one, timing, timing.max_cycle, 0.9, 1 + spare - 1e-6)
    assert not fits(one, timing, timing.max_cycle, 0.9, 1 + spare + 1e-6)
    assert reserve(one.at(one.flow * 3), timing) < 0


def test_needed_greens_serve_every_movement() -> None:
    for seed in range(8):
        one, timing = demand_set(seed), TimingConfig()
        greens = needed_greens(one, timing, 120, 0.9)
        shown = greens @ one.serves.T + (one.serves.sum(axis=1) - 1) * timing.intergreen
        capacity = one.saturation * (shown + timing.intergreen - timing.lost) / 120
        assert (one.flow / capacity <= 0.9 + 1e-9).all()
        assert (shown >= one.least - 1e-9).all()


def test_least_cycle_is_a_cycle() -> None:
    one, timing = demand_set(6), TimingConfig()
    assert equal_plan(one, timing, least_cycle(one, timing)).cycle == least_cycle(one, timing)


def test_effective_green_is_the_shown_one_and_what_is_used_of_the_intergreen() -> None:
    """Amber is driven through, starting up is lost: with 5 s between and 4 s lost, 1 s is gained;
    a movement of two phases keeps its green between them, one of all phases is never stopped.
    """
    one = junction_of((300, "1"), (300, "2"), (300, "3"), (500, "1 2"), (100, "1 2 3"))
    plan = Plan(np.array([20, 10, 30]), TimingConfig(intergreen=5, lost=4))
    assert plan.cycle == 75
    assert plan.shown(one).tolist() == [20, 10, 30, 20 + 5 + 10, 75]
    assert plan.effective(one).tolist() == [21, 11, 31, 36, 75]
    assert plan.starts.tolist() == [0, 25, 40]
    assert plan.movement_starts(one).tolist() == [0, 25, 40, 0, 0]
    assert plan.capacity(one)[0] == pytest.approx(1800 * 21 / 75)

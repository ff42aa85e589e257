"""Delays, queues and levels of service equal published worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.traffic_video.signals.config import TimingConfig
from solutions.traffic_video.signals.delay import (
    LEVELS,
    control_delay,
    incremental_delay,
    level_of_service,
    md1_wait,
    queue_95,
    saturation_degree,
    uniform_delay,
    webster_delay,
)


def test_uniform_delay_of_the_gate_examination() -> None:
    """20 and 50 veh/min, 30 s red, 30 s green: 12.5 s (GATE civil engineering, published key)."""
    x = saturation_degree(20 * 60, 50 * 60 * 0.5)
    assert float(uniform_delay(60, 30, x)) == pytest.approx(12.5)


def test_total_delay_of_a_cycle_by_mannering_and_washburn() -> None:
    """s = 1000 veh/h, red 30 s, 83.33 veh s a cycle, arrivals all served: v = 400, C = 50 s."""
    cycle, green, flow = 50.0, 20.0, 400.0
    mean = float(uniform_delay(cycle, green, 1.0))
    assert mean * flow * cycle / 3600 == pytest.approx(83.33, abs=0.01)


def test_uniform_delay_beyond_saturation_of_the_nptel_notes() -> None:
    """C = 102 s, g/C = 0.55, v = 1700, s = 2650: d1 = 22.95 s (NPTEL lecture notes, 572)."""
    x = saturation_degree(1700, 2650 * 0.55)
    assert float(x) == pytest.approx(1.16, abs=0.01)
    assert float(uniform_delay(102, 0.55 * 102, x)) == pytest.approx(22.95, abs=0.005)


def test_control_delay_of_a_lane_group_in_the_book_of_roess() -> None:
    """v = 800, c = 775, g/C = 0.4, C = 90 s, T = 0.25 h (Roess, Prassas, McShane, 4th edition):
    27.0 s and 40.9 s by the manual's equations 16-11 and 16-12.
    """
    saturation = 775 / 0.4
    assert float(uniform_delay(90, 36, 800 / 775)) == pytest.approx(27.0)
    assert float(incremental_delay(800 / 775, 775, 0.25)) == pytest.approx(40.9, abs=0.05)
    assert float(control_delay(800, saturation, 36, 90, 0.25)) == pytest.approx(67.9, abs=0.05)


def test_overflow_grows_to_half_the_excess_time() -> None:
    """Far above capacity the queue grows evenly: its mean delay is T (x - 1) / 2."""
    found = float(incremental_delay(1.5, 1e6, 1.0))
    assert found == pytest.approx(3600 * 0.5 / 2, rel=1e-3)


def test_webster_is_the_sum_of_its_terms() -> None:
    c, share, q, x = 60.0, 0.5, 600 / 3600, 2 / 3
    expected = (
        c * (1 - share) ** 2 / (2 * (1 - share * x))
        + x**2 / (2 * q * (1 - x))
        - 0.65 * (c / q**2) ** (1 / 3) * x ** (2 + 5 * share)
    )
    assert float(webster_delay(600, 1800, 30, 60)) == pytest.approx(expected)


@pytest.mark.parametrize("flow", [0.0, 1.0, 300.0, 899.0])
def test_delays_are_finite_and_not_negative_below_saturation(flow: float) -> None:
    for found in (
        webster_delay(flow, 1800, 30, 60),
        control_delay(flow, 1800, 30, 60, 1.0),
        queue_95(flow, 1800, 30, 60, 1.0),
        md1_wait(flow, 900),
    ):
        assert np.isfinite(found)
        assert found >= 0


def test_beyond_saturation_the_formulas_of_a_lasting_flow_say_nothing() -> None:
    assert np.isnan(webster_delay([900, 2000], 1800, 30, 60)).all()
    assert np.isnan(md1_wait([900, 1800], 900)).all()
    assert np.isfinite(control_delay([900, 2000], 1800, 30, 60, 1.0)).all()


def test_always_green_without_chance_there_is_no_uniform_delay() -> None:
    assert float(uniform_delay(60, 60, 0.5)) == 0.0


def test_delay_grows_with_flow_and_falls_with_green() -> None:
    flows = np.linspace(0, 2500, 200)
    by_flow = control_delay(flows, 1800, 30, 60, 0.25)
    assert (np.diff(by_flow) > 0).all()
    assert (np.diff(queue_95(flows, 1800, 30, 60, 0.25)) > 0).all()
    by_green = control_delay(700, 1800, np.arange(5, 60), 60, 0.25)
    assert (np.diff(by_green) < 0).all()


def test_the_manuals_bands() -> None:
    ends = {10: "A", 20: "B", 35: "C", 55: "D", 80: "E", 80.1: "F"}
    found = level_of_service(list(ends), np.full(len(ends), 0.9))
    assert [LEVELS[at] for at in found] == list(ends.values())
    assert LEVELS[int(level_of_service(5.0, 1.01))] == "F"


def test_the_mutcds_crossing_of_130_feet() -> None:
    """7 s of walk and 38 s of clearance at 3.5 ft/s (MUTCD 2009, 4E.06, as discussed there)."""
    assert TimingConfig().crossing_green(130 * 0.3048) == 7 + 38

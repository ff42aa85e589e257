"""Charts against published worked examples, each named by its source."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.quality.charts import (
    Limits,
    Subgroup,
    estimate,
    place,
    place_spread,
    without_signals,
)
from solutions.defect_detection.quality.factors import c4, d2, d3, deviation_limits, range_limits
from solutions.defect_detection.quality.reading import subgroup_of

# NIST/SEMATECH e-Handbook 6.3.3.2: defective chips among 50 on each of 30 wafers.
WAFERS = [
    *(12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22),
    *(8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6),
]
# NIST/SEMATECH e-Handbook 6.3.3.1: defects on 25 wafers.
WAFER_DEFECTS = [
    *(16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14),
    *(16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13),
]
# NIST/SEMATECH e-Handbook 6.3.2.2: flowrate of ten batches.
FLOWRATE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
# Montgomery, 7th edition, table 7.4: purchase orders with errors.
ORDERS = [
    *(100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120),
    *(120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90),
]
ORDER_ERRORS = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
# Montgomery, table 7.10: nonconformities in rolls of dyed cloth, square metres.
CLOTH = [500, 400, 650, 500, 475, 500, 600, 525, 600, 625]
CLOTH_FAULTS = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
# Montgomery, table 6.3: inside diameters of piston rings, mm, 25 samples of five.
RINGS_TEXT = """
    74.030 74.002 74.019 73.992 74.008  73.995 73.992 74.001 74.011 74.004
    73.988 74.024 74.021 74.005 74.002  74.002 73.996 73.993 74.015 74.009
    73.992 74.007 74.015 73.989 74.014  74.009 73.994 73.997 73.985 73.993
    73.995 74.006 73.994 74.000 74.005  73.985 74.003 73.993 74.015 73.988
    74.008 73.995 74.009 74.005 74.004  73.998 74.000 73.990 74.007 73.995
    73.994 73.998 73.994 73.995 73.990  74.004 74.000 74.007 74.000 73.996
    73.983 74.002 73.998 73.997 74.012  74.006 73.967 73.994 74.000 73.984
    74.012 74.014 73.998 73.999 74.007  74.000 73.984 74.005 73.998 73.996
    73.994 74.012 73.986 74.005 74.007  74.006 74.010 74.018 74.003 74.000
    73.984 74.002 74.003 74.005 73.997  74.000 74.010 74.013 74.020 74.003
    73.982 74.001 74.015 74.005 73.996  74.004 73.999 73.990 74.006 74.009
    74.010 73.989 73.990 74.009 74.014  74.015 74.008 73.993 74.000 74.010
    73.982 73.984 73.995 74.017 74.013
"""
RINGS = np.array(RINGS_TEXT.split(), float).reshape(25, 5)


def test_p_chart_of_nist() -> None:
    limits = estimate("p", [Subgroup(50, d) for d in WAFERS])
    points = [place("p", limits, Subgroup(50, d)) for d in WAFERS]
    assert limits.centre == pytest.approx(0.2313, abs=1e-4)
    assert points[0].upper == pytest.approx(0.4102, abs=1e-4)
    assert points[0].lower == pytest.approx(0.0524, abs=1e-4)
    assert [at + 1 for at, point in enumerate(points) if point.is_beyond] == [15, 23]


def test_np_is_the_p_chart_in_parts() -> None:
    limits = estimate("np", [Subgroup(50, d) for d in WAFERS])
    point, share = place("np", limits, Subgroup(50, 22)), place("p", limits, Subgroup(50, 22))
    assert point.upper == pytest.approx(50 * share.upper)
    assert point.z == pytest.approx(share.z)


def test_c_chart_of_nist() -> None:
    limits = estimate("c", [Subgroup(1, d) for d in WAFER_DEFECTS])
    point = place("c", limits, Subgroup(1, 31))
    assert (limits.centre, point.lower, point.upper) == (16, 4, 28)
    # 28 lies on the limit, not beyond it.
    assert point.is_beyond
    assert not place("c", limits, Subgroup(1, 28)).is_beyond


def test_individuals_chart_of_nist() -> None:
    moving = [np.nan, *np.abs(np.diff(FLOWRATE))]
    limits = estimate("i_mr", map(Subgroup, [1] * 10, FLOWRATE, moving))
    point = place("i_mr", limits, Subgroup(1, 49.6))
    assert limits.centre == pytest.approx(50.81)
    assert point.lower == pytest.approx(45.8159, abs=2e-3)
    assert point.upper == pytest.approx(55.8041, abs=2e-3)
    spread = place_spread("i_mr", limits, Subgroup(1, 51.3, 1.4))
    assert spread is not None
    assert spread.centre == pytest.approx(1.8778, abs=1e-4)


def test_p_chart_with_sizes_that_vary_of_montgomery() -> None:
    subgroups = [Subgroup(n, d) for n, d in zip(ORDERS, ORDER_ERRORS, strict=True)]
    limits = estimate("p", subgroups)
    points = [place("p", limits, one) for one in subgroups]
    assert limits.centre == pytest.approx(0.096, abs=5e-4)
    assert [at + 1 for at, point in enumerate(points) if point.is_beyond] == [11]
    # Table 7.4: the limits of samples 1 and 2.
    assert (points[0].lower, points[0].upper) == pytest.approx((0.007, 0.184), abs=1e-3)
    assert (points[1].lower, points[1].upper) == pytest.approx((0.0, 0.194), abs=1e-3)


def test_u_chart_with_sizes_that_vary_of_montgomery() -> None:
    limits = estimate("u", [Subgroup(n, d) for n, d in zip(CLOTH, CLOTH_FAULTS, strict=True)])
    # The book counts by units of 50 square metres.
    assert 50 * limits.centre == pytest.approx(1.42, abs=5e-3)
    for area, lower, upper in ((500, 0.29, 2.55), (400, 0.16, 2.68), (650, 0.43, 2.41)):
        point = place("u", limits, Subgroup(area, 0))
        assert 50 * point.lower == pytest.approx(lower, abs=1e-2)
        assert 50 * point.upper == pytest.approx(upper, abs=1e-2)


@pytest.mark.parametrize(
    ("kind", "centre", "upper"),
    # Montgomery, example 6.3: mean s and B4 times it. R of the same rings: mean, and D4 times it.
    [("xbar_s", 0.0094, 0.0196), ("xbar_r", 0.0232, 2.114 * 0.0232)],
)
def test_piston_rings_of_montgomery(kind: str, centre: float, upper: float) -> None:
    limits = estimate(kind, [subgroup_of(row, kind) for row in RINGS])
    point, spread = (f(kind, limits, subgroup_of(RINGS[0], kind)) for f in (place, place_spread))
    assert limits.centre == pytest.approx(74.00118, abs=1e-5)
    # The book rounds s before it multiplies: 74.014 and 73.988.
    assert (point.lower, point.upper) == pytest.approx((73.988, 74.014), abs=7e-4)
    assert spread.centre == pytest.approx(centre, abs=5e-5)
    assert spread.upper == pytest.approx(upper, abs=1.5e-4)
    assert not point.is_beyond
    assert not spread.is_beyond


@pytest.mark.parametrize(
    ("n", "d2_", "d3_", "c4_", "a2", "big_d3", "big_d4", "b3", "b4"),
    # Montgomery, appendix VI.
    [
        (2, 1.128, 0.853, 0.7979, 1.880, 0, 3.267, 0, 3.267),
        (5, 2.326, 0.864, 0.9400, 0.577, 0, 2.114, 0, 2.089),
        (7, 2.704, 0.833, 0.9594, 0.419, 0.076, 1.924, 0.118, 1.882),
        (10, 3.078, 0.797, 0.9727, 0.308, 0.223, 1.777, 0.284, 1.716),
        (25, 3.931, 0.708, 0.9896, 0.153, 0.459, 1.541, 0.565, 1.435),
    ],
)
def test_factors_are_those_of_the_tables(
    n: int,
    d2_: float,
    d3_: float,
    c4_: float,
    a2: float,
    big_d3: float,
    big_d4: float,
    b3: float,
    b4: float,
) -> None:
    assert (d2(n), d3(n)) == pytest.approx((d2_, d3_), abs=6e-4)
    assert c4(n) == pytest.approx(c4_, abs=6e-5)
    assert 3 / (d2(n) * n**0.5) == pytest.approx(a2, abs=6e-4)
    _, *ranges = range_limits(n, 1.0)
    assert np.array(ranges) / d2(n) == pytest.approx([big_d3, big_d4], abs=1.5e-3)
    _, *deviations = deviation_limits(n, 1.0)
    assert np.array(deviations) / c4(n) == pytest.approx([b3, b4], abs=6e-4)


def test_factors_hold_where_tables_end() -> None:
    draws = np.random.default_rng(0).normal(size=(20_000, 40))
    ranges = np.ptp(draws, axis=1)
    assert d2(40) == pytest.approx(ranges.mean(), rel=5e-3)
    assert d3(40) == pytest.approx(ranges.std(), rel=2e-2)


def test_signals_of_the_baseline_are_left_out_once() -> None:
    quiet = [Subgroup(100, 5)] * 20
    assert without_signals("p", [*quiet, Subgroup(100, 40)]) == quiet


def test_a_chart_of_counts_has_no_chart_of_spread() -> None:
    assert place_spread("p", Limits(0.1), Subgroup(50, 3)) is None

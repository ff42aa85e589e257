"""Run rules: each on the pattern that it names, and on the nearest one that it must let pass."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.quality.rules import (
    RULES,
    WESTERN_ELECTRIC,
    points_of,
    violated,
)


def is_broken(rule: str, points: list[float]) -> bool:
    """Whether the last point breaks a rule, all of them being asked for."""
    return bool(violated(np.array(points), RULES) >> RULES.index(rule) & 1)


@pytest.mark.parametrize(
    ("rule", "breaks", "passes"),
    [
        ("beyond_limit", [3.01], [3.0]),
        ("two_of_three", [2.1, 0, 2.1], [2.1, 0, 0, 2.1]),
        ("two_of_three", [-2.1, -2.1], [2.1, 0, -2.1]),
        ("four_of_five", [1.1, 1.1, 0, 1.1, 1.1], [1.1, 1.1, 0, 0, 1.1, 1.1]),
        ("four_of_five", [-1.1] * 4, [1.1, -1.1, 1.1, 1.1, -1.1]),
        ("eight_one_side", [0.1] * 8, [0.1] * 7 + [-0.1]),
        ("eight_one_side", [-0.1] * 8, [0.1] * 4 + [0.0] + [0.1] * 3),
        ("six_trend", [-1, -0.5, 0, 0.5, 1, 1.5], [-1, -0.5, 0, 0, 1, 1.5]),
        ("fifteen_near", [0.9, -0.9] * 7 + [0.9], [0.9, -0.9] * 7 + [1.1]),
        ("fourteen_alternating", [0.5, -0.5] * 7, [0.5, -0.5] * 6 + [0.5, 0.5]),
        ("eight_far", [1.1, -1.1] * 4, [1.1, -1.1] * 3 + [0.9, -1.1]),
        ("eight_far", [1.1, -1.1] * 4, [1.1] * 8),
    ],
)
def test_each_rule(rule: str, breaks: list[float], passes: list[float]) -> None:
    # Padded where a rule looks further back than the pattern.
    quiet = [0.01, -0.02, 0.03, 0.01]
    assert is_broken(rule, breaks if len(breaks) >= 8 else [*quiet, *breaks])
    assert not is_broken(rule, [*quiet[:2], *passes])


def test_a_rule_is_named_at_the_point_that_completes_it() -> None:
    broken = [is_broken("eight_one_side", [0.1] * count) for count in range(1, 10)]
    assert broken == [False] * 7 + [True] * 2
    assert list(points_of("eight_one_side", 7)) == list(range(8))


def test_a_point_back_inside_raises_no_new_alarm() -> None:
    z = np.array([0.0, 2.5, 2.5, 0.1])
    assert violated(z[:3], ["two_of_three"])
    assert not violated(z, ["two_of_three"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "length"), [(("beyond_limit",), 370.4), (WESTERN_ELECTRIC, 91.75)]
)
def test_run_length_in_control(rules: tuple[str, ...], length: float) -> None:
    """Champ and Woodall, Technometrics 29 (1987), table 1: mean points until a false signal."""
    draw = np.random.default_rng(0)
    runs = []
    for _ in range(600):
        z: list[float] = []
        while not (z and violated(np.array(z[-15:]), rules)):
            z.append(float(draw.normal()))
        runs.append(len(z))
    error = np.std(runs) / len(runs) ** 0.5
    assert np.mean(runs) == pytest.approx(length, abs=3 * error)

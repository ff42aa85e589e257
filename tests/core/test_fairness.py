"""Rates by group of people: right by hand, sober about small groups, told what is missing."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError, MissingDependency
from lepton_core.evaluation.fairness import ALL, RATES, SCHEMA, by_group, gaps, wilson

TRUTH = np.array([1, 1, 1, 0, 0, 0, 0, 1, 0, 0])
CALLED = np.array([1, 1, 0, 1, 0, 0, 0, 1, 1, 0], bool)
GROUP = np.array(["f"] * 7 + ["m"] * 3)


def row(table: pa.Table, group: str) -> dict[str, Any]:
    return next(one for one in table.to_pylist() if one["group"] == group)


def test_rates_are_those_counted_by_hand() -> None:
    table = by_group({"sex": GROUP}, TRUTH, CALLED)
    assert table.schema == SCHEMA
    women, men, everyone = (row(table, group) for group in ("f", "m", ALL))
    assert (women["n"], women["positives"]) == (7, 3)
    assert women["selection_rate"] == pytest.approx(3 / 7)
    assert women["true_positive_rate"] == pytest.approx(2 / 3)
    assert women["false_positive_rate"] == pytest.approx(1 / 4)
    assert men["false_positive_rate"] == pytest.approx(1 / 2)
    assert everyone["selection_rate"] == pytest.approx(5 / 10)
    assert everyone["n"] == women["n"] + men["n"]


def test_every_interval_holds_its_rate_and_is_wider_for_fewer() -> None:
    table = by_group({"sex": GROUP}, TRUTH, CALLED)
    for one in table.to_pylist():
        for rate in RATES:
            assert one[f"{rate}_low"] <= one[rate] <= one[f"{rate}_high"]
    women, men = row(table, "f"), row(table, "m")
    width = [one["selection_rate_high"] - one["selection_rate_low"] for one in (women, men)]
    assert width[0] < width[1]


def test_a_rate_of_nobody_is_empty() -> None:
    men = row(by_group({"sex": ["f", "f", "m"]}, [1, 0, 0], [True, False, False]), "m")
    assert men["true_positive_rate"] is None
    assert men["true_positive_rate_low"] is None
    assert men["false_positive_rate"] == 0.0


def test_what_is_not_known_counts_for_the_selection_only() -> None:
    table = by_group({"sex": ["f"] * 4}, [1, 0, -1, -1], [True, False, True, True])
    women = row(table, "f")
    assert women["selection_rate"] == pytest.approx(3 / 4)
    assert (women["n"], women["positives"]) == (4, 1)
    assert (women["true_positive_rate"], women["false_positive_rate"]) == (1.0, 0.0)
    unknown = row(by_group({"sex": ["f"] * 4}, [-1] * 4, [True] * 4), "f")
    assert unknown["selection_rate"] == 1.0
    assert unknown["true_positive_rate"] is None


def test_gaps_leave_small_groups_out() -> None:
    sizes = {"a": 200, "b": 200, "c": 3}
    group = np.repeat(list(sizes), list(sizes.values()))
    called = np.concatenate([np.arange(200) < 50, np.arange(200) < 80, [True] * 3])
    table = by_group({"g": group}, np.zeros(403, int), called)
    assert gaps(table)["g"]["selection_rate"] == pytest.approx(0.15)
    assert gaps(table, least=1)["g"]["selection_rate"] == pytest.approx(0.75)
    assert "true_positive_rate" not in gaps(table)["g"]


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10)[1] == 1.0


def test_no_records_are_told() -> None:
    with pytest.raises(DataError):
        by_group({"sex": []}, [], [])


def test_without_fairlearn_the_install_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fairlearn", None)
    with pytest.raises(MissingDependency, match="train"):
        by_group({"sex": GROUP}, TRUTH, CALLED)

"""Escape against overkill with money, limits in a table, and what is kept of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_parts import detect, outlier, outputs, parts

from lepton_core.decision.escapes import Costs
from lepton_core.decision.limits import Limit
from solutions.defect_detection.dashboard_parts import Inspector
from solutions.defect_detection.dashboard_threshold_ladder import Ladder, ladder, shifted
from solutions.defect_detection.dashboard_threshold_limits import limits_frame, limits_of
from solutions.defect_detection.dashboard_threshold_save import is_name

NAMES = {"scratch": "Scratch", "spot": "Spot", "*": "Others"}


def given(decision: Inspector) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Outputs and truth of made parts."""
    made = parts(decision, 60)
    return {"score": made.scored.score, **made.scored.raw, "mm_per_px": made.scale}, made.known


@pytest.mark.parametrize("decision", [detect(), outlier()], ids=["detect", "outlier"])
def test_each_step_counts_what_its_decision_says(decision: Inspector) -> None:
    some, known = given(decision)
    found = ladder(decision, some, known)
    assert found.decisions[found.now] == decision
    for at in (0, found.now, len(found.decisions) - 1):
        verdict = np.array(found.decisions[at].apply(some)["verdict"].to_pylist())
        assert found.escapes[at] == ((known == 1) & (verdict == "pass")).sum()
        assert found.overkill[at] == ((known == 0) & (verdict == "fail")).sum()
        assert found.looks[at].sum() == (verdict == "unsure").sum()


@pytest.mark.parametrize("decision", [detect(), outlier()], ids=["detect", "outlier"])
def test_a_more_lenient_step_lets_more_pass_and_fails_less(decision: Inspector) -> None:
    some, known = given(decision)
    found = ladder(decision, some, known)
    assert (np.diff(found.place) >= 0).all()
    assert (np.diff(found.overkill) <= 0).all()
    assert (np.diff(found.escapes) >= 0).all()


def test_money_counts_defective_parts_as_often_as_they_are_on_the_line() -> None:
    some, known = given(detect())
    found = ladder(detect(), some, known)
    last = len(found.decisions) - 1
    share = found.escapes[last] / found.defective
    assert share > 0
    cost = found.cost(Costs(escape=100.0, overkill=0.0, defect_rate=0.02))
    assert cost[last] == pytest.approx(1000 * 0.02 * 100.0 * share)
    twice = found.cost(Costs(escape=100.0, overkill=0.0, defect_rate=0.04))
    np.testing.assert_allclose(twice, 2 * cost)


def made_ladder() -> Ladder:
    """Three steps: the strict one fails 4 of 10 good parts, the lenient one misses 5 of 10."""
    return Ladder(
        [detect(), shifted(detect(), 0.1), shifted(detect(), 0.2)],
        np.array([0.3, 0.5, 0.7]),
        1,
        escapes=np.array([0, 1, 5]),
        overkill=np.array([4, 2, 0]),
        looks=np.array([[0, 0], [2, 2], [0, 0]]),
        good=10,
        defective=10,
    )


@pytest.mark.parametrize(
    ("costs", "look", "step"),
    [
        (Costs(escape=1000.0, overkill=1.0, defect_rate=0.1), 0.0, 0),
        (Costs(escape=1.0, overkill=100.0, defect_rate=0.1), 0.0, 2),
        (Costs(escape=10.0, overkill=4.0, defect_rate=0.2), 0.0, 1),
        # The same, but where a person looks every look costs.
        (Costs(escape=10.0, overkill=4.0, defect_rate=0.2), 2.0, 2),
        (Costs(escape=0.0, overkill=0.0, defect_rate=0.1), 0.0, 1),
    ],
)
def test_the_cheapest_step_follows_the_money(costs: Costs, look: float, step: int) -> None:
    found = made_ladder()
    assert found.cheapest(costs, look) == step


def test_a_shift_moves_every_threshold_and_none_by_nought() -> None:
    start = detect()
    assert shifted(start, 0.0) is start
    moved = shifted(start, 1.0)
    assert all(a > b for a, b in zip(moved.thresholds, start.thresholds, strict=True))
    assert moved.part.threshold > start.part.threshold
    assert moved.part.band[0] > start.part.band[0]
    back = shifted(moved, -1.0)
    assert back.part.threshold == pytest.approx(start.part.threshold)


def test_a_table_that_nobody_edits_is_the_decision_itself() -> None:
    limits = (Limit("scratch", max_count=2, max_length_mm=3.0), Limit("*", max_area_px2=50.0))
    start = detect(limits)
    assert limits_of(limits_frame(start, NAMES), start) == start


def test_an_edited_table_changes_what_is_tolerated() -> None:
    start = detect()
    frame = limits_frame(start, NAMES)
    frame.loc[frame["class"] == "spot", "max_count"] = 1
    changed = limits_of(frame, start)
    made = parts(changed)
    spots = np.array([label == "spot" for label in made.known_label])
    sure = spots & (parts(start).verdict == "fail")
    assert sure.any()
    assert (made.verdict[sure] == "pass").all()
    scratches = np.array([label == "scratch" for label in made.known_label])
    assert (made.verdict[scratches] == parts(start).verdict[scratches]).all()


@pytest.mark.parametrize(("column", "value"), [("max_count", -1.0), ("threshold", 120.0)])
def test_a_number_that_cannot_be_is_refused(column: str, value: float) -> None:
    start = detect()
    frame: pd.DataFrame = limits_frame(start, NAMES)
    frame.loc[0, column] = value
    with pytest.raises(ValueError, match="Received"):
        limits_of(frame, start)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", ".hidden", "a:b", "a\0b"])
def test_a_path_is_no_name_of_a_bundle(name: str) -> None:
    assert not is_name(name)


def test_made_outputs_are_of_one_length() -> None:
    assert {len(values) for values in outputs(7).values()} == {7}

"""Remaining life: an interval in halves of itself, told up to a cap, with alarm and doubts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_core.decision import Remaining, from_json
from lepton_core.errors import DataError


def _scores(truth: np.ndarray, half: np.ndarray) -> np.ndarray:
    return np.stack([truth - half, truth, truth + half], axis=1)


def test_the_margin_covers_and_is_narrow_where_the_model_is_sure():
    rng = np.random.default_rng(0)
    spread = np.where(rng.random(4000) < 0.5, 2.0, 30.0)
    value = rng.uniform(40, 400, 4000)
    truth = value + rng.normal(size=4000) * spread
    scores = _scores(value, spread)  # an interval of one deviation: it covers 68% by itself
    decision = Remaining().with_coverage(0.9, scores[:2000], truth[:2000])
    found = decision.apply({"score": scores[2000:]})
    inside = (found["low"] <= truth[2000:]) & (truth[2000:] <= found["high"])
    sure = spread[2000:] == 2.0
    for some in (sure, ~sure):
        assert 0.85 < inside[some].mean() < 0.97
    width = found["high"] - found["low"]
    assert width[sure].mean() < 0.2 * width[~sure].mean()


@pytest.mark.parametrize("margin", [-0.8, 0.0, 3.0])
def test_ends_stay_around_the_value_within_zero_and_the_cap(margin):
    decision = Remaining(cap=125.0, low_limit=0.0, margin=margin)
    found = decision.apply({"score": _scores(np.array([1.0, 60.0, 140.0]), np.full(3, 8.0))})
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()
    assert found["low"].min() >= 0
    assert found["high"].max() <= 125
    assert found["value"][2] == 125


def test_the_alarm_is_changed_without_scoring_again():
    scores = {"score": _scores(np.array([15.0, 25.0, 60.0]), np.full(3, 10.0))}
    decision = Remaining(alarm_cycles=20, alarm_by="value")
    assert decision.apply(scores)["alarm"].tolist() == [True, False, False]
    assert decision.with_alarm(20, "low").apply(scores)["alarm"].tolist() == [True, True, False]
    assert decision.with_alarm(70).apply(scores)["alarm"].all()


def test_doubts_are_told_by_name_and_ask_for_a_look():
    notes = np.array([[0, 0, 0, 0], [3, 0, 0, 0], [0, 12, 1, 3], [0, 0, 2, 2]], np.float32)
    decision = Remaining(sensors=("heat", "oil"))
    found = decision.apply({"score": _scores(np.full(4, 50.0), np.full(4, 5.0)), "notes": notes})
    assert found["review"].tolist() == [False, True, True, True]
    assert found["reason"].to_pylist() == [
        "",
        "short_history (3)",
        "gap (12); missing: heat; outside: oil",
        "stuck: heat, oil",
    ]


def test_it_survives_json_as_what_it_is():
    decision = Remaining(cap=125.0, sensors=("heat",), alarm_by="low", fitted_on={"n": 9})
    again = from_json(json.loads(json.dumps(decision.to_json())))
    assert again == decision
    assert isinstance(again, Remaining)


@pytest.mark.parametrize("wrong", [{"alarm_by": "high"}, {"alarm_cycles": 0}, {"cap": -1.0}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Remaining(**wrong)


def test_nine_in_ten_cannot_be_promised_from_eight_units():
    truth = np.arange(8.0)
    with pytest.raises(DataError, match="90"):
        Remaining().with_coverage(0.9, _scores(truth, np.ones(8)), truth)

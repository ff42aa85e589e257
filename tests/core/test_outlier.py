"""Decisions learned from good parts alone: rates that hold, words where they cannot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lepton_core.decision import Outlier, from_json
from lepton_core.decision.escapes import Costs, cheapest_threshold, escape_curve
from lepton_core.decision.good_parts import GoodParts, parts_for
from lepton_core.errors import DataError, UsageError
from lepton_core.messages import t


def test_new_good_parts_fail_as_rarely_as_stated() -> None:
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(400):
        decision = Outlier.fit(rng.normal(size=60), false_reject=0.1)
        rates.append(np.mean(rng.normal(size=200) >= decision.threshold))
    # On average over trainings: at most the stated rate, and less by no more than 1 / (n + 1).
    assert 0.1 - 1 / 61 - 0.008 < np.mean(rates) < 0.1 + 0.008


def test_pictures_of_one_part_do_not_count_as_so_many_parts() -> None:
    rng = np.random.default_rng(1)

    def parts(n: int) -> tuple[np.ndarray, np.ndarray]:
        # Six exposures of a part are nearly alike.
        level = np.repeat(rng.normal(size=n), 6)
        return level + rng.normal(0, 0.1, len(level)), np.repeat(np.arange(n), 6)

    by_group, by_picture = [], []
    for _ in range(300):
        scores, groups = parts(25)
        new, _ = parts(100)
        by_group.append(np.mean(new >= Outlier.fit(scores, groups=groups).threshold))
        by_picture.append(np.mean(new >= Outlier.fit(scores).threshold))
    assert np.mean(by_group) <= 0.05
    assert np.mean(by_picture) > 0.055


def test_a_part_with_many_pictures_weighs_as_much_as_one_with_a_single_picture() -> None:
    many = GoodParts.of(np.array([1.0, 2, 3, 3, 3, 3]), ["a", "b", "c", "c", "c", "c"])
    one = GoodParts.of(np.array([1.0, 2, 3]))
    assert many.p_values(np.array([2.5])) == pytest.approx(one.p_values(np.array([2.5])))
    assert many.groups == 3


@pytest.mark.parametrize(("rate", "expected"), [(0.05, 19), (0.01, 99), (0.1, 9), (0.5, 1)])
def test_how_many_good_parts_a_rate_takes(rate: float, expected: int) -> None:
    assert parts_for(rate) == expected
    assert not Outlier.fit(np.arange(float(expected)), false_reject=rate).falls_short
    if expected > 1:
        assert Outlier.fit(np.arange(expected - 1.0), false_reject=rate).falls_short


def test_ten_good_parts_cannot_promise_one_percent_and_it_is_said() -> None:
    decision = Outlier.fit(np.arange(10.0), false_reject=0.01)
    assert decision.falls_short
    assert decision.false_reject == pytest.approx(1 / 11)
    assert decision.threshold == pytest.approx(9.0)
    for language in ("en", "zh"):
        told = t("decision.few_good_parts", language=language, **decision.shortfall)
        assert "99" in told
        assert "9.09%" in told


def test_a_rate_asked_again_is_met_once_it_can_be() -> None:
    few = Outlier.fit(np.arange(10.0), false_reject=0.01).with_false_reject(0.2)
    assert not few.falls_short
    assert few.false_reject == 0.2


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25, 1 / 3, 0.5])
def test_threshold_and_p_value_say_the_same(rate: float) -> None:
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 30, 80).astype(np.float32)
    decision = Outlier.fit(scores, groups=rng.integers(0, 40, 80), false_reject=rate)
    tried = np.unique(np.concatenate([scores, scores + 0.5]))
    p = decision.apply({"score": tried})["p_value"]
    failed = np.array(decision.apply({"score": tried})["label"].to_pylist()) == "defect"
    assert (failed == (np.round(p, 6) <= np.float32(rate))).all()


def test_more_sensitive_never_passes_what_failed() -> None:
    decision = Outlier.fit(np.random.default_rng(3).normal(size=200))
    rates = [0.005, 0.01, 0.05, 0.1, 0.3]
    thresholds = [decision.with_false_reject(rate).threshold for rate in rates]
    assert thresholds == sorted(thresholds, reverse=True)


def test_verdicts_rise_with_the_score_and_only_the_middle_is_for_a_person() -> None:
    held_out = np.arange(200) / 200
    decision = Outlier.fit(held_out, false_reject=0.05, unsure=0.2)
    found = decision.apply({"score": np.linspace(-1, 2, 400)})
    verdicts = found["verdict"].to_pylist()
    assert verdicts == sorted(verdicts, key=("pass", "unsure", "fail").index)
    assert found["review"].tolist() == [verdict == "unsure" for verdict in verdicts]
    good = decision.apply({"score": held_out})["verdict"].to_pylist()
    assert good.count("fail") / 200 <= 0.05
    assert 0.1 < good.count("unsure") / 200 <= 0.16


def test_without_held_out_parts_nothing_passes_unseen() -> None:
    found = Outlier().apply({"score": np.array([0.0, 100.0])})
    assert found["verdict"].to_pylist() == ["unsure", "unsure"]
    assert found["p_value"].tolist() == [1.0, 1.0]
    with pytest.raises(UsageError) as refused:
        Outlier().with_false_reject(0.1)
    assert refused.value.key == "decision.not_fitted"


def test_what_is_kept_does_not_grow_and_promises_no_more() -> None:
    rng = np.random.default_rng(4)
    scores, groups = rng.normal(size=20_000), rng.integers(0, 5_000, 20_000)
    whole, kept = GoodParts.of(scores, groups, most=10**6), GoodParts.of(scores, groups, most=200)
    assert len(kept.scores) <= 200
    assert sum(kept.weights) == pytest.approx(sum(whole.weights))
    tried = np.linspace(-4, 5, 300)
    difference = kept.p_values(tried) - whole.p_values(tried)
    assert (difference >= -1e-12).all()
    assert difference.max() < 0.02
    # Where thresholds are chosen nothing was rounded.
    assert whole.threshold(0.001) == kept.threshold(0.001)


def test_rounded_up_no_part_keeps_its_own_score_and_none_is_promised_more() -> None:
    rng = np.random.default_rng(7)
    scores, groups = rng.normal(size=900), rng.integers(0, 200, 900)
    whole, rounded = GoodParts.of(scores, groups), GoodParts.of(scores, groups, steps=300)
    assert len(rounded.scores) <= 301
    assert len(set(rounded.scores[1:]) & set(scores.astype(np.float32).tolist())) <= 1
    assert sum(rounded.weights) == pytest.approx(rounded.groups)
    tried = np.linspace(-4, 4, 500)
    assert (rounded.p_values(tried) >= whole.p_values(tried) - 1e-12).all()
    step = np.ptp(scores) / 300
    for rate in (0.02, 0.05, 0.3):
        assert 0 <= rounded.threshold(rate) - whole.threshold(rate) <= step * 1.01


def test_the_decision_survives_json() -> None:
    decision = Outlier.fit(np.arange(30.0), groups=np.arange(30) // 2, unsure=0.2)
    assert from_json(json.loads(json.dumps(decision.to_json()))) == decision
    assert from_json(json.loads(json.dumps(Outlier().to_json()))) == Outlier()


def test_regions_come_out_strangest_first_and_empty_rows_are_none() -> None:
    decision = replace(Outlier.fit(np.zeros(9)), places=GoodParts.of(np.arange(99.0)))
    nothing = [np.nan] * 6
    regions = np.array([[[1, 2, 5, 9, 20, 50], nothing, [0, 0, 4, 4, 16, 1000]], [nothing] * 3])
    found = decision.apply({"score": np.array([1000.0, 3.0]), "regions": regions})["defects"]
    first, second = found.to_pylist()
    assert [box["area"] for box in first] == [16.0, 20.0]
    assert first[0]["probability"] == pytest.approx(0.99)
    assert first[1]["probability"] == pytest.approx(0.5)
    assert second == []


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: Outlier.fit(np.array([])), "decision.no_good_parts"),
        (lambda: Outlier.fit(np.array([1.0, np.nan])), "decision.bad_good_score"),
        (lambda: Outlier.fit(np.arange(9.0), false_reject=0.0), "decision.false_reject"),
        (lambda: Outlier.fit(np.arange(9.0), false_reject=1.0), "decision.false_reject"),
        (lambda: Outlier.fit(np.arange(9.0), unsure=1.5), "decision.false_reject"),
        (lambda: Outlier.fit(np.arange(9.0)).with_threshold(np.inf), "decision.bad_threshold"),
        (lambda: Costs(-1.0, 1.0, 0.1), "decision.bad_costs"),
        (lambda: Costs(1.0, 1.0, 1.1), "decision.bad_costs"),
        (lambda: escape_curve(np.arange(3.0), np.zeros(3)), "decision.needs_both"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, key: str) -> None:
    with pytest.raises((DataError, UsageError)) as refused:
        call()
    assert refused.value.key == key


def test_escape_and_overkill_at_a_threshold_are_what_counting_gives() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(-1, 2, 300)
    scores = np.round(rng.normal(labels, 1.0), 1)
    curve = escape_curve(scores, labels, Costs(200.0, 4.0, 0.02), points=10_000)
    assert (np.diff(curve.threshold) > 0).all()
    for threshold, escape, overkill, cost in zip(*curve, strict=True):
        assert escape == pytest.approx(np.mean(scores[labels == 1] < threshold))
        assert overkill == pytest.approx(np.mean(scores[labels == 0] >= threshold))
        assert cost == pytest.approx(0.02 * 200 * escape + 0.98 * 4 * overkill)


def test_the_cheapest_threshold_follows_the_money_and_survives_thinning() -> None:
    rng = np.random.default_rng(6)
    labels = (rng.random(3000) < 0.3).astype(int)
    scores = rng.normal(1.5 * labels, 1.0)
    cheap = [
        cheapest_threshold(scores, labels, Costs(escape, 1.0, 0.05)) for escape in (2.0, 20.0, 200)
    ]
    assert cheap == sorted(cheap, reverse=True)
    costs = Costs(20.0, 1.0, 0.05)
    whole = escape_curve(scores, labels, costs, points=10**6)
    assert escape_curve(scores, labels, costs).cost.min() == whole.cost.min()


def test_the_cheapest_threshold_needs_no_rate_and_says_none() -> None:
    decision = Outlier.fit(np.arange(50.0))
    scores, labels = np.array([1.0, 30.0, 60.0]), np.array([0, 0, 1])
    changed = decision.with_costs(scores, labels, Costs(100.0, 1.0, 0.1))
    assert changed.threshold == 45.0
    assert changed.false_reject is None
    worthless = decision.with_costs(scores, labels, Costs(0.0, 1.0, 0.1))
    assert worthless.apply({"score": scores})["label"].to_pylist() == ["good"] * 3

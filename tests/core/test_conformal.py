"""Prediction sets hold the truth as often as they say, class by class, and say what is reviewed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_core.decision import Classify, ClassifyMany, Conformal, Policy, from_json
from lepton_core.errors import DataError
from lepton_core.evaluation.coverage import held_out_coverage
from lepton_core.evaluation.measures import classification_measures
from lepton_core.redecide.asking import Asked
from lepton_core.redecide.effect import effect
from lepton_core.redecide.kept import Kept


def drawn(rng: np.random.Generator, n: int, apart: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of two classes, one in four positive."""
    labels = (rng.random(n) < 0.25).astype(int)
    return rng.normal(size=n) + apart * labels - 1.0, labels


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("apart", [0.5, 2.0, 5.0])
def test_both_classes_are_covered_over_many_draws(coverage: float, apart: float) -> None:
    rng = np.random.default_rng(3)
    held = []
    for _ in range(60):
        decision = Classify().with_coverage(coverage, *drawn(rng, 400, apart))
        scores, labels = drawn(rng, 400, apart)
        sets = decision.sets(scores)
        assert sets is not None
        inside = sets[np.arange(400), labels]
        held.append([inside[labels == k].mean() for k in (0, 1)])
    # At least as promised, and at most by what one record more of a class adds.
    for covered in np.mean(held, axis=0):
        assert coverage - 0.012 <= covered <= coverage + 0.022


def test_review_is_where_the_set_is_not_exactly_the_label() -> None:
    rng = np.random.default_rng(0)
    scores, _ = drawn(rng, 3000)
    for apart, threshold in [(0.5, 0.5), (2.0, 0.1), (2.0, 0.9), (6.0, 0.5), (6.0, 0.01)]:
        decision = Classify().with_coverage(0.9, *drawn(rng, 500, apart)).with_threshold(threshold)
        columns = decision.apply({"score": scores})
        positive = columns["label"].to_numpy(zero_copy_only=False) == "positive"
        sets = decision.sets(scores)
        assert sets is not None
        sure = (sets.sum(axis=1) == 1) & sets[np.arange(len(sets)), positive.astype(int)]
        assert (columns["review"] == ~sure).all()
        one = [decision.apply_one(scores[row : row + 1])["review"] for row in range(200)]
        assert one == columns["review"][:200].tolist()


def test_the_threshold_moves_labels_and_no_set() -> None:
    scores, labels = drawn(np.random.default_rng(1), 800)
    decision = Classify.fit(
        scores, labels, classes=("a", "b"), policy=Policy("recall", 0.95), coverage=0.9
    )
    called = decision.probability(scores) >= decision.threshold
    assert called[labels == 1].mean() >= 0.95  # the policy named recall is a stated sensitivity
    moved = decision.with_threshold(0.9)
    assert moved.conformal == decision.conformal
    assert moved.band != decision.band
    assert moved.reviewing(0.1, scores).conformal is None


def test_a_class_with_too_few_records_stands_in_every_set() -> None:
    p = np.linspace(0.5, 0.99, 8)
    found = Conformal.fit(np.stack([p, 1 - p], axis=1), np.zeros(8, int), 0.9)
    assert found.limits == (0.0, 0.0)
    assert found.sets(np.array([[0.01, 0.99]])).all()
    assert found.band(0.5) == (0.0, 1.0)


def test_many_classes_are_covered_and_unsure_ones_reviewed() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 4, 8000)
    scores = rng.normal(size=(8000, 4)) + 2.0 * np.eye(4)[labels]
    half = slice(0, 4000)
    decision = ClassifyMany.fit(scores[half], labels[half], classes=tuple("abcd"), coverage=0.9)
    sets = decision.sets(scores[4000:])
    assert sets is not None
    inside = sets[np.arange(4000), labels[4000:]]
    assert all(0.86 <= inside[labels[4000:] == k].mean() <= 0.94 for k in range(4))
    columns = decision.apply({"score": scores[4000:]})
    codes = scores[4000:].argmax(axis=1)
    assert (columns["review"] == (sets != np.eye(4, dtype=bool)[codes]).any(axis=1)).all()
    wrong = codes != labels[4000:]
    assert wrong[~columns["review"]].mean() < 0.7 * wrong.mean()


def test_what_is_saved_decides_alike_and_older_bundles_load() -> None:
    scores, labels = drawn(np.random.default_rng(2), 300)
    two = Classify.fit(scores, labels, classes=("a", "b"), coverage=0.8)
    two = two.with_spread(scores, labels)
    logits = np.stack([-scores, scores], axis=1)
    many = ClassifyMany.fit(logits, labels, classes=("a", "b"), coverage=0.8)
    for decision in (two, many):
        written = json.loads(json.dumps(decision.to_json()))
        assert from_json(written) == decision
        older = {k: v for k, v in written.items() if k not in ("conformal", "spread")}
        assert from_json(older).to_json()["conformal"] is None


def test_the_interval_holds_the_probability_and_narrows_with_more_records() -> None:
    rng = np.random.default_rng(4)
    widths = []
    for n in (200, 3200):
        scores, labels = drawn(rng, n)
        decision = Classify.fit(scores, labels, classes=("a", "b")).with_spread(scores, labels)
        found = decision.interval(np.linspace(-3, 3, 9))
        assert found is not None
        p = decision.probability(np.linspace(-3, 3, 9))
        assert ((found[0] <= p) & (p <= found[1])).all()
        widths.append((found[1] - found[0]).mean())
    assert widths[1] < widths[0] / 2  # a quarter with sixteen times as many
    assert Classify().interval(scores) is None


def test_the_interval_holds_the_true_probability_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    at = np.array([-1.0, 0.5, 2.0])
    hits = []
    for _ in range(80):
        scores = rng.normal(0, 2, 400)
        labels = (rng.random(400) < 1 / (1 + np.exp(-(0.8 * scores - 0.5)))).astype(int)
        decision = Classify.fit(scores, labels, classes=("a", "b")).with_spread(scores, labels)
        low, high = decision.interval(at)  # type: ignore[misc]
        true = 1 / (1 + np.exp(-(0.8 * at - 0.5)))
        hits.append((low <= true) & (true <= high))
    assert 0.89 <= np.mean(hits) <= 1.0


def test_records_of_one_person_make_the_interval_wider() -> None:
    rng = np.random.default_rng(8)
    persons = rng.normal(0, 2, 60)
    ill = (rng.random(60) < 1 / (1 + np.exp(-persons))).astype(int)
    scores = np.repeat(persons, 8) + rng.normal(0, 0.1, 480)
    labels, groups = np.repeat(ill, 8), np.repeat(np.arange(60), 8)
    fitted = Classify.fit(scores, labels, classes=("a", "b"))
    alone, together = (fitted.with_spread(scores, labels, g).spread for g in (None, groups))
    assert together[2] > 3 * alone[2]  # type: ignore[index]


def test_a_coverage_is_asked_for_without_scoring_again() -> None:
    scores, labels = drawn(np.random.default_rng(9), 500)
    kept = Kept(scores.astype(np.float32), label=labels.astype(np.int8))
    after = Asked.of(coverage=0.9).decide(Classify(), kept)
    assert after.conformal is not None
    assert after.conformal.coverage == 0.9
    assert effect(after, kept).review == after.apply({"score": kept.score})["review"].sum()
    # Another threshold keeps the coverage.
    assert Asked.of(threshold=0.3).decide(after, None).conformal == after.conformal
    with pytest.raises(DataError, match="none of the 2 records"):
        Asked.of(coverage=0.9).decide(Classify(), Kept(scores[:2]))


def test_figures_of_sets_stand_beside_the_others() -> None:
    rng = np.random.default_rng(10)
    decision = Classify.fit(*drawn(rng, 2000), classes=("a", "b"), coverage=0.9)
    scores, labels = drawn(rng, 2000)
    figures = classification_measures(labels, scores, decision)
    assert figures["set_coverage"].value == pytest.approx(0.9, abs=0.03)
    review = decision.apply({"score": scores})["review"]
    assert figures["review_share"].value == pytest.approx(review.mean())
    called = decision.probability(scores) >= decision.threshold
    assert figures["sure_accuracy"].value == pytest.approx((called == labels)[~review].mean())
    plain = classification_measures(labels, scores, Classify())
    assert "set_coverage" not in plain


def test_held_out_halves_tell_the_coverage_of_new_records() -> None:
    scores, labels = drawn(np.random.default_rng(11), 1200)
    found = held_out_coverage(Classify(), scores, labels, 0.9)
    assert found["set_coverage"].value == pytest.approx(0.9, abs=0.015)
    assert [round(part, 1) for part in found["set_coverage"].parts] == [0.9, 0.9]
    whole = Classify().with_coverage(0.9, scores, labels)
    share = whole.apply({"score": scores})["review"].mean()
    assert found["review_share"].value == pytest.approx(share, abs=0.03)


def test_halves_part_no_person() -> None:
    # Every person's records are alike: were they parted, each would be covered by its own copy.
    rng = np.random.default_rng(12)
    scores, labels = drawn(rng, 40)
    twins, codes, person = (np.repeat(column, 30) for column in (scores, labels, np.arange(40)))
    apart = held_out_coverage(Classify(), twins, codes, 0.9, groups=person)["set_coverage"]
    mixed = held_out_coverage(Classify(), twins, codes, 0.9)["set_coverage"]
    assert apart.high - apart.low > 2 * (mixed.high - mixed.low)  # type: ignore[operator]


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1.0, 2.0])
def test_an_impossible_coverage_is_told(coverage: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        Classify().with_coverage(coverage, *drawn(np.random.default_rng(0), 50))

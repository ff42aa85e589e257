"""Thresholds do what their policy promises, and never ask for another score."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.decision import Classify, Policy, from_json
from lepton_core.errors import DataError

CLASSES = ("genuine", "fraud")


@pytest.fixture(scope="module")
def scored() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    labels = (generator.random(20_000) < 0.02).astype(int)
    return generator.normal(size=20_000) + 2.5 * labels - 4.0, labels


def test_calibrated_probabilities_sum_to_the_positives(scored: tuple) -> None:
    scores, labels = scored
    # The scores are logits of another base rate, five times too steep.
    decision = Classify.fit(5 * scores, labels, classes=CLASSES)
    assert decision.probability(5 * scores).sum() == pytest.approx(labels.sum(), rel=0.02)


def test_calibration_keeps_the_order(scored: tuple) -> None:
    scores, labels = scored
    probability = Classify.fit(scores, labels, classes=CLASSES).probability(scores)
    assert (np.diff(probability[np.argsort(scores)]) >= 0).all()


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2])
def test_alert_rate_calls_that_share(scored: tuple, share: float) -> None:
    scores, labels = scored
    decision = Classify.fit(scores, labels, classes=CLASSES, policy=Policy("alert_rate", share))
    called = (np.asarray(decision.apply({"score": scores})["label"]) == "fraud").mean()
    assert called == pytest.approx(share, abs=1 / len(scores))


def test_recall_and_precision_are_reached(scored: tuple) -> None:
    scores, labels = scored
    for name, value in (("recall", 0.9), ("precision", 0.5)):
        decision = Classify.fit(scores, labels, classes=CLASSES, policy=Policy(name, value))
        called = np.asarray(decision.apply({"score": scores})["label"]) == "fraud"
        hits = (called & (labels == 1)).sum()
        reached = hits / (labels.sum() if name == "recall" else called.sum())
        assert reached >= value


def test_a_precision_out_of_reach_gives_the_highest_there_is() -> None:
    scores, labels = np.array([3.0, 2.0, 1.0, 0.0]), np.array([0, 1, 0, 0])
    decision = Classify(CLASSES).with_policy(Policy("precision", 0.99), scores, labels)
    called = decision.apply({"score": scores})["label"].tolist()
    assert called == ["fraud", "fraud", "genuine", "genuine"]


def test_f1_threshold_is_the_best_of_all(scored: tuple) -> None:
    scores, labels = scored
    decision = Classify.fit(scores, labels, classes=CLASSES, policy=Policy("f1"))
    probability = decision.probability(scores)

    def f1(threshold: float) -> float:
        called = probability >= threshold
        return 2 * (called & (labels == 1)).sum() / (called.sum() + labels.sum())

    best = max(f1(threshold) for threshold in np.unique(probability))
    assert f1(decision.threshold) == pytest.approx(best)


def test_the_review_band_lies_below_the_threshold_and_has_its_share(scored: tuple) -> None:
    scores, labels = scored
    policy = Policy("alert_rate", 0.01)
    decision = Classify.fit(scores, labels, classes=CLASSES, policy=policy, review_share=0.05)
    out = decision.apply({"score": scores})
    assert out["review"].mean() == pytest.approx(0.05, abs=0.001)
    assert not (out["review"] & (np.asarray(out["label"]) == "fraud")).any()


def test_one_class_cannot_fit() -> None:
    with pytest.raises(DataError, match="0 positive of 3"):
        Classify.fit(np.zeros(3), np.zeros(3), classes=CLASSES)


def test_a_decision_survives_json(scored: tuple) -> None:
    decision = Classify.fit(*scored, classes=CLASSES, review_share=0.1, fitted_on={"data": "x"})
    assert from_json(decision.to_json()) == decision


def test_scores_that_rank_backwards_still_give_the_base_rate(scored: tuple) -> None:
    scores, labels = scored
    decision = Classify.fit(-scores, labels, classes=CLASSES)
    assert decision.probability(-scores).mean() == pytest.approx(labels.mean(), rel=0.05)

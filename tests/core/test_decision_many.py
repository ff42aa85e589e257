"""Several classes: probabilities mean what they say, and the least sure records go to a person."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_core.decision import Classify, ClassifyMany, from_json
from lepton_core.errors import BundleError, DataError

CLASSES = ("crack", "dent", "scratch", "none")


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true distribution of the labels."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=1.5, size=(n, len(CLASSES)))
    rate = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (generator.random((n, 1)) > rate.cumsum(axis=1)).sum(axis=1)
    return logits, np.minimum(labels, len(CLASSES) - 1)


def gap(decision: ClassifyMany, scores: np.ndarray, labels: np.ndarray) -> float:
    """Mean probability of the label less the part of right labels."""
    sure = decision.apply({"score": scores})["probability"].mean()
    return float(sure - (decision.codes(scores) == labels).mean())


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
def test_temperature_restores_calibration_on_fresh_records(factor: float) -> None:
    scores, labels = drawn(8000)
    fresh, truth = drawn(8000, seed=1)
    decision = ClassifyMany.fit(factor * scores, labels, classes=CLASSES)
    assert decision.temperature == pytest.approx(factor, rel=0.08)
    assert abs(gap(decision, factor * fresh, truth)) < 0.02
    if factor == 4.0:
        assert gap(ClassifyMany(CLASSES), factor * fresh, truth) > 0.15


def test_temperature_has_the_smallest_log_loss() -> None:
    scores, labels = drawn(500)
    fitted = ClassifyMany.fit(2 * scores, labels, classes=CLASSES)

    def loss(temperature: float) -> float:
        given = ClassifyMany(CLASSES, temperature).probabilities(2 * scores)
        return float(-np.log(given[np.arange(len(labels)), labels]).mean())

    grid = np.geomspace(0.2, 10, 200)
    best = grid[np.argmin([loss(temperature) for temperature in grid])]
    assert fitted.temperature == pytest.approx(best, rel=0.05)


def test_no_temperature_changes_a_label() -> None:
    scores, _ = drawn(500)
    cold, hot = ClassifyMany(CLASSES, 0.1), ClassifyMany(CLASSES, 10.0)
    assert cold.apply({"score": scores})["label"] == hot.apply({"score": scores})["label"]


def test_the_score_is_the_margin_between_the_first_two_classes() -> None:
    scores = np.array([[1.0, 4.0, -2.0, 3.5], [2.0, 2.0, 0.0, 1.0]])
    found = ClassifyMany(CLASSES).apply({"score": scores})
    assert found["score"].tolist() == [0.5, 0.0]
    assert found["label"].to_pylist() == ["dent", "crack"]
    assert {found[name].dtype.name for name in ("score", "probability")} == {"float32"}


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_the_stated_share_is_reviewed_and_is_the_least_sure(share: float) -> None:
    scores, labels = drawn(2000)
    decision = ClassifyMany.fit(scores, labels, classes=CLASSES, review_share=share)
    found = decision.apply({"score": scores})
    assert found["review"].mean() == pytest.approx(share, abs=1 / 2000)
    sure, unsure = found["probability"][~found["review"]], found["probability"][found["review"]]
    if len(sure) and len(unsure):
        assert unsure.max() < decision.review_below < sure.min()


def test_another_review_share_needs_kept_scores_alone() -> None:
    scores, labels = drawn(1000)
    decision = ClassifyMany.fit(scores, labels, classes=CLASSES, review_share=0.1)
    other = decision.with_review(0.3, scores)
    assert other.temperature == decision.temperature
    assert other.apply({"score": scores})["review"].sum() == 300
    assert other == ClassifyMany.fit(scores, labels, classes=CLASSES, review_share=0.3)
    assert decision.with_review_below(0.5).review_share is None


def test_records_equally_sure_are_treated_alike() -> None:
    scores = np.tile([[1.0, 0.0, 0.0, 0.0]], (10, 1))
    review = ClassifyMany(CLASSES).with_review(0.5, scores).apply({"score": scores})["review"]
    assert review.sum() == 0


def test_a_constant_added_to_all_logits_changes_nothing() -> None:
    scores, labels = drawn(50)
    decision = ClassifyMany.fit(scores, labels, classes=CLASSES)
    raised = ClassifyMany.fit(scores + 7.0, labels, classes=CLASSES)
    assert raised.temperature == pytest.approx(decision.temperature, rel=1e-6)


def test_few_records_that_all_come_out_right_do_not_make_it_infinitely_sure() -> None:
    scores = 5 * np.eye(4)[[0, 1, 2]]
    decision = ClassifyMany.fit(scores, np.array([0, 1, 2]), classes=CLASSES)
    assert decision.apply({"score": scores})["probability"].max() < 0.9


def test_scores_that_rank_backwards_give_every_class_nearly_the_same() -> None:
    scores, labels = drawn(1000)
    decision = ClassifyMany.fit(-scores, labels, classes=CLASSES)
    assert decision.probabilities(-scores).max() < 0.45


def test_huge_logits_stay_finite() -> None:
    found = ClassifyMany(CLASSES).apply({"score": np.array([[1e4, -1e4, 0.0, 0.0]])})
    assert found["probability"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("scores", "labels", "key"),
    [
        (np.zeros((3, 4)), [1, 1, 1], "decision.one_class"),
        (np.zeros((0, 4)), [], "decision.no_records"),
        (np.full((2, 4), np.nan), [0, 1], "decision.not_finite"),
    ],
)
def test_data_that_cannot_fit_is_refused(scores: np.ndarray, labels: list, key: str) -> None:
    with pytest.raises(DataError) as caught:
        ClassifyMany.fit(scores, np.array(labels), classes=CLASSES)
    assert caught.value.key == key


@pytest.mark.parametrize("labels", [[0, 4], [0, -1], [0, 0.5]])
def test_labels_that_name_no_class_are_refused(labels: list) -> None:
    with pytest.raises(ValueError, match=r"0\.\.3"):
        ClassifyMany.fit(np.zeros((2, 4)), np.array(labels), classes=CLASSES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": ("one",)},
        {"classes": ("one", "one")},
        {"temperature": 0.0},
        {"review_below": 1.1},
        {"review_share": -0.1},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="Received"):
        ClassifyMany(**{"classes": CLASSES, **wrong})


def test_a_decision_survives_json() -> None:
    fit = ClassifyMany.fit(*drawn(100), classes=CLASSES, review_share=0.2, fitted_on={"data": "x"})
    assert from_json(json.loads(json.dumps(fit.to_json()))) == fit
    assert fit.is_fitted
    assert not ClassifyMany(CLASSES).is_fitted


def test_a_decision_of_another_version_is_named() -> None:
    with pytest.raises(BundleError, match="oracle"):
        from_json({"kind": "oracle"})


def test_the_trivial_model_gives_base_rates() -> None:
    targets = np.array([0, 0, 0, 1, 1, 3, 3, 3, 3, 3])
    scores = ClassifyMany(CLASSES).trivial(targets, 2)
    rates = ClassifyMany(CLASSES).probabilities(scores)
    assert rates.shape == (2, 4)
    assert rates[0, [0, 1, 3]] / rates[0, 0] == pytest.approx([1, 2 / 3, 5 / 3])
    assert 0 < rates[0, 2] < rates[0, 1]
    binary = Classify()
    assert binary.probability(binary.trivial(targets > 0, 3)) == pytest.approx([0.7] * 3)
    assert np.isfinite(binary.trivial(np.zeros(4), 1)).all()

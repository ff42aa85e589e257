"""Metrics of many classes and of values: known answers, and refusals of what is not defined."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.decision import Classify, ClassifyMany, Interval
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.directions import BEST_AT, HIGHER_IS_BETTER, is_better
from lepton_core.evaluation.measures import (
    classification_measures,
    interval_measures,
    many_class_measures,
)

NAMES = np.array(["bus", "car", "van", "tram"])


def mixed(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers, one class much rarer than the others, and predictions that are often wrong."""
    generator = np.random.default_rng(seed)
    labels = generator.choice(4, n, p=[0.6, 0.3, 0.09, 0.01])
    return labels, np.where(generator.random(n) < 0.7, labels, generator.integers(0, 4, n))


@pytest.mark.parametrize("seed", range(3))
def test_class_metrics_agree_with_scikit_learn_on_numbers_and_names(seed: int) -> None:
    reference = pytest.importorskip("sklearn.metrics")
    labels, predicted = mixed(seed)
    expected = {
        metrics.accuracy: reference.accuracy_score(labels, predicted),
        metrics.balanced_accuracy: reference.balanced_accuracy_score(labels, predicted),
        metrics.macro_f1: reference.f1_score(labels, predicted, average="macro"),
    }
    for metric, value in expected.items():
        assert metric(labels, predicted) == pytest.approx(value), metric.__name__
        assert metric(NAMES[labels], NAMES[predicted]) == pytest.approx(value), metric.__name__


def test_always_saying_the_frequent_class_is_accurate_but_not_balanced() -> None:
    labels, always = [0] * 90 + [1] * 10, [0] * 100
    assert metrics.accuracy(labels, always) == 0.9
    assert metrics.balanced_accuracy(labels, always) == 0.5
    assert metrics.macro_f1(labels, always) == pytest.approx(0.5 * 180 / 190)


def test_a_class_that_is_nowhere_counts_for_nothing() -> None:
    assert metrics.macro_f1([0, 3], [0, 3]) == 1.0
    assert metrics.balanced_accuracy([0, 3], [0, 3]) == 1.0


def test_a_label_that_is_right_as_often_as_it_says_is_calibrated() -> None:
    generator = np.random.default_rng(0)
    sure = generator.uniform(0.3, 1, 100_000)
    labels = generator.integers(0, 3, 100_000)
    right = generator.random(100_000) < sure
    predicted = np.where(right, labels, (labels + 1) % 3)
    assert metrics.winner_ece(labels, predicted, sure) < 0.01
    assert metrics.winner_ece(labels, predicted, np.full(100_000, 0.95)) == pytest.approx(
        0.3, abs=0.01
    )


def test_value_metrics_have_known_answers() -> None:
    truth, given = [0.0, 10.0, 20.0, 30.0], [4.0, 10.0, 17.0, 30.0]
    assert metrics.mae(truth, given) == 7 / 4
    assert metrics.rmse(truth, given) == 2.5
    assert metrics.wape(truth, given) == 7 / 60
    assert metrics.coverage(truth, [0, 11, 0, 30], [1, 12, 30, 30]) == 0.75


@pytest.mark.parametrize(
    ("metric", "arrays", "key"),
    [
        (metrics.accuracy, ([], []), "empty"),
        (metrics.accuracy, ([0, 1], [0]), "lengths"),
        (metrics.accuracy, ([0, 1], [0.2, 0.8]), "not_classes"),
        (metrics.macro_f1, ([0, -1], [0, 0]), "not_classes"),
        (metrics.balanced_accuracy, (["a", None], ["a", "a"]), "not_classes"),
        (metrics.accuracy, ([0, 1], ["a", "b"]), "other_classes"),
        (metrics.winner_ece, ([0, 1], [0, 1], [0.5, 1.5]), "not_probability"),
        (metrics.mae, ([], []), "empty"),
        (metrics.rmse, ([1.0], [np.nan]), "not_finite"),
        (metrics.wape, ([0.0, 0.0], [1.0, 2.0]), "no_volume"),
        (metrics.coverage, ([1.0], [0.0], [0.0, 1.0]), "lengths"),
    ],
)
def test_undefined_is_refused(metric: object, arrays: tuple, key: str) -> None:
    with pytest.raises(DataError) as caught:
        metric(*arrays)
    assert caught.value.key == f"evaluate.{key}"


def test_every_metric_has_a_direction_or_a_best_value() -> None:
    assert set(metrics.METRICS) <= set(HIGHER_IS_BETTER) | set(BEST_AT)
    assert not set(HIGHER_IS_BETTER) & set(BEST_AT)
    assert is_better("auc", 0.9, 0.8)
    assert is_better("ece", 0.1, 0.2)
    assert is_better("calibration_ratio", 0.9, 1.2)
    assert not is_better("mae", 1.0, 1.0)


def test_measures_of_two_classes_leave_out_what_is_not_defined() -> None:
    truth, scores = np.array([0, 1] * 50), np.tile([-2.0, 1.0], 50)
    assert list(classification_measures(truth, scores, None)) == ["auc", "ap"]
    fitted = Classify.fit(scores, truth, classes=("no", "yes"))
    keys = list(classification_measures(truth, scores, fitted))
    assert keys[2:] == ["precision", "recall", "f1", "ece", "calibration_ratio", "brier_skill"]
    silent = classification_measures(truth, scores, fitted.with_threshold(1.0))
    assert "precision" not in silent
    assert silent["recall"].value == 0.0
    with pytest.raises(DataError, match="both classes"):
        classification_measures(np.ones(9), scores[:9], fitted)


def test_measures_of_many_classes_judge_labels_without_a_decision() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 3, 600)
    scores = generator.normal(size=(600, 3)) + 2 * np.eye(3)[truth]
    plain = many_class_measures(truth, scores, None)
    fitted = ClassifyMany.fit(scores, truth, classes=("a", "b", "c"))
    judged = many_class_measures(truth, scores, fitted)
    assert list(plain) == ["accuracy", "f1", "balanced_accuracy"]
    assert {key: judged[key] for key in plain} == plain
    assert judged["ece"].value < 0.05
    assert plain["accuracy"].low < plain["accuracy"].value < plain["accuracy"].high
    with pytest.raises(DataError, match="finite"):
        many_class_measures(truth, np.where(scores > 4, np.nan, scores), fitted)


def test_whole_groups_are_resampled() -> None:
    truth = np.repeat([0, 1], 300)
    scores = np.where(np.arange(600)[:, None] // 60 % 5 == 0, [3.0, 0.0], np.eye(2)[truth])
    alone = many_class_measures(truth, scores, None)["accuracy"]
    grouped = many_class_measures(truth, scores, None, groups=np.arange(600) // 60)["accuracy"]
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_measures_of_values_say_something_about_intervals_only_with_a_decision() -> None:
    generator = np.random.default_rng(0)
    centre = generator.uniform(10, 20, 1000)
    truth = centre + generator.normal(size=1000)
    scores = centre[:, None] + np.array([-0.5, 0.0, 0.5])
    plain = interval_measures(truth, scores, None)
    assert list(plain) == ["mae", "rmse", "wape"]
    assert plain["mae"].value == pytest.approx(np.sqrt(2 / np.pi), abs=0.05)
    judged = interval_measures(truth, scores, Interval.fit(scores, truth))
    assert judged["coverage90"].value == pytest.approx(0.9, abs=0.01)
    assert "coverage80" in interval_measures(truth, scores, Interval(coverage=0.8))
    assert "wape" not in interval_measures(0 * truth, scores, None)

"""Figures agree with their formulas, and what is not defined is refused instead of being NaN."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.calibration import reliability
from lepton_core.messages import t


def rare_and_tied(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = (generator.random(n) < 0.03).astype(int)
    scores = np.round(generator.normal(labels, 1.0), 1)  # many records share a score
    return labels, scores


@pytest.mark.parametrize("seed", range(4))
def test_curves_agree_with_scikit_learn_where_scores_are_tied(seed: int) -> None:
    reference = pytest.importorskip("sklearn.metrics")
    labels, scores = rare_and_tied(seed)
    assert metrics.auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores))
    expected = reference.average_precision_score(labels, scores)
    assert metrics.ap(labels, scores) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_label_metrics_agree_with_scikit_learn(seed: int) -> None:
    reference = pytest.importorskip("sklearn.metrics")
    labels, scores = rare_and_tied(seed)
    predicted = scores > 1.5
    for name, theirs in (
        ("accuracy", reference.accuracy_score),
        ("precision", reference.precision_score),
        ("recall", reference.recall_score),
        ("f1", reference.f1_score),
    ):
        value = metrics.METRICS[name][0](labels, predicted)
        assert value == pytest.approx(theirs(labels, predicted)), name


def test_a_constant_score_ranks_nothing() -> None:
    labels = [0, 1, 0, 0, 1, 0]
    assert metrics.auc(labels, [0.3] * 6) == 0.5
    assert metrics.ap(labels, [0.3] * 6) == pytest.approx(2 / 6)


def test_a_score_turned_round_turns_the_auc_round() -> None:
    labels, scores = rare_and_tied(0)
    assert metrics.auc(labels, -scores) == pytest.approx(1 - metrics.auc(labels, scores))


def test_probabilities_that_are_true_rates_are_calibrated() -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.beta(0.3, 5, 200_000)
    labels = generator.random(200_000) < probabilities
    assert metrics.ece(labels, probabilities) < 0.005
    assert metrics.calibration_ratio(labels, probabilities) == pytest.approx(1, abs=0.03)
    ratios = reliability(labels, probabilities, bins=10, top=0.05).ratios()
    assert len(ratios) == 10
    assert np.abs(ratios - 1).max() < 0.1
    assert metrics.brier_skill(labels, probabilities) > 0
    doubled = np.minimum(2 * probabilities, 1)
    assert metrics.ece(labels, doubled) > 0.03
    assert metrics.calibration_ratio(labels, doubled) > 1.5


def test_the_base_rate_itself_has_no_skill() -> None:
    labels = [0, 0, 0, 1]
    assert metrics.brier_skill(labels, [0.25] * 4) == 0
    assert metrics.brier_skill(labels, [0, 0, 0, 1]) == 1
    assert metrics.brier_skill(labels, [1, 1, 1, 0]) < 0


def test_reliability_does_not_depend_on_the_order_of_equal_probabilities() -> None:
    generator = np.random.default_rng(1)
    probabilities = generator.choice([0.1, 0.1, 0.1, 0.2, 0.7], 1000)
    labels = (generator.random(1000) < probabilities).astype(int)
    curve = reliability(labels, probabilities, bins=10)
    order = generator.permutation(1000)
    again = reliability(labels[order], probabilities[order], bins=10)
    assert curve.observed.tolist() == again.observed.tolist()
    assert curve.probability.round(6).tolist() == [0.1, 0.2, 0.7]
    assert curve.count.sum() == 1000


def test_the_top_part_holds_the_highest_probabilities() -> None:
    probabilities = np.linspace(0, 1, 100)
    curve = reliability(probabilities > 0.5, probabilities, bins=5, top=0.05)
    assert curve.count.tolist() == [1, 1, 1, 1, 1]
    assert curve.probability.min() == pytest.approx(probabilities[95])


@pytest.mark.parametrize(
    ("metric", "labels", "given", "key"),
    [
        ("auc", [], [], "empty"),
        ("auc", [1, 1], [0.1, 0.2], "one_class"),
        ("ap", [0, 0], [0.1, 0.2], "one_class"),
        ("auc", [0, 1], [0.1], "lengths"),
        ("auc", [0, 2], [0.1, 0.2], "not_binary"),
        ("auc", [0, float("nan")], [0.1, 0.2], "not_binary"),
        ("ap", [0, 1], [0.1, float("nan")], "not_finite"),
        ("precision", [0, 1], [0, 0], "no_predicted"),
        ("recall", [0, 0], [0, 1], "no_positive"),
        ("f1", [0, 0], [0, 1], "no_positive"),
        ("precision", [0, 1], [0.2, 0.8], "not_binary"),
        ("ece", [0, 1], [0.1, 1.2], "not_probability"),
        ("calibration_ratio", [0, 0], [0.1, 0.2], "no_positive"),
        ("brier_skill", [1, 1], [0.1, 0.2], "one_class"),
    ],
)
def test_undefined_is_refused(metric: str, labels: list, given: list, key: str) -> None:
    with pytest.raises(DataError) as caught:
        metrics.METRICS[metric][0](labels, given)
    assert caught.value.key == f"evaluate.{key}"
    assert metric in str(caught.value) or metric in ("ece",)


def test_every_metric_has_a_name_for_people_in_both_languages() -> None:
    for key in metrics.METRICS:
        names = [t(f"evaluate.metric.{key}", language=language) for language in ("en", "zh")]
        assert f"evaluate.metric.{key}" not in names

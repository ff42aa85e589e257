"""An interval covers the truth as often as it says, and knows when records are not alone."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap, bootstrap_mean
from lepton_core.evaluation.metrics import accuracy, auc
from lepton_core.evaluation.report import Measured


def mean(values: np.ndarray) -> float:
    return float(np.mean(values))


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 2000)
    interval = bootstrap(mean, values, n=800)
    error = values.std() / np.sqrt(values.size)
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.25 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.25 * error)


def test_a_95_percent_interval_covers_the_truth_about_95_times_in_100() -> None:
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(0.0, 1.0, 200)
        interval = bootstrap(mean, values, n=200, seed=seed)
        covered += interval.low <= 0.0 <= interval.high
    assert 180 <= covered <= 199


def test_records_of_one_card_count_as_one_card() -> None:
    generator = np.random.default_rng(0)
    cards = np.array([f"card-{number}" for number in np.repeat(np.arange(50), 40)])
    values = np.repeat(generator.normal(0.0, 1.0, 50), 40)  # every record repeats its card
    alone = bootstrap(mean, values, n=300)
    grouped = bootstrap(mean, values, groups=cards, n=300)
    # Forty equal records a card carry the information of one: the interval is sqrt(40) wider.
    ratio = (grouped.high - grouped.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(np.sqrt(40), rel=0.2)


def test_a_resample_by_group_takes_whole_groups() -> None:
    groups = np.array([2, 0, 1, 2, 2, 1, 2])  # in the order of time, not of the cards

    def whole(resampled: np.ndarray) -> float:
        names, counts = np.unique(resampled, return_counts=True)
        assert all(count % size == 0 for count, size in zip(counts, 2**names, strict=True))
        return 1.0

    assert bootstrap(whole, groups, groups=groups, n=50).value == 1.0


def test_the_seed_decides() -> None:
    labels, scores = np.arange(200) % 2, np.random.default_rng(0).random(200)
    assert bootstrap(auc, labels, scores, n=50, seed=1) == bootstrap(
        auc, labels, scores, n=50, seed=1
    )
    assert bootstrap(auc, labels, scores, n=50, seed=1) != bootstrap(
        auc, labels, scores, n=50, seed=2
    )


def test_the_mean_over_four_folds_is_surer_than_one_fold() -> None:
    generator = np.random.default_rng(0)
    folds = [(generator.integers(0, 2, 300), generator.integers(0, 2, 300)) for _ in range(4)]
    one = bootstrap(accuracy, *folds[0], n=300)
    four = bootstrap_mean(accuracy, folds, n=300)
    assert four.value == pytest.approx(np.mean([accuracy(*fold) for fold in folds]))
    ratio = (one.high - one.low) / (four.high - four.low)
    assert ratio == pytest.approx(2, rel=0.25)


def test_two_cards_of_one_class_each_are_too_little_for_an_interval() -> None:
    # Half of the resamples hold one card twice, and so one class; with this seed 22 of 40 do.
    cards = np.repeat([0, 1], 50)
    with pytest.raises(DataError, match="18 of 40 resamples") as caught:
        bootstrap(auc, cards, np.arange(100), groups=cards, n=40, seed=0)
    assert caught.value.key == "evaluate.too_few_resamples"


def test_a_few_undefined_resamples_are_left_out() -> None:
    labels = np.zeros(500, int)
    labels[[7, 300]] = 1  # about one resample in seven holds neither
    interval = bootstrap(auc, labels, np.arange(500), n=200)
    assert interval.low <= interval.value <= interval.high


def test_a_single_machine_says_nothing_of_another_one() -> None:
    interval = bootstrap(mean, np.arange(50.0), groups=["drill"] * 50, n=40)
    assert interval.value == 24.5
    assert np.isnan([interval.low, interval.high]).all()
    told = Measured.of(interval)
    assert (told.value, told.low, told.high) == (24.5, None, None)
    two = bootstrap(mean, np.arange(50.0), groups=["drill", "mill"] * 25, n=40)
    assert two.low < two.value < two.high

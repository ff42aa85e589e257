"""Figures of ranked lists against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.ranking import Ranked, hit_rate, ndcg, novelty, ranking_measures, strata

LISTS = np.array([[4, 2, 9], [2, 4, 9], [9, 2, 4]])


@pytest.mark.parametrize(
    ("truth", "k", "hits", "gain"),
    [
        ([4, 4, 4], 1, 1 / 3, 1 / 3),
        ([4, 4, 4], 2, 2 / 3, (1 + 1 / np.log2(3)) / 3),
        ([4, 4, 4], 3, 1.0, (1 + 1 / np.log2(3) + 0.5) / 3),
        # What nobody knew is in no list, though lists end in -1.
        ([-1, -1, 4], 3, 1 / 3, 0.5 / 3),
    ],
)
def test_hits_and_gain(truth: list[int], k: int, hits: float, gain: float) -> None:
    lists = LISTS.copy()
    lists[0, 2] = -1
    assert hit_rate(truth, lists, k) == pytest.approx(hits)
    assert ndcg(truth, lists, k) == pytest.approx(gain)


def test_lists_of_another_number_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        hit_rate([1], LISTS)
    assert caught.value.key == "evaluate.lengths"


def test_seldom_chosen_items_are_news_and_strata_are_thirds_of_choices() -> None:
    counts = np.array([8, 4, 2, 1, 1])
    assert novelty(np.array([[0], [3]]), counts).tolist() == [1.0, 4.0]
    assert strata(counts).tolist() == [0, 1, 2, 2, 2]


def test_measures_by_stratum_are_those_of_its_truths() -> None:
    rng = np.random.default_rng(0)
    counts = np.sort(rng.integers(1, 100, 50))[::-1]
    lists = np.tile(np.arange(20), (200, 1))
    truth = rng.integers(0, 50, 200)
    found = ranking_measures(Ranked(lists, truth, counts))
    assert found["hr10"].value == pytest.approx((truth < 10).mean())
    head = strata(counts)[truth] == 0
    assert found["hr10_head"].value == pytest.approx((truth[head] < 10).mean())
    assert found["item_coverage10"].value == pytest.approx(0.2)
    assert found["hr10"].low <= found["hr10"].value <= found["hr10"].high

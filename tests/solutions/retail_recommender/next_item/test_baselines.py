"""Baselines of the next item, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.retail_recommender.next_item.baselines import KINDS, choose, choose_all
from solutions.retail_recommender.next_item.baselines_fit import ease, neighbours, popularity
from solutions.retail_recommender.next_item.baselines_weights import ItemWeights
from solutions.retail_recommender.next_item.ranking import hit_rate, ndcg, ranks
from solutions.retail_recommender.next_item.sequences import HeldOut, Sequences

DAY = 86_400_000_000


def dense(weights: ItemWeights) -> np.ndarray:
    """The weights as a matrix [N, N]: the scores of the histories of one item each."""
    alone = ItemWeights(weights.starts, weights.codes, weights.weights)
    return alone.scores(Sequences.from_lists([[code] for code in range(1, weights.items + 1)]))


def test_popularity_counts_purchases():
    counts = popularity(Sequences.from_lists([[1, 2], [2, 3], [2]]), 4).counts
    assert counts.tolist() == [1, 3, 1, 0]


def test_a_purchase_a_half_life_ago_weighs_half():
    sequences = Sequences(
        np.array([1, 2], np.int32), np.array([0, 2]), times=np.array([0, 7 * DAY])
    )
    assert popularity(sequences, 2, half_life=7).counts.tolist() == [0.5, 1.0]


def test_without_times_recency_counts_the_items_of_a_customer():
    counts = popularity(Sequences.from_lists([[1, 2, 3]]), 3, half_life=1).counts
    assert counts.tolist() == [0.25, 0.5, 1.0]


def test_neighbours_are_the_cosine_between_the_customers_of_two_items():
    # Item 1 has customers a b, item 2 a b c, item 3 c: cosines 2/sqrt(6), 1/sqrt(3) and 0.
    found = dense(neighbours(Sequences.from_lists([[1, 2], [2, 1], [3, 2]]), 3))
    expected = [[0, 2 / 6**0.5, 0], [2 / 6**0.5, 0, 3**-0.5], [0, 3**-0.5, 0]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_was_bought_before_says_less_than_what_was_bought_after():
    weights = neighbours(Sequences.from_lists([[1, 2]]), 2, backward=0.25, popular=0)
    assert dense(weights).tolist() == [[0, 1], [0.25, 0]]


def test_a_pair_farther_apart_weighs_less():
    weights = neighbours(Sequences.from_lists([[1, 2, 3]]), 3, backward=0, gap_decay=0.5, popular=0)
    assert dense(weights)[0].tolist() == [0, 1, 0.5]


def test_an_item_is_not_its_own_neighbour_and_customers_are_apart():
    weights = neighbours(Sequences.from_lists([[1, 1, 2], [3]]), 3, popular=0)
    assert dense(weights)[0, 0] == 0
    assert dense(weights)[:, 2].tolist() == [0, 0, 0]


def test_only_the_strongest_neighbours_are_kept():
    sequences = Sequences.from_lists([[1, 2], [1, 2], [1, 3]])
    assert dense(neighbours(sequences, 3, popular=0, most=1))[0].tolist() == [0, 2, 0]


def test_ease_is_its_closed_form():
    sequences = Sequences.from_lists([[1, 2], [2, 3], [1, 2, 3], [3, 4]])
    bought = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0], [0, 0, 1, 1.0]])
    inverse = np.linalg.inv(bought.T @ bought + 2 * np.eye(4))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    found = dense(ease(sequences, 4, strength=2.0))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_last_item_of_a_history_weighs_most():
    weights = ItemWeights.from_dense(np.array([[0, 0, 1.0], [0, 0, 2], [0, 0, 0]]), 3, decay=0.5)
    assert weights.scores(Sequences.from_lists([[1, 2], [2, 1]]))[:, 2].tolist() == [2.5, 2.0]


def test_an_empty_history_scores_nothing():
    weights = neighbours(Sequences.from_lists([[1, 2]]), 2)
    assert weights.scores(Sequences.from_lists([[], [1]]))[0].tolist() == [0, 0]


def test_what_a_bundle_keeps_scores_as_before():
    rng = np.random.default_rng(0)
    sequences = Sequences.from_lists(rng.integers(1, 30, (50, 6)))
    weights = neighbours(sequences, 30, decay=0.7)
    again = ItemWeights.from_arrays(weights.arrays())
    np.testing.assert_allclose(again.scores(sequences), weights.scores(sequences), rtol=2e-3)


def test_only_the_largest_weights_of_each_item_are_kept():
    dense = np.array([[0, 3, 1, 2], [5, 0, 0, 4], [0, 0, 0, 0], [0, 0, 9, 0.0]])
    kept = ItemWeights.from_dense(dense, 4, 0.5).strongest(2)
    scores = kept.scores(Sequences.from_lists([[1], [2], [3], [4], [1, 3]]))[:, 1:]
    assert scores.tolist() == [[3, 0, 2], [0, 0, 4], [0, 0, 0], [0, 9, 0], [1.5, 0, 1]]


def test_items_of_the_same_score_rank_before_the_truth():
    held = HeldOut(np.array([0]), Sequences.from_lists([[1]]), np.array([2], np.int32))
    assert ranks(lambda history: np.zeros((len(history), 5)), held).tolist() == [4]


def test_figures_of_ranks():
    found = np.array([1, 3, 11])
    assert hit_rate(found, 10) == pytest.approx(2 / 3)
    assert ndcg(found, 10) == pytest.approx((1 + 0.5) / 3)


def in_order() -> tuple[Sequences, HeldOut]:
    """Customers who walk along a row of 20 items, and others of whom one step is known."""
    walks = [np.arange(first, first + 6) for first in range(1, 16)]
    firsts = np.arange(6, 15)
    history = Sequences.from_lists(firsts[:, None])
    return Sequences.from_lists(walks), HeldOut(np.arange(9), history, firsts + 1)


def test_order_is_found_where_there_is_order():
    train, valid = in_order()
    plain = choose("item_knn", train, 20, valid)
    ordered = choose("ordered_knn", train, 20, valid)
    assert plain.ndcg10 < 0.9
    assert ordered.ndcg10 == 1


def test_settings_chosen_are_never_worse_than_those_at_the_start():
    train, valid = in_order()
    for kind, chosen in choose_all(train, 20, valid).items():
        known = KINDS[kind]
        start = known.fit(train, 20, **known.start)
        assert chosen.ndcg10 >= ndcg(ranks(start.scores, valid), 10)
        again = chosen.refitted(train, 20)
        np.testing.assert_allclose(
            again.scores(valid.history), chosen.fitted.scores(valid.history), rtol=1e-5
        )

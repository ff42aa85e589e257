"""Exact search against a plain sort of all scores, with every kind of filter."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.retrieval import exact, top_k


def plain(queries, items, k, allowed=None, excluded=None):
    """What a search must give: all scores sorted, ties by code."""
    scores = (queries.astype(np.float64) @ items.astype(np.float64).T).astype(np.float32)
    if allowed is not None:
        scores = np.where(allowed, scores, -np.inf)
    for row, codes in enumerate(excluded or ()):
        scores[row, codes] = -np.inf
    codes = np.stack([np.lexsort((np.arange(len(items)), -row))[:k] for row in scores])
    best = np.take_along_axis(scores, codes, axis=1)
    codes = np.where(best > -np.inf, codes, -1)
    missing = ((0, 0), (0, k - codes.shape[1]))
    return np.pad(codes, missing, constant_values=-1), np.pad(
        best, missing, constant_values=-np.inf
    )


@pytest.fixture
def made():
    rng = np.random.default_rng(3)
    # Small whole numbers: many scores are the same.
    items = rng.integers(-3, 4, (5003, 6)).astype(np.float32)
    return rng.integers(-2, 3, (70, 6)).astype(np.float32), items, rng


def same(found, expected):
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    assert (found[0].dtype, found[1].dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("k", [1, 10, 300, 6000])
def test_the_best_of_all_ties_by_code(made, k):
    queries, items, _ = made
    same(top_k(queries, items, k), plain(queries, items, k))


@pytest.mark.parametrize("block", [1 << 10, 1 << 14, 1 << 19])
def test_the_size_of_a_block_changes_nothing(monkeypatch, block):
    rng = np.random.default_rng(0)
    queries = rng.standard_normal((5, 16)).astype(np.float32)
    items = rng.standard_normal((4001, 16)).astype(np.float32)
    monkeypatch.setattr(exact, "_BLOCK", block)
    same(top_k(queries, items, 10), plain(queries, items, 10))


def test_a_query_gets_the_same_alone_and_among_others():
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((130, 33)).astype(np.float32)
    items = rng.standard_normal((3000, 33)).astype(np.float32)
    together = top_k(queries, items, 20)
    alone = [top_k(queries[row : row + 1], items, 20) for row in range(len(queries))]
    np.testing.assert_array_equal(together[0], np.concatenate([codes for codes, _ in alone]))
    np.testing.assert_array_equal(together[1], np.concatenate([scores for _, scores in alone]))


@pytest.mark.parametrize("share", [0.9, 0.3, 0.001])
@pytest.mark.parametrize("each", [False, True])
def test_filters_hold(made, share, each):
    queries, items, rng = made
    shape = (len(queries), len(items)) if each else len(items)
    allowed = rng.random(shape) < share
    excluded = [
        rng.choice(len(items), rng.integers(0, 900), replace=False) for _ in range(len(queries))
    ]
    same(top_k(queries, items, 10, allowed, excluded), plain(queries, items, 10, allowed, excluded))


def test_nothing_is_allowed(made):
    queries, items, _ = made
    codes, scores = top_k(queries, items, 4, np.zeros(len(items), bool))
    assert (codes == -1).all()
    assert (scores == -np.inf).all()


def test_no_items_and_no_queries():
    assert top_k(np.ones((2, 3)), np.ones((0, 3)), 4)[0].tolist() == [[-1] * 4] * 2
    assert top_k(np.ones((0, 3)), np.ones((5, 3)), 4)[0].shape == (0, 4)


def test_a_query_of_zeros_gets_the_first_codes():
    items = np.random.default_rng(0).standard_normal((20_000, 8)).astype(np.float32)
    codes, scores = top_k(np.zeros((1, 8)), items, 5, excluded=[np.array([1, 3])])
    assert codes.tolist() == [[0, 2, 4, 5, 6]]
    assert scores.tolist() == [[0.0] * 5]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"queries": np.ones((2, 4))}, "of one D"),
        ({"k": 0}, "1 or more"),
        ({"queries": np.full((1, 3), np.nan)}, "queries are finite"),
        ({"items": np.array([[1, 2, np.nan]] * 9)}, "items and scores are finite"),
        ({"items": np.full((9, 3), 3e38)}, "items and scores are finite"),
        ({"allowed": np.ones(8, bool)}, r"bool \[9\]"),
        ({"allowed": np.ones(9)}, r"Received: float64 \[9\]"),
        ({"excluded": []}, "each of 1 queries"),
        ({"excluded": [np.array([9])]}, "Received: 9 to 9"),
        ({"excluded": [np.array([-1])]}, "Received: -1 to -1"),
    ],
)
def test_what_does_not_fit_is_told(change, said):
    given = {"queries": np.ones((1, 3)), "items": np.ones((9, 3)), "k": 2} | change
    with pytest.raises(ValueError, match=said):
        top_k(**given)


def test_an_item_that_is_no_number_and_not_allowed_harms_nobody():
    items = np.ones((9, 3), np.float32)
    items[4] = np.nan
    allowed = np.arange(9) != 4
    assert top_k(np.ones((1, 3)), items, 9, allowed)[0].tolist() == [[0, 1, 2, 3, 5, 6, 7, 8, -1]]

"""Approximate search: what it tells holds, filters are never broken, an index comes back."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from lepton_core.errors import BundleError, MissingDependency
from lepton_core.retrieval import Approximate, top_k

try:
    import faiss
except ImportError:
    faiss = None
needs_faiss = pytest.mark.skipif(faiss is None, reason="faiss-cpu is not installed (extra ann)")


@pytest.fixture(scope="module")
def made():
    """Items in clusters, as trained ones are, and customers near them."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((40, 15)) * 2
    items = centres[rng.integers(40, size=6000)] + 0.5 * rng.standard_normal((6000, 15))
    queries = centres[rng.integers(40, size=200)] + 0.5 * rng.standard_normal((200, 15))
    items, queries = items.astype(np.float32), queries.astype(np.float32)
    return items, queries, Approximate.build(items, queries, recall=0.95)


def recall(found, truth):
    return np.mean([np.isin(t[t >= 0], f).mean() for f, t in zip(found, truth, strict=True)])


@needs_faiss
def test_the_recall_told_is_that_of_queries_not_seen(made):
    items, _, index = made
    rng = np.random.default_rng(9)
    queries = items[rng.integers(len(items), size=300)] + 0.5 * rng.standard_normal((300, 15))
    queries = queries.astype(np.float32)
    measured = recall(index.top_k(queries, 10)[0], top_k(queries, items, 10)[0])
    assert index.recall > 0.9
    assert measured == pytest.approx(index.recall, abs=0.04)


@needs_faiss
def test_scores_are_exact(made):
    items, queries, index = made
    codes, scores = index.top_k(queries, 10)
    expected = np.einsum("nd,nkd->nk", queries, items[codes], dtype=np.float64)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()


@needs_faiss
@pytest.mark.parametrize("share", [0.9, 0.4, 0.01, 0.0])
@pytest.mark.parametrize("each", [False, True])
def test_filters_hold_and_recall_with_them(made, share, each):
    items, queries, index = made
    rng = np.random.default_rng(4)
    allowed = rng.random((len(queries), len(items)) if each else len(items)) < share
    excluded = [codes[:5] for codes in top_k(queries, items, 5)[0]]
    codes, _ = index.top_k(queries, 10, allowed, excluded)
    mask = np.broadcast_to(allowed, (len(queries), len(items)))
    for row, found in enumerate(codes):
        given = found[found >= 0]
        assert mask[row, given].all()
        assert not np.isin(given, excluded[row]).any()
        assert len(np.unique(given)) == len(given)
    truth = top_k(queries, items, 10, allowed, excluded)[0]
    # Never fewer items than exact search gives, and about the recall of a search without filters.
    np.testing.assert_array_equal((codes >= 0).sum(axis=1), (truth >= 0).sum(axis=1))
    if share:
        assert recall(codes, truth) > 0.9


@needs_faiss
def test_a_filter_that_leaves_only_far_items_is_answered_exactly(made):
    items, queries, index = made
    scores = queries[:1] @ items.T
    allowed = scores[0] < np.median(scores)
    found, expected = index.top_k(queries[:1], 10, allowed), top_k(queries[:1], items, 10, allowed)
    np.testing.assert_array_equal(found[0], expected[0])


@needs_faiss
def test_an_index_comes_back_from_its_bytes(made, tmp_path):
    items, queries, index = made
    state, arrays = index.state()
    np.savez(tmp_path / "arrays.npz", allow_pickle=False, **arrays)
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as stored:
        again = Approximate.from_state(state, dict(stored), items)
    np.testing.assert_array_equal(again.top_k(queries, 10)[0], index.top_k(queries, 10)[0])
    assert (again.recall, again.probes) == (index.recall, index.probes)
    # 4 bits for two numbers, and the codes' ids.
    assert arrays["index"].nbytes < items.nbytes / 2


@needs_faiss
def test_bytes_that_are_no_index_and_other_items_are_refused(made):
    items, _, index = made
    state, arrays = index.state()
    with pytest.raises(BundleError, match="belongs to other items"):
        Approximate.from_state(state, arrays, items[1:])
    with pytest.raises(BundleError, match="cannot be read"):
        Approximate.from_state(state, {"index": arrays["index"][:100]}, items)


@needs_faiss
def test_a_handful_of_items_has_an_index_too():
    items = np.eye(5, dtype=np.float32)
    index = Approximate.build(items, items, k=2)
    assert index.top_k(items, 1)[0].ravel().tolist() == [0, 1, 2, 3, 4]


def test_without_faiss_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingDependency, match=r"lepton-core\[ann\]"):
        Approximate.build(np.eye(5), np.eye(5))

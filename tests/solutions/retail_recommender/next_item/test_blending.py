"""A network's scores and those of item weights together."""

from __future__ import annotations

import numpy as np

from solutions.retail_recommender.next_item.baselines_weights import ItemWeights
from solutions.retail_recommender.next_item.blending import Blend, choose_share
from solutions.retail_recommender.next_item.sequences import HeldOut, Sequences

WEIGHTS = ItemWeights.from_dense(np.array([[0, 0, 5.0], [0, 0, 0], [0, 0, 0]]), 3)
HELD = HeldOut(np.arange(2), Sequences.from_lists([[1], [1]]), np.array([3, 3], np.int32))


def ascending(history: Sequences) -> np.ndarray:
    """A network to which item 2 is always best."""
    return np.tile(np.float32([0, 2, 1]), (len(history), 1))


def test_item_weights_are_added_by_their_share():
    found = Blend(WEIGHTS, 0.5).scorer(ascending)(HELD.history)
    assert found.tolist() == [[0, 2, 3.5]] * 2


def test_a_share_of_none_leaves_the_network_alone():
    assert Blend(WEIGHTS, 0.0).scorer(ascending)(HELD.history).tolist() == [[0, 2, 1]] * 2


def test_validation_takes_item_weights_only_where_they_help():
    two = ItemWeights.from_dense(np.array([[0, 4.0, 5], [0, 0, 0], [0, 0, 0]]), 3)
    blend, tried = choose_share(ascending, two, HELD)
    assert blend.share > 0
    assert max(one.ndcg10 for one in tried) > tried[0].ndcg10
    wrong = HeldOut(HELD.users, HELD.history, np.array([2, 2], np.int32))
    assert choose_share(ascending, two, wrong)[0].share == 0

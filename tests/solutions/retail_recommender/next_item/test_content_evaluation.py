"""The protocol of items held out: nothing of them is learned from, and ranks are full ones."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.retail_recommender.next_item import content_evaluation
from solutions.retail_recommender.next_item.content_evaluation import Interactions, Setting, recalls


@pytest.fixture(scope="module")
def market():
    """Two tastes; items are called by theirs."""
    rng = np.random.default_rng(77)
    tastes = np.arange(60) % 2
    bought = rng.random((50, 60)) < np.where(np.arange(50)[:, None] % 2 == tastes, 0.4, 0.03)
    names = ["crime noir" if taste else "comedy light" for taste in tastes]
    users, items = np.nonzero(bought)
    return Interactions(users, items, [(f"{n} {i}", n) for i, n in enumerate(names)], names)


def test_folds_hold_every_item_once():
    found = content_evaluation.folds(103, 5, 3)
    assert sorted(np.concatenate(found).tolist()) == list(range(103))


def test_recall_counts_hits_among_the_candidates():
    data = Interactions(np.array([0, 0, 0, 1]), np.array([0, 2, 3, 1]), ["", "", "", ""], [""] * 4)
    held = np.array([2, 3])
    given = np.array([[9, 5, 4, 1], [0, 0, 0, 0]], np.float32)
    # The first customer has item 0 and is asked for 2 and 3; the second bought nothing new.
    assert recalls(data, held, given, "new", k=1).tolist() == [1.0]
    assert recalls(data, held, given, "all", k=1).tolist() == [0.0]
    assert recalls(data, held, given, "all", k=2).tolist() == [0.5]
    assert recalls(data, held, given, "all", k=3).tolist() == [1.0]


def test_equal_scores_are_chance():
    rng = np.random.default_rng(77)
    users, items = np.nonzero(rng.random((400, 50)) < 0.3)
    data = Interactions(users, items, [""] * 50, [""] * 50)
    found = recalls(data, np.arange(40), np.zeros((400, 50), np.float32), "new", k=10)
    # Ten of forty are shown: a quarter of what is wanted, over ten where more is wanted.
    wanted = np.bincount(users[items < 40], minlength=400)
    assert found.mean() == pytest.approx(np.maximum(wanted, 10).mean() / 40, abs=0.012)


def test_content_finds_what_popularity_cannot(market):
    held = content_evaluation.folds(60, 4, 0)[0]
    given = content_evaluation.scores(market, held, Setting(width=8))
    found = {way: recalls(market, held, scores, "new", k=5).mean() for way, scores in given.items()}
    assert found["content"] > 1.5 * found["popularity"]
    assert found["genre_overlap"] > 1.5 * found["random"]
    assert (given["popularity"][:, held] == 0).all()


def test_what_held_out_items_sold_changes_nothing_but_hindsight(market):
    held = content_evaluation.folds(60, 4, 0)[0]
    kept = ~np.isin(market.items, held) | (market.users % 2 == 0)
    fewer = Interactions(market.users[kept], market.items[kept], market.texts, market.labels)
    whole = content_evaluation.scores(market, held, Setting(width=8))
    less = content_evaluation.scores(fewer, held, Setting(width=8))
    for way in whole:
        if way != "popularity_hindsight":
            np.testing.assert_array_equal(whole[way], less[way])
    assert (whole["popularity_hindsight"] != less["popularity_hindsight"]).any()

"""Lists of items: filters hold whatever is asked, and the order is the one that was asked for."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Rank, from_json
from lepton_core.decision.catalogue import Catalogue
from lepton_core.decision.item_filters import ItemFilters
from lepton_core.decision.item_weights import ItemWeights
from lepton_core.decision.items import Items
from lepton_core.decision.reordering import Reordering
from lepton_core.errors import UsageError
from lepton_core.testing.lists import check_lists, faults

N, WIDTH = 400, 8


def shop(seed: int = 0, *, empty: bool = False) -> Items:
    rng = np.random.default_rng(seed)
    kinds = np.array(["tea", "cups", "books", None], object)[rng.integers(0, 4, N)]
    numbers = {
        "price": np.where(rng.random(N) < 0.1, np.nan, rng.uniform(1, 50, N)),
        "margin": np.where(rng.random(N) < 0.1, np.nan, rng.uniform(-1, 20, N)),
        "stock": np.where(rng.random(N) < 0.1, np.nan, rng.poisson(1.0, N)),
    }
    catalogue = Catalogue(
        tuple(f"i{number}" for number in range(N)),
        {} if empty else {"category": kinds.tolist()},
        {} if empty else numbers,
    )
    vectors = rng.normal(size=(N, WIDTH)).astype(np.float32)
    counts = rng.integers(0, 100, N)
    return Items(catalogue, vectors, counts, counts.astype(np.float32))


def customers(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    history = np.zeros((n, 30), np.int64)
    for row in history:
        had = rng.integers(0, 31)
        row[:had] = rng.integers(1, N + 1, had)
    score = rng.normal(size=(n, WIDTH)).astype(np.float32)
    score[history[:, 0] == 0] = 0
    return score, history


def test_no_random_request_is_violated() -> None:
    check_lists(shop(), 200)
    check_lists(shop(empty=True), 40)


def test_a_bundle_gives_vectors_back_exactly_those_of_8_bits_from_a_quarter_of_the_room() -> None:
    items = shop()
    rounded = dataclasses.replace(items, vectors=np.round(items.vectors * 32) / np.float32(32))
    for given, size in ((items, 4), (rounded, 1)):
        kept = given.arrays()
        again = Items.from_arrays(kept).vectors
        assert np.array_equal(again, given.vectors)
        assert again.dtype == np.float32
        assert kept["vectors"].itemsize == size


BROKEN = [
    ({"filters": ItemFilters(in_stock=True)}, "filter"),
    ({"filters": ItemFilters(categories=("tea",))}, "filter"),
    ({"filters": ItemFilters(high_price=20.0)}, "filter"),
    ({"filters": ItemFilters(hidden=("i1",))}, "filter"),
    ({}, "seen"),
    ({"reordering": Reordering(per_category=1)}, "cap"),
    ({"quota": 0.3}, "quota"),
    ({"k": 30}, "short"),
]


@pytest.mark.parametrize(("asked", "fault"), BROKEN)
def test_the_check_of_lists_sees_what_is_wrong(asked: dict, fault: str) -> None:
    items, (_, history) = shop(), customers(6)
    careless = Rank(items, k=25, seen=True)
    codes, _ = careless.lists(np.ones((6, WIDTH), np.float32), history)
    codes[0, 0] = 1
    codes[-1, 0] = history[-1, 0] - 1
    assert fault in faults(Rank(items, **{"k": 25, **asked}), codes, history)


def test_plain_lists_are_the_largest_products() -> None:
    items, (score, history) = shop(), customers(20)
    codes, scores = Rank(items, k=7).lists(score, history)
    for row in np.flatnonzero(history[:, 0] > 0):
        every = items.vectors @ score[row]
        every[history[row][history[row] > 0] - 1] = -np.inf
        assert codes[row].tolist() == np.argsort(-every, kind="stable")[:7].tolist()
        assert scores[row] == pytest.approx(every[codes[row]], rel=1e-5)


def weighted(items: Items, seed: int = 3) -> Items:
    """The same items, each of which says something of five others."""
    rng = np.random.default_rng(seed)
    codes = np.concatenate([rng.permutation(N)[:5] for _ in range(N)])
    starts = np.arange(0, 5 * N + 1, 5)
    weights = ItemWeights(starts, codes, rng.uniform(0, 4, 5 * N), decay=0.7, share=1.5)
    return dataclasses.replace(items, weights=weights)


def test_what_is_added_for_a_history_is_added_to_every_item() -> None:
    items, (score, history) = weighted(shop()), customers(40)
    rank = Rank(items, k=9)
    codes, scores = rank.lists(score, history)
    every = rank.scores(score, history)
    for row in np.flatnonzero(history[:, 0] > 0):
        had = history[row][history[row] > 0] - 1
        by_hand = items.vectors.astype(float) @ score[row]
        for ago, item in enumerate(had):
            said = slice(items.weights.starts[item], items.weights.starts[item + 1])
            by_hand[items.weights.codes[said]] += 1.5 * 0.7**ago * items.weights.weights[said]
        assert every[row] == pytest.approx(by_hand, rel=1e-5, abs=1e-5)
        by_hand[had] = -np.inf
        assert codes[row].tolist() == np.argsort(-by_hand, kind="stable")[:9].tolist()
        assert scores[row] == pytest.approx(by_hand[codes[row]], rel=1e-5)
    check_lists(items, 40)


def test_a_stranger_gets_what_is_trending_under_the_same_filters() -> None:
    items = shop()
    rank = Rank(items, k=5, filters=ItemFilters(categories=("tea",)))
    found = rank.apply({"score": np.zeros((1, WIDTH)), "history": np.zeros((1, 3), int)})
    tea = [code for code in range(N) if items.catalogue.texts["category"][code] == "tea"]
    best = sorted(tea, key=lambda code: -items.trend[code])[:5]
    assert found["items"].to_pylist() == [[items.catalogue.ids[code] for code in best]]
    assert found["note"].to_pylist() == ["trending"]


def test_margin_earns_more_and_costs_fit_and_diversity_lowers_likeness() -> None:
    items, (score, history) = shop(), customers(60)
    margin = np.nan_to_num(items.catalogue.numbers["margin"])
    known = history[:, 0] > 0
    earned, fit = [], []
    for weight in (0.0, 0.5, 1.0):
        codes, scores = Rank(items, reordering=Reordering(margin=weight)).lists(score, history)
        earned.append(margin[codes[known]].mean())
        fit.append(scores[known].mean())
    assert earned == sorted(earned)
    assert fit == sorted(fit, reverse=True)
    assert earned[0] < earned[2]
    assert fit[2] < fit[0]
    alike = []
    for weight in (0.0, 0.6):
        codes, _ = Rank(items, reordering=Reordering(diversity=weight)).lists(score, history)
        unit = items.vectors / np.linalg.norm(items.vectors, axis=1, keepdims=True)
        lists = unit[codes[known]]
        alike.append(np.einsum("nid,njd->nij", lists, lists).mean())
    assert alike[1] < alike[0]


def test_it_survives_json_and_arrays_and_is_told_from_another() -> None:
    rank = Rank(shop(), 5, True, ItemFilters(True, ("tea",), 1.0, 9.0, ("i3",)), Reordering(0.2))
    again = from_json(json.loads(json.dumps(rank.to_json())), rank.arrays())
    assert again == rank
    added = rank.with_items(weighted(shop()))
    again = from_json(added.to_json(), added.arrays())
    assert again.items.weights.weights == pytest.approx(added.items.weights.weights, rel=1e-3)
    assert again.items.weights.share == 1.5
    assert dataclasses.replace(rank, k=6) != rank
    assert rank.with_items(shop(7)) != rank


CASES = [
    (lambda: Rank(shop(), k=0), "k"),
    (lambda: Rank(shop(), quota=1.5), "share"),
    (lambda: Rank(shop(), reordering=Reordering(margin=-0.1)), "share"),
    (lambda: Rank(shop(), filters=ItemFilters(categories=("cars",))), "category"),
    (lambda: Rank(shop(), filters=ItemFilters(low_price=9, high_price=1)), "prices"),
    (lambda: Rank(shop(empty=True), filters=ItemFilters(in_stock=True)), "no_column"),
    (lambda: Rank(shop(empty=True), filters=ItemFilters(high_price=1)), "no_column"),
    (lambda: Rank(shop(empty=True), filters=ItemFilters(categories=("tea",))), "no_column"),
    (lambda: Rank(shop(empty=True), reordering=Reordering(margin=0.5)), "no_column"),
    (lambda: Rank(shop(empty=True), reordering=Reordering(per_category=2)), "no_column"),
]


@pytest.mark.parametrize(("make", "key"), CASES)
def test_what_cannot_hold_is_refused_in_words(make, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.key == f"rank.{key}"


def test_without_a_catalogue_lists_are_made_all_the_same() -> None:
    codes, _ = Rank(shop(empty=True), k=3).lists(*customers(3))
    assert (codes >= 0).all()


def test_what_left_the_shop_passes_no_filter() -> None:
    items = shop()
    table = pa.table({"item": ["i1", "i2", "new"], "stock": [5.0, 0.0, 9.0]})
    rank = Rank(items.updated(table), k=3, filters=ItemFilters(in_stock=True))
    found = rank.apply({"score": np.ones((1, WIDTH)), "history": np.array([[1]])})
    assert found["items"].to_pylist() == [["i1"]]
    assert found["note"].to_pylist() == ["few_items"]


def test_customers_who_come_first_choose_first_within_a_quota() -> None:
    items = shop()
    score, history = np.ones((4, WIDTH), np.float32), np.ones((4, 1), np.int64)
    codes, _ = Rank(items, k=2, quota=0.5).lists(score, history)
    plain, _ = Rank(items, k=4).lists(score, history)
    assert codes[:2].tolist() == [plain[0, :2].tolist()] * 2
    assert codes[2:].tolist() == [plain[0, 2:].tolist()] * 2

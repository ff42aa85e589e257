"""Reasons by removal, on a network whose right answer is known: a sum of what each item says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Rank
from lepton_core.decision.catalogue import Catalogue
from lepton_core.decision.items import Items
from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.base import Runtime
from lepton_core.solution import find_task
from solutions.retail_recommender.next_item.explanations import Removal
from solutions.retail_recommender.next_item.preprocessing import NextItemPreprocessor
from solutions.retail_recommender.next_item.shop import Shop

NAMES = tuple("abcdefgh")
# a speaks for e, b for f, c for g and a little for e, d a little for h.
SPEAKS = {
    ("a", "e"): 5.0,
    ("b", "f"): 4.0,
    ("c", "e"): 1.0,
    ("c", "g"): 2.0,
    ("d", "h"): 1.0,
}


class Sum(Runtime):
    """Each item that was read adds its row."""

    name = "sum"

    def __init__(self) -> None:
        self.table = np.zeros((len(NAMES) + 1, len(NAMES)), np.float32)
        for (had, shown), value in SPEAKS.items():
            self.table[NAMES.index(had) + 1, NAMES.index(shown)] = value

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Sum:
        return cls()

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, None)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": self.table[inputs["x"]].sum(axis=1)}


@pytest.fixture
def shop() -> Shop:
    numbers = {"price": np.arange(8.0), "stock": np.array([1.0] * 7 + [0.0])}
    catalogue = Catalogue(NAMES, {"title": [f"the {name}" for name in NAMES]}, numbers)
    together = np.full((8, 2), -1, np.int32)
    together[0] = [7, 4]
    lift = np.float32([[3, 2]] + [[0, 0]] * 7)
    items = Items(
        catalogue, np.eye(8, dtype=np.float32), np.ones(8), np.arange(8.0)[::-1], together, lift
    )
    preprocessor = NextItemPreprocessor(5, 64, catalogue)
    task = find_task("retail_recommender/next_item")
    return Shop(Pipeline(task, "test", preprocessor, Sum(), Rank(items, k=3)))


def test_the_item_that_speaks_most_for_what_is_shown_is_its_reason(shop: Shop) -> None:
    shown = shop.suggest(["d", "a", "b", "c"], because=True).shown
    assert [(one.item, one.because) for one in shown] == [("e", "a"), ("f", "b"), ("g", "c")]


def test_what_nothing_speaks_for_has_no_reason(shop: Shop) -> None:
    shown = shop.suggest(["d", "b"], because=True).shown
    assert [(one.item, one.because) for one in shown] == [("f", "b"), ("h", "d"), ("a", "")]


def test_explanations_name_titles_and_tell_ranks(shop: Shop) -> None:
    table = pa.table({"record_id": ["u", "v"], "items": [["a", "b"], []]})
    explained = Removal().explain(shop.pipeline, table)
    told = explained[0].to_json()["reasons"][0]
    assert (told["item"], told["because"], told["rank"]) == ("the e", "the a", 1)
    assert told["rank_without"] > 1
    assert "the a" in told["message"]
    assert explained[1].reasons == ()


def test_one_choice_more_changes_the_list_at_once(shop: Shop) -> None:
    assert shop.suggest(["d"]).items != shop.suggest(["d", "b"]).items
    assert shop.suggest(["d", "b"]).items[0] == "f"


def test_answers_hold_to_the_settings_of_their_call(shop: Shop) -> None:
    assert shop.suggest(["a", "b"], k=2, high_price=4.5).items == ["e", "c"]
    assert shop.suggest(["d"], k=8, in_stock=True).items.count("h") == 0
    assert shop.together("a").items == ["h", "e"]
    assert shop.together("a", in_stock=True).items == ["e"]
    assert shop.trending(hidden=["a"]).items == ["b", "c", "d"]
    assert shop.suggest(["nobody knows"], k=1).notes == ("unknown_items", "trending")
    assert "a" not in shop.similar("a").items


CASES = [
    (lambda shop: shop.suggest(["a"], speed=1), "ranking_key"),
    (lambda shop: shop.suggest(["a"], k="many"), "ranking_value"),
    (lambda shop: shop.suggest(["a"], categories=["cups"]), "no_column"),
    (lambda shop: shop.similar("nobody knows"), "unknown_item"),
]


@pytest.mark.parametrize(("ask", "key"), CASES)
def test_what_cannot_be_answered_is_told(shop: Shop, ask, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(shop)
    assert caught.value.key == f"rank.{key}"

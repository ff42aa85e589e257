"""Random requests to a ranking, and what is wrong with the lists that it gives; public."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core.decision.item_filters import ItemFilters
from lepton_core.decision.items import Items
from lepton_core.decision.rank import Rank
from lepton_core.decision.reordering import Reordering


def check_lists(items: Items, requests: int, seed: int = 0, customers: int = 4) -> None:
    """No list of random requests breaks a filter, a limit or a quota that was asked for.

    Args:
        items: with a catalogue.
        requests: how many; each has other settings, customers and histories.
        seed: the same seed asks the same.
        customers: in each request.

    Raises:
        AssertionError: telling the first request that is violated.
    """
    rng = np.random.default_rng(seed)
    for number in range(requests):
        rank = random_request(rng, items)
        history = _histories(rng, customers, len(items))
        width = items.vectors.shape[1]
        score = rng.normal(size=(customers, width)).astype(np.float32)
        score[history[:, 0] == 0] = 0
        codes, _ = rank.lists(score, history)
        wrong = faults(rank, codes, history)
        assert not wrong, f"request {number} is violated ({', '.join(wrong)}): {rank.to_json()}"


def random_request(rng: np.random.Generator, items: Items) -> Rank:
    """A ranking with random settings, as far as the catalogue knows what they ask for."""
    about = items.catalogue

    def some(value: Any, other: Any, column: str = "") -> Any:
        return value if rng.random() < 0.4 and (not column or about.knows(column)) else other

    low = high = None
    if about.knows("price"):
        cheap, dear = np.nanquantile(about.numbers["price"], [0.0, 0.9])
        low = some(float(rng.uniform(cheap, dear)), None)
        high = some((low or cheap) + float(rng.uniform(0, dear - cheap)), None)
    kinds = rng.permutation(about.categories)[: int(rng.integers(1, 4))].tolist()
    hidden = tuple(about.ids[code] for code in rng.integers(0, len(about), 20))
    return Rank(
        items,
        k=int(rng.integers(1, 25)),
        seen=bool(rng.random() < 0.3),
        filters=ItemFilters(
            in_stock=some(True, False, "stock"),
            categories=some(tuple(kinds), (), "category"),
            low_price=low,
            high_price=high,
            hidden=some(hidden, ()),
        ),
        reordering=Reordering(
            diversity=some(float(rng.random()), 0.0),
            margin=some(float(rng.random()), 0.0, "margin"),
            per_category=some(int(rng.integers(1, 4)), 0, "category"),
        ),
        quota=some(float(rng.uniform(0.01, 0.5)), 0.0),
    )


def faults(rank: Rank, codes: np.ndarray, history: np.ndarray) -> list[str]:
    """What is wrong with lists, told item by item from the catalogue, not by the decision's means.

    Args:
        rank: what was asked.
        codes: int64 [n, k], the lists; -1 at their end.
        history: int64 [n, H], codes + 1 of what each customer had, 0 where no more.

    Returns:
        any of ``filter seen twice cap short quota``; ``short`` where a list has fewer items than
        pass, which a cap or a quota excuses.
    """
    passing = {code for code in range(len(rank.items)) if _passes(rank, code)}
    kinds = rank.items.catalogue.texts.get("category") or [None] * len(rank.items)
    shown = np.zeros(len(rank.items), np.int64)
    cap, wrong = rank.reordering.per_category, []
    for row, had in zip(codes.tolist(), history.tolist(), strict=True):
        found = [code for code in row if code >= 0]
        shown[found] += 1
        bought = set() if rank.seen else {code - 1 for code in had if code}
        wrong += ["filter"] if not set(found) <= passing else []
        wrong += ["seen"] if set(found) & bought else []
        wrong += ["twice"] if len(set(found)) < len(found) else []
        named = [kinds[code] for code in found if kinds[code]]
        wrong += ["cap"] if cap and any(named.count(kind) > cap for kind in named) else []
        if not rank.quota and not cap:
            wrong += ["short"] if len(found) < min(rank.k, len(passing - bought)) else []
    if rank.quota and shown.max(initial=0) > max(int(rank.quota * len(codes) + 1e-9), 1):
        wrong.append("quota")
    return wrong


def _passes(rank: Rank, code: int) -> bool:
    about, asked = rank.items.catalogue, rank.filters
    number = {name: float(values[code]) for name, values in about.numbers.items()}
    if about.ids[code] in asked.hidden:
        return False
    if asked.in_stock and not number.get("stock", np.nan) >= 1:
        return False
    if asked.categories and about.texts["category"][code] not in asked.categories:
        return False
    price = number.get("price", np.nan)
    if asked.low_price is not None and not price >= asked.low_price:
        return False
    return asked.high_price is None or price <= asked.high_price


def _histories(rng: np.random.Generator, n: int, items: int) -> np.ndarray:
    history = np.zeros((n, 30), np.int64)
    for row in history:
        had = int(rng.integers(0, 31))
        row[:had] = rng.integers(1, items + 1, had)
    return history

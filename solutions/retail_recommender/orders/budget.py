"""One budget for the orders of many products: the least expected cost that it can buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .policy import Product, order

# Partial plans kept side by side; with fewer than needed the plan is near the best, with proof how
# near.
_MOST_PLANS = 2_000
# Nearer to the best than this part of what a plan saves, nothing more is looked for.
_NEAR = 1e-6


@dataclass(frozen=True)
class Allocation:
    """Orders that share a budget.

    Args:
        quantities: float64 [products].
        spent: money for them.
        cost: expected cost of what is left over and missing, of all products.
        bound: no plan within the budget costs less than this.
        worth: expected cost that one more unit of money would save; 0 where the budget is enough.
    """

    quantities: np.ndarray
    spent: float
    cost: float
    bound: float
    worth: float

    @property
    def gap(self) -> float:
        """How far at most the plan's cost lies above the best possible, as part of it."""
        return (self.cost - self.bound) / max(self.bound, 1e-9)


@dataclass(frozen=True)
class _Levels:
    """What one product may get: quantities, money and expected cost saved, each [levels]."""

    quantity: np.ndarray
    money: np.ndarray
    saved: np.ndarray


def allocate(products: list[Product], budget: float | None) -> Allocation:
    """Orders of the least expected cost within a budget.

    Expected costs are convex, so that with money in parts as small as one likes the best plan takes
    packs by what each saves for its money, down to one price for all. Packs are whole; the best
    plan lies near that one. A choice that loses more at this price than the best plan known so far
    cannot be part of a better one; what remains is searched through, keeping of all partial plans
    those that no other one beats in both money and loss.

    Args:
        products: what may be ordered.
        budget: money for all of them, at least 0; None for no limit.

    Source:
        Pisinger, A minimal algorithm for the multiple-choice knapsack problem, European Journal of
        Operational Research, 1995.

    Example:
        >>> paths = np.arange(1.0, 11.0)
        >>> two = [Product(paths, paths, 0.0, cost, 1.0, 9.0) for cost in (1.0, 3.0)]
        >>> plan = allocate(two, 14.0)
        >>> plan.quantities.tolist(), plan.spent, plan.gap == 0.0
        ([8.0, 2.0], 14.0, True)
    """
    nothing = float(sum(p.expected_cost(np.zeros(1))[0] for p in products))
    free = np.array([order(product) for product in products])
    costs = np.array([product.cost for product in products])
    if budget is None or float(free @ costs) <= budget + 1e-9:
        cost = sum(p.expected_cost(np.array([q]))[0] for p, q in zip(products, free, strict=True))
        return Allocation(free, float(free @ costs), float(cost), float(cost), 0.0)
    levels = [_levels(p, most) for p, most in zip(products, free, strict=True)]
    price, chosen = _by_price(levels, budget)
    chosen = _filled(levels, chosen, budget)
    # Whatever a plan saves falls short of this by its losses and by the money that it leaves.
    losses = [_losses(one, price) for one in levels]
    best = sum(float((one.saved - price * one.money).max()) for one in levels) + price * budget
    saved = _total(levels, chosen)
    found, is_proven = None, False
    if best - saved > _NEAR * best:
        found, is_proven = _search(levels, losses, price, budget, best - saved)
    if found is not None:
        chosen = found
        saved = _total(levels, chosen)
    quantities = np.array([one.quantity[k] for one, k in zip(levels, chosen, strict=True)])
    bound = nothing - (saved if is_proven else best)
    return Allocation(quantities, float(quantities @ costs), nothing - saved, bound, price)


def _levels(product: Product, most: float) -> _Levels:
    """The choices up to the one that is best without a budget, less those that save nothing."""
    quantity = product.choices()
    quantity = quantity[quantity <= most + 1e-9]
    cost = product.expected_cost(quantity)
    saved = cost[0] - cost
    useful = np.concatenate([[True], np.diff(np.maximum.accumulate(saved)) > 1e-12])
    return _Levels(quantity[useful], quantity[useful] * product.cost, saved[useful])


def _by_price(levels: list[_Levels], budget: float) -> tuple[float, list[int]]:
    """The price of money at which packs just do not fit any more, and what is taken before it."""
    rate, money, who = [], [], []
    for place, one in enumerate(levels):
        spent = np.diff(one.money)
        # Never rising, to the last digit: the next pack saves no more for its money.
        rate.append(np.minimum.accumulate(np.diff(one.saved) / np.maximum(spent, 1e-12)))
        money.append(spent)
        who.append(np.full(len(spent), place))
    rates, spends, places = (np.concatenate(parts) for parts in (rate, money, who))
    # Stable: of one product the smaller quantity comes first, also where rates are the same.
    by_rate = np.argsort(-rates, kind="stable")
    fits = np.cumsum(spends[by_rate]) <= budget + 1e-9
    taken = by_rate[: int(np.argmin(fits))] if not fits.all() else by_rate
    price = float(rates[by_rate[len(taken)]]) if len(taken) < len(by_rate) else 0.0
    return price, np.bincount(places[taken], minlength=len(levels)).tolist()


def _filled(levels: list[_Levels], chosen: list[int], budget: float) -> list[int]:
    """The same with whatever further packs fit, by what they save for their money."""
    chosen = list(chosen)
    left = budget - sum(float(one.money[k]) for one, k in zip(levels, chosen, strict=True))
    while True:
        best, place = 0.0, -1
        for at, (one, k) in enumerate(zip(levels, chosen, strict=True)):
            if k + 1 < len(one.money) and one.money[k + 1] - one.money[k] <= left + 1e-9:
                spent = max(float(one.money[k + 1] - one.money[k]), 1e-12)
                gain = float(one.saved[k + 1] - one.saved[k]) / spent
                if gain > best:
                    best, place = gain, at
        if place < 0:
            return chosen
        one, k = levels[place], chosen[place]
        left -= float(one.money[k + 1] - one.money[k])
        chosen[place] = k + 1


def _losses(one: _Levels, price: float) -> np.ndarray:
    """What each choice of a product loses at a price of money, at least 0, [levels]."""
    value = one.saved - price * one.money
    return value.max() - value


def _total(levels: list[_Levels], chosen: list[int]) -> float:
    return sum(float(one.saved[k]) for one, k in zip(levels, chosen, strict=True))


def _search(
    levels: list[_Levels], losses: list[np.ndarray], price: float, budget: float, gap: float
) -> tuple[list[int] | None, bool]:
    """The plan that loses less than ``gap``, where there is one, and whether nothing was cut off.

    A plan falls short of the best at this price by its losses and by the money it leaves.
    """
    open_choices = [np.flatnonzero(loss < gap - 1e-12) for loss in losses]
    if any(not len(some) for some in open_choices):
        return None, True
    money, saved, lost = np.zeros(1), np.zeros(1), np.zeros(1)
    parents: list[tuple[np.ndarray, np.ndarray]] = []
    is_proven = True
    # Those with most choices last: until then few partial plans exist.
    order_of = sorted(range(len(levels)), key=lambda at: len(open_choices[at]))
    for at in order_of:
        some = open_choices[at]
        spent = (money[:, None] + levels[at].money[some]).ravel()
        gained = (saved[:, None] + levels[at].saved[some]).ravel()
        loss = (lost[:, None] + losses[at][some]).ravel()
        keep = np.flatnonzero((spent <= budget + 1e-9) & (loss < gap - 1e-12))
        keep = keep[np.lexsort((-gained[keep], spent[keep]))]
        kept = keep[_rising(gained[keep])]
        if len(kept) > _MOST_PLANS:
            is_proven = False
            kept = kept[np.argsort(loss[kept])[:_MOST_PLANS]]
        if not len(kept):
            return None, is_proven
        parents.append((kept // len(some), some[kept % len(some)]))
        money, saved, lost = spent[kept], gained[kept], loss[kept]
    place = int(np.argmin(lost + price * (budget - money)))
    if lost[place] + price * (budget - money[place]) >= gap - 1e-12:
        return None, is_proven
    chosen = [0] * len(levels)
    for at, (before, choice) in zip(reversed(order_of), reversed(parents), strict=True):
        chosen[at] = int(choice[place])
        place = int(before[place])
    return chosen, is_proven


def _rising(values: np.ndarray) -> np.ndarray:
    """Where values [n] rise above all before them."""
    before = np.concatenate([[-np.inf], np.maximum.accumulate(values)[:-1]])
    return np.flatnonzero(values > before + 1e-15) if len(values) else np.zeros(0, np.int64)

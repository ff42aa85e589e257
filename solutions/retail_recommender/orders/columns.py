"""What a record's row of numbers holds, in the order of the task's outputs, and its notes."""

from __future__ import annotations

import numpy as np

from .budget import Allocation, allocate
from .cover import covered
from .policy import order
from .reading import Line

FIRST = (
    *("order", "spend", "wanted", "reorder_point", "safety_stock", "position", "demand"),
    *("reached", "missing", "expected_cost", "worth", "gap"),
)
COLUMNS = (*FIRST, "stock", "out_risk", "notes", "review")
NOTES = ("cut_by_budget", "cut_by_room", "backorders", "beyond_forecast", "no_interval")
_REVIEW = ("cut_by_budget", "cut_by_room", "beyond_forecast")


def plan_rows(lines: list[Line], budget: float | None, n: int) -> np.ndarray:
    """The numbers of each record of a plan, float32 [n, columns]; NaN for an empty cell.

    Args:
        lines: the products of the plan.
        budget: money for all of them; None for no limit.
        n: records of the plan.
    """
    allocation = allocate([line.product for line in lines], budget)
    found = np.full((n, len(COLUMNS)), np.nan, np.float32)
    for at in ("notes", "review"):
        found[:, COLUMNS.index(at)] = 0.0
    for line, quantity in zip(lines, allocation.quantities.tolist(), strict=True):
        first = line.rows[0]
        told, notes = _told(line, quantity, allocation)
        found[first, : len(FIRST)] = [told[name] for name in FIRST]
        found[first, COLUMNS.index("notes")] = sum(
            2**at for at, name in enumerate(NOTES) if name in notes
        )
        found[first, COLUMNS.index("review")] = any(name in notes for name in _REVIEW)
        stock, out = projection(line, quantity)
        found[line.rows, COLUMNS.index("stock")] = stock
        found[line.rows, COLUMNS.index("out_risk")] = out
    return found


def _told(
    line: Line, quantity: float, allocation: Allocation
) -> tuple[dict[str, float], frozenset[str]]:
    product = line.product
    wanted = order(product)
    stock = product.position + quantity
    missing = np.maximum(product.until_next - stock, 0.0)
    told = {
        "order": quantity,
        "spend": quantity * product.cost,
        "wanted": wanted,
        "reorder_point": product.reorder_point,
        "safety_stock": product.safety_stock,
        "position": product.position,
        "demand": float(product.until_next.mean()),
        "reached": float((product.until_next <= stock).mean()),
        "missing": float(missing.mean()),
        "expected_cost": float(product.expected_cost(np.array([quantity]))[0]),
        "worth": allocation.worth,
        "gap": allocation.gap,
    }
    short = product.reorder_point - product.position
    more = {
        "cut_by_budget": quantity < wanted - 1e-9,
        "cut_by_room": wanted < short - 1e-9 and product.most < short - 1e-9,
    }
    return told, line.notes | {name for name, holds in more.items() if holds}


def projection(line: Line, quantity: float) -> tuple[np.ndarray, np.ndarray]:
    """Stock expected at the end of each period, and the probability that it does not suffice.

    Open orders arrive half a lead time from now; nothing is ordered after this.

    Args:
        line: the product.
        quantity: ordered now.

    Returns:
        float64 [periods] each.
    """
    periods = line.paths.shape[1]
    stock, out = np.zeros(periods), np.zeros(periods)
    for place in range(periods):
        end = place + 1.0
        there = line.on_hand + line.on_order * (line.lead / 2 <= end) + quantity * (line.lead < end)
        left = there - covered(line.paths, np.full(len(line.lead), end))
        stock[place] = np.maximum(left, 0.0).mean()
        out[place] = (left < 0).mean()
    return stock, out

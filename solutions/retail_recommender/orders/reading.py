"""Records of a plan to its products, or what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_core.planned import Fault

from .config import Config
from .cover import SIGMAS, Draws, covered, demand_paths, lead_times
from .policy import Product
from .task import SUPPLY

Row = dict[str, Any]
_TOLD = (*SUPPLY, "service")


@dataclass(frozen=True)
class Line:
    """A product of a plan with what is expected of it.

    Args:
        rows: int64 [periods], its records in order of time.
        product: what can be ordered, and what it costs.
        paths: float64 [paths, periods], its demand.
        lead: float64 [paths], periods until an order of now arrives.
        on_hand, on_order: units.
        notes: which of :data:`.columns.NOTES` hold already.
    """

    rows: np.ndarray
    product: Product
    paths: np.ndarray
    lead: np.ndarray
    on_hand: float
    on_order: float
    notes: frozenset[str]


def read_plan(rows: list[Row], config: Config) -> tuple[list[Line], float | None] | list[Fault]:
    """The products of a plan's records and its budget, or all that is wrong with them.

    Args:
        rows: checked records.
        config: for what they do not tell.
    """
    of: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        of.setdefault((row["series"], row.get("store") or ""), []).append(at)
    budgets = {row["budget"] for row in rows if row.get("budget") is not None}
    budget = budgets.pop() if len(budgets) == 1 else (config.plan.budget or None)
    faults = []
    if budgets:
        at = next(at for at, row in enumerate(rows) if row.get("budget") not in (None, budget))
        values = {"received": rows[at]["budget"], "other": budget}
        faults.append(Fault(at, "orders_budgets", values))
    draws = Draws.make(max(map(len, of.values())), config.plan.paths)
    lines = []
    for places in of.values():
        found = _line(rows, places, config, draws, budget is not None)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            lines.append(found)
    return faults or (lines, budget)


def _line(
    rows: list[Row], places: list[int], config: Config, draws: Draws, has_budget: bool
) -> Line | Fault:
    order = sorted(places, key=lambda at: rows[at]["time"])
    told: Row = {}
    for name in _TOLD:
        given = [at for at in order if rows[at].get(name) is not None]
        told[name] = rows[given[0]][name] if given else None
        other = [at for at in given if rows[at][name] != told[name]]
        if other:
            received = rows[other[0]][name]
            values = {"column": name, "received": received, "other": told[name]}
            return Fault(other[0], "orders_differ", values)
    if told["on_hand"] is None:
        return Fault(order[0], "orders_no_stock", {"series": rows[order[0]]["series"]})
    if has_budget and told["cost"] is None:
        return Fault(order[0], "orders_no_cost", {"series": rows[order[0]]["series"]})
    ends = _ends([rows[at] for at in order])
    if isinstance(ends, int):
        row = rows[order[ends]]
        values = {name: row.get(name) for name in ("value", "low", "high")}
        return Fault(order[ends], "orders_interval", values)
    low, value, high, is_guess = ends
    supply = config.supply

    def said(name: str) -> float:
        return float(getattr(supply, name) if told[name] is None else told[name])

    paths = demand_paths(low, value, high, config.plan.correlation, draws)
    lead = lead_times(said("lead"), said("lead_sd"), draws)
    every = said("order_every")
    cost = 1.0 if told["cost"] is None else float(told["cost"])
    holding = supply.holding * max(cost, 1e-9) if told["holding"] is None else told["holding"]
    holding *= every
    service = said("service")
    shortage = told["shortage"] or holding * service / (1.0 - service)
    on_hand, on_order = float(told["on_hand"]), float(told["on_order"] or 0.0)
    product = Product(
        covered(paths, lead + every),
        covered(paths, lead),
        on_hand + on_order,
        cost,
        holding,
        shortage,
        said("pack"),
        float(told["least"] or 0.0),
        np.inf if told["room"] is None else float(told["room"]),
    )
    far = said("lead") + every + 2 * said("lead_sd") > len(order)
    notes = {"beyond_forecast": far, "no_interval": is_guess, "backorders": on_hand < 0}
    held = frozenset(name for name, holds in notes.items() if holds)
    return Line(np.array(order), product, paths, lead, on_hand, on_order, held)


def _ends(rows: list[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool] | int:
    """Low, value and high [periods] and whether an end had to be guessed; the place of a record
    whose value does not lie between its ends."""
    value = np.array([row["value"] for row in rows], np.float64)
    low, high = (
        np.array([np.nan if row.get(end) is None else row[end] for row in rows], np.float64)
        for end in ("low", "high")
    )
    # As if customers came one by one, which is the least that demand can vary.
    half = SIGMAS * np.sqrt(value)
    is_guess = bool(np.isnan(low).any() or np.isnan(high).any())
    low = np.where(np.isnan(low), np.maximum(value - half, 0.0), low)
    high = np.where(np.isnan(high), value + half, high)
    wrong = np.flatnonzero((low > value) | (high < value))
    return int(wrong[0]) if len(wrong) else (low, value, high, is_guess)

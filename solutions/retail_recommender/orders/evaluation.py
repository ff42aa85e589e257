"""How orders are judged: the cost that they are expected to leave, beside that of simple rules."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.together import unit_names, unit_starts
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .columns import COLUMNS, FIRST
from .config import Config
from .policy import order
from .preprocessing import TOGETHER
from .reading import Line, read_plan


class AllRecords(Protocol):
    """Every record is tested: nothing is learned that could know them."""

    name = "all"

    def split(self, records: pa.Table) -> Split:
        nothing = np.empty(0, np.int64)
        return Split(nothing, nothing, np.arange(records.num_rows))

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "learned": "nothing"}


def all_records(config: Config) -> AllRecords:
    """The protocol of every data set."""
    return AllRecords()


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    """``expected_cost`` of a product, money; intervals by resampling plans.

    Args:
        records: the records [n].
        scores: float32 [n, columns].
        decision: not needed.
    """
    cost = scores[:, COLUMNS.index("expected_cost")].astype(np.float64)
    there = np.isfinite(cost)
    if not there.any():
        return {}
    plans = np.array(unit_names(records, TOGETHER).to_pylist(), object)[there]
    return {"expected_cost": Measured.of(bootstrap(_mean, cost[there], groups=plans, n=RESAMPLES))}


def _mean(values: np.ndarray) -> float:
    return float(values.mean())


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Other orders for the same plans.

    Returns:
        ``in_turn``: each product in turn gets what it would get without a budget, as long as money
        is left; ``alike``: every product the same part of that. float32 [test rows, columns]; NaN
        for what cannot be planned.
    """
    records = job.records
    rows = records.to_pylist()
    found = {
        name: np.full((len(rows), len(COLUMNS)), np.nan, np.float32)
        for name in ("in_turn", "alike")
    }
    starts = [*unit_starts(unit_names(records, TOGETHER)).tolist(), len(rows)]
    for start, end in pairwise(starts):
        read = read_plan(rows[start:end], job.config)
        if isinstance(read, list):
            continue
        lines, budget = read
        for name, quantities in (
            ("in_turn", in_turn(lines, budget)),
            ("alike", alike(lines, budget)),
        ):
            for line, quantity in zip(lines, quantities.tolist(), strict=True):
                cost = line.product.expected_cost(np.array([quantity]))[0]
                found[name][start + line.rows[0], FIRST.index("expected_cost")] = cost
    return {name: values[job.split.test] for name, values in found.items()}


def in_turn(lines: list[Line], budget: float | None) -> np.ndarray:
    """What each would get without a budget, one after the other while money is left, [products]."""
    left, found = np.inf if budget is None else budget, []
    for line in lines:
        wanted = order(line.product)
        choices = line.product.choices()
        choices = choices[(choices <= wanted + 1e-9) & (choices * line.product.cost <= left + 1e-9)]
        found.append(float(choices[-1]))
        left -= found[-1] * line.product.cost
    return np.array(found)


def alike(lines: list[Line], budget: float | None) -> np.ndarray:
    """The same part of what each would get without a budget, in whole packs, [products]."""
    wanted = np.array([order(line.product) for line in lines])
    costs = np.array([line.product.cost for line in lines])
    total = float(wanted @ costs)
    part = 1.0 if budget is None or total <= budget else budget / total
    found = []
    for line, most in zip(lines, wanted * part, strict=True):
        choices = line.product.choices()
        found.append(float(choices[choices <= most + 1e-9][-1]))
    return np.array(found)

"""How plans are judged: the delay that they give all vehicles, beside that of equal splits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.together import unit_names
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .columns import COLUMNS, rows_of
from .config import Config
from .preprocessing import TOGETHER, PlanPreprocessor
from .reading import read_junction
from .webster import equal_plan, webster_plan


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
    """``delay`` of all vehicles, s/veh by the Highway Capacity Manual; ``oversaturated``, the share
    of vehicles whose movement is beyond its capacity. Intervals by resampling intersections, since
    their periods are alike.

    Args:
        records: the records [n].
        scores: float32 [n, columns].
        decision: not needed.
    """
    at = {name: scores[:, place].astype(np.float64) for place, name in enumerate(COLUMNS)}
    flow = np.array(records.column("flow").to_pylist(), np.float64)
    places = np.array(records.column("intersection").to_pylist(), object)
    there = np.isfinite(at["delay"]) & (flow > 0)
    if not there.any():
        return {}
    over = (at["x"] > 1).astype(np.float64)
    return {
        key: Measured.of(_mean(values[there], flow[there], places[there]))
        for key, values in (("delay", at["delay"]), ("oversaturated", over))
    }


def _mean(values: np.ndarray, flow: np.ndarray, places: np.ndarray) -> Any:
    def weighted(values: np.ndarray, flow: np.ndarray) -> float:
        return float((values * flow).sum() / flow.sum())

    return bootstrap(weighted, values, flow, groups=places, n=RESAMPLES)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Other plans for the same flows.

    Returns:
        ``webster``: Webster's cycle and splits; ``equal_splits``: equal greens in the cycle of the
        task's own plan. float32 [test rows, columns]; NaN for what cannot be planned.
    """
    config: Config = job.config
    records = job.records
    ours = PlanPreprocessor(config).transform(records)
    cycles = np.full(records.num_rows, np.nan)
    cycles[ours.kept] = ours.arrays["score"][:, COLUMNS.index("cycle")]
    found = {
        name: np.full((records.num_rows, len(COLUMNS)), np.nan, np.float32)
        for name in ("webster", "equal_splits")
    }
    names = np.array(unit_names(records, TOGETHER).to_pylist(), object)
    for name in dict.fromkeys(names[ours.kept]):
        rows = np.flatnonzero((names == name) & np.isfinite(cycles))
        junction = read_junction(records.take(pa.array(rows)).to_pylist(), config)
        assert not isinstance(junction, list)
        equal = equal_plan(junction, config.timing, int(cycles[rows[0]]))
        for key, plan in (
            ("webster", webster_plan(junction, config.timing)),
            ("equal_splits", equal),
        ):
            found[key][rows] = rows_of(junction, plan, config)
    return {key: values[job.split.test] for key, values in found.items()}

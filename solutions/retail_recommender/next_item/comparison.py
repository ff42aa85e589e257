"""Two bundles on the same customers: how often each one's list holds the last choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.decision import Rank
from lepton_core.decision.rank import TOLD
from lepton_core.errors import DataError
from lepton_core.evaluation.paired import compare_paired
from lepton_core.evaluation.report import Measured
from lepton_core.pipeline import Pipeline

from .config import Config
from .evaluation import measures
from .preprocessing import known_sequences
from .protocols import leave_last_out

_KEYS = ("hr5", "hr10", "hr20", "ndcg10")
# More customers make the intervals hardly narrower, and the page slower.
_CUSTOMERS = 5_000
_RESAMPLES = 200


@dataclass(frozen=True)
class Compared:
    """Two bundles on the same customers.

    Args:
        customers: how many were asked about.
        first: figure by key, 0 to 1, of the first bundle.
        second: of the second one.
        gains: key -> by how much the second is better, and the ends of its 95% interval.
        same_items: share of the last choices that both know.
    """

    customers: int
    first: Mapping[str, float]
    second: Mapping[str, float]
    gains: Mapping[str, tuple[float, float, float]]
    same_items: float


def compare_lists(pipelines: tuple[Pipeline, Pipeline], records: pa.Table) -> Compared:
    """Both bundles' lists, each under its own settings, against each customer's last choice.

    A choice that a bundle does not know is one that its list misses.

    Args:
        pipelines: bundles of this task.
        records: checked histories; customers with fewer than three choices are left out.

    Raises:
        DataError: ``data.no_histories`` where nobody has three choices.
    """
    protocol = leave_last_out(Config())
    cases = protocol.with_truth(records)
    test = protocol.split(cases).test
    if len(test) > _CUSTOMERS:
        test = np.sort(np.random.default_rng(0).choice(test, _CUSTOMERS, replace=False))
    tested = cases.take(pa.array(test))
    lists, known = [], np.ones(len(test), bool)
    for pipeline in pipelines:
        found, knows = _lists(pipeline, tested)
        lists.append(found)
        known &= knows
    models = [(_Measures(pipeline), rows) for pipeline, rows in zip(pipelines, lists, strict=True)]
    paired = compare_paired(tested, models[0], models[1], _KEYS, n=_RESAMPLES)
    gains = {key: _ends(figure) for key, figure in paired.gains.items()}
    return Compared(len(test), paired.first, paired.second, gains, float(known.mean()))


class _Measures:
    """Figures of lists that are there already, so that a resample makes none anew."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def __call__(self, records: pa.Table, lists: np.ndarray) -> dict[str, Measured]:
        assert isinstance(self._pipeline.decision, Rank)
        return measures(records, lists, self._pipeline.decision)


def _lists(pipeline: Pipeline, tested: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Codes int64 [n, 20] of a bundle's lists, and whether it knows each truth, bool [n]."""
    decision = pipeline.decision
    assert isinstance(decision, Rank)
    checked = check(tested, pipeline.task.inputs, whole=False)
    scored = pipeline.score(checked.table)
    if len(scored.rows) != tested.num_rows:
        raise DataError("evaluate.nothing_scored", task=pipeline.task.name, n=tested.num_rows)
    history, _ = known_sequences(tested, decision.items.catalogue)
    longest = int(history.lengths.max(initial=1)) or 1
    codes, _ = decision.lists(scored.raw["score"], history.last(longest)[:, ::-1], TOLD)
    return codes, decision.items.catalogue.codes(tested.column("next")) >= 0


def _ends(figure: Measured) -> tuple[float, float, float]:
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return float(figure.value), float(low), float(high)

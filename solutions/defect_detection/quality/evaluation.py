"""How a chart is judged: what it signals of what is known to be wrong, and of what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .capability import capability
from .config import Config
from .distributions import share_interval
from .history import COLUMNS, FLAGS, IN_CONTROL, OUT_OF_CONTROL
from .preprocessing import ChartPreprocessor
from .reading import numbers_in


class BaselineSplit(Protocol):
    """The first records are the baseline, phase I; the later ones are monitored, phase II.

    Args:
        share: of the records that is the baseline, above 0 and below 1.
    """

    name = "baseline"

    def __init__(self, share: float) -> None:
        self._share = share

    def split(self, records: pa.Table) -> Split:
        n = records.num_rows
        until = round(n * self._share)
        if not 0 < until < n:
            key = "defect_detection.quality.error.one_record"
            raise DataError(key, n=n, share=self._share)
        nothing = np.empty(0, np.int64)
        return Split(np.arange(until), nothing, np.arange(until, n))

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "baseline_share": self._share}


def by_baseline(config: Config) -> BaselineSplit:
    """The protocol of every data set."""
    return BaselineSplit(config.baseline.share)


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    """``signal_rate`` of the complete subgroups; where ``disturbed`` is known, ``recall`` (share of
    the disturbed ones that signal) and ``false_alarm`` (share of the others that do).

    Intervals are Clopper-Pearson's, which take subgroups as independent.

    Args:
        records: the test records [n].
        scores: float32 [n, columns].
        decision: not needed.
    """
    at = {name: scores[:, place] for place, name in enumerate(COLUMNS)}
    judged = np.isin(at["label"], (IN_CONTROL, OUT_OF_CONTROL))
    signals = at["label"] == OUT_OF_CONTROL
    truth = np.array(records.column("disturbed").to_pylist(), object)
    figures = {}
    for key, some in (
        ("recall", judged & (truth == True)),  # noqa: E712
        ("false_alarm", judged & (truth == False)),  # noqa: E712
        ("signal_rate", judged),
    ):
        if some.any():
            hits, n = int(signals[some].sum()), int(some.sum())
            figures[key] = Measured(hits / n, *share_interval(hits, n))
    return figures


def figures(records: pa.Table, predictions: Predictions, pipeline: Pipeline) -> dict[str, Measured]:
    """Of counts ``defect_rate``; of measured values with a tolerance ``cpk`` and ``ppk``."""
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, ChartPreprocessor)
    config = preprocessor.config
    kind = config.chart.kind
    if kind in ("p", "np"):
        done = [s for line in preprocessor.subgroups(records).values() for s in line]
        n, hits = sum(s.n for s in done), sum(int(s.value) for s in done)
        return {"defect_rate": Measured(hits / n, *share_interval(hits, n))} if n else {}
    if kind in ("u", "c") or not config.tolerance.is_given:
        return {}
    groups = [g for g in measured_subgroups(records) if len(g)]
    if sum(map(len, groups)) < 10:
        return {}
    found = capability(groups, config.tolerance.lower, config.tolerance.upper)
    return {
        key: Measured(one.value, one.low, one.high)
        for key, one in (("cpk", found.cpk), ("ppk", found.ppk))
        if one is not None
    }


def measured_subgroups(records: pa.Table) -> list[np.ndarray]:
    """The measured values of each record that has some."""
    found = []
    for text, value in zip(
        records.column("values").to_pylist(), records.column("value").to_pylist(), strict=True
    ):
        numbers = numbers_in(text) if text else None
        if numbers is None:
            numbers = np.array([] if value is None else [value])
        if len(numbers):
            found.append(numbers)
    return found


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The same chart with its limits alone, without run rules.

    Returns:
        ``limits_only``: float32 [test rows, columns].
    """
    records = job.records
    train = records.take(pa.array(job.split.train))
    preprocessor = ChartPreprocessor(job.config).fit(train)
    prepared = preprocessor.transform(records)
    score = prepared.arrays["score"].copy()
    flags, label = COLUMNS.index("rules"), COLUMNS.index("label")
    alone = 1 | 1 << FLAGS.index("spread_beyond")
    bits = score[:, flags].astype(np.int64) & alone
    judged = np.isin(score[:, label], (IN_CONTROL, OUT_OF_CONTROL))
    score[:, flags] = bits
    score[:, label] = np.where(judged, (bits > 0) * OUT_OF_CONTROL, score[:, label])
    # A refused record has no figures, and is judged by none.
    rows = np.full((records.num_rows, len(COLUMNS)), np.nan, np.float32)
    rows[prepared.kept] = score
    return {"limits_only": rows[job.split.test]}

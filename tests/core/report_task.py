"""A task of machine parts that only declares its inputs, and records of it with nothing to find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.data.report import DataReport
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

N = 400
INPUTS = (
    Column("record_id", "string", "id"),
    Column("time", "timestamp", "time"),
    Column("machine", "string", "entity"),
    Column("pressure", "float64", low=0.0, high=100.0),
    Column("tool", "string"),
    Column("remark", "string", required=False),
    Column("label", "int64", "label", low=0, high=1, required=False),
)


def task_of(*columns: Column, stateful: bool = True) -> Task:
    """A task that only declares its inputs."""
    hooks = dict.fromkeys(("preprocessor", "trainer", "sample", "config", "sample_data"), "-")
    empty = Spec(())
    return Task("shop/parts", "-", "-", Spec(columns), empty, stateful=stateful, **hooks)


TASK = task_of(*INPUTS)


def good(n: int = N) -> dict[str, Any]:
    """Records without anything to find: a third are positive, no feature tells which."""
    draw = np.random.default_rng(1)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    label = (np.arange(n) % 3 == 0).astype(int)
    return {
        "record_id": [f"r{i:05d}" for i in range(n)],
        "time": [start + timedelta(hours=i) for i in range(n)],
        "machine": [f"m{i % 7}" for i in range(n)],
        "pressure": draw.uniform(1, 99, n) + label * 0.5,
        "tool": draw.choice(["drill", "saw", "mill"], n),
        "remark": draw.choice(["ok", "loud", "hot chips seen"], n),
        "label": label,
    }


def changed(**columns: Any) -> pa.Table:
    """The good records with some columns replaced; None leaves one out."""
    return pa.table({k: v for k, v in {**good(), **columns}.items() if v is not None})


def found(report: DataReport) -> dict[str, str]:
    """Key -> severity of every finding."""
    return {finding.key: finding.severity for finding in report.findings}

"""Tables of gauge and agreement studies, read and checked; a sample of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.numbers import read_numbers

from .agreement import Agreement, agreement
from .gauge import GaugeStudy, crossed, gauge_study
from .reading import DEFECTIVE, GOOD

GAUGE = ("part", "operator", "value")
VERDICTS = ("part", "appraiser", "verdict")


def gauge_of(
    table: pa.Table, tolerance: float | None = None, source: str = "input"
) -> tuple[GaugeStudy, list[str], list[str]]:
    """A gauge study from rows of ``part operator value``; further rows of a pair are its trials.

    Returns:
        the study, and the names of parts and operators.

    Raises:
        DataError: ``study_columns``, ``study_value``, and those of :func:`.gauge.gauge_study`.
    """
    part, operator, told = _columns(table, GAUGE, source)
    values, _ = read_numbers(pa.array([None if v is None else str(v) for v in told], pa.string()))
    numbers = values.to_pylist()
    for row, number in enumerate(numbers):
        if number is None or not math.isfinite(number):
            raise _bad("value", row, told[row], "number", source)
    found, parts, operators = crossed(_texts(part), _texts(operator), numbers)
    return gauge_study(found, tolerance), parts, operators


def agreement_of(table: pa.Table, source: str = "input") -> Agreement:
    """An agreement study from rows of ``part appraiser verdict`` and, where known, ``reference``.

    Raises:
        DataError: ``study_columns``, ``study_value``, ``study_reference``, and those of
            :func:`.agreement.agreement`.
    """
    part, appraiser, verdict = _columns(table, VERDICTS, source)
    calls = [_call(value, row, "verdict", source) for row, value in enumerate(verdict)]
    found, parts, names = crossed(_texts(part), _texts(appraiser), [float(c) for c in calls])
    whole = np.where(np.isfinite(found), found, -1).astype(int)
    reference = None
    if "reference" in table.column_names:
        truth: dict[str, int] = {}
        for row, value in enumerate(table.column("reference").to_pylist()):
            call, name = _call(value, row, "reference", source), str(part[row])
            if truth.setdefault(name, call) != call:
                both = {"first": truth[name], "second": call}
                raise _error("study_reference", source=source, part=name, **both)
        reference = np.array([truth[name] for name in parts])
    return agreement(whole, names, reference)


def gauge_sample(seed: int = 0) -> pa.Table:
    """Ten simulated parts, three operators, three trials: a gauge that is good enough."""
    rng = np.random.default_rng(seed)
    parts, operators = rng.normal(74, 0.03, 10), rng.normal(0, 0.002, 3)
    rows = [
        {
            "part": f"part {p + 1}",
            "operator": f"operator {o + 1}",
            "value": round(float(parts[p] + operators[o] + rng.normal(0, 0.003)), 4),
        }
        for _ in range(3)
        for o in range(3)
        for p in range(10)
    ]
    return pa.Table.from_pylist(rows)


def agreement_sample(seed: int = 0) -> pa.Table:
    """Thirty simulated parts, judged twice by two people and once each time by a bundle."""
    rng = np.random.default_rng(seed)
    defective = np.arange(30) % 3 == 0
    rows = []
    for name, misses, alarms in (("Ann", 0.02, 0.03), ("Bo", 0.15, 0.02), ("camera", 0.0, 0.06)):
        fixed = rng.random(30)
        for _ in range(2):
            # A bundle answers the same each time; people do not.
            drawn = fixed if name == "camera" else rng.random(30)
            for part, is_bad in enumerate(defective):
                wrong = drawn[part] < (misses if is_bad else alarms)
                rows.append(
                    {
                        "part": f"part {part + 1}",
                        "appraiser": name,
                        "verdict": "fail" if is_bad != wrong else "pass",
                        "reference": "fail" if is_bad else "pass",
                    }
                )
    return pa.Table.from_pylist(rows)


def _columns(table: pa.Table, names: tuple[str, ...], source: str) -> list[list[Any]]:
    if any(name not in table.column_names for name in names):
        found = ", ".join(table.column_names) or "-"
        raise _error("study_columns", source=source, found=found, needed=", ".join(names))
    columns = [table.column(name).to_pylist() for name in names]
    for name, values in zip(names[:2], columns[:2], strict=True):
        for row, value in enumerate(values):
            if value is None or not str(value).strip():
                raise _bad(name, row, value, "name", source)
    return columns


def _call(value: Any, row: int, column: str, source: str) -> int:
    word = str(value if value is not None else "").strip().lower()
    if word in (*GOOD, "0"):
        return 0
    if word in (*DEFECTIVE, "1"):
        return 1
    raise _bad(column, row, value, "verdict: pass or fail", source)


def _texts(values: list[Any]) -> list[str]:
    return [str(value) for value in values]


def _bad(column: str, row: int, received: Any, expected: str, source: str) -> DataError:
    told = {"column": column, "row": row + 1, "received": str(received), "expected": expected}
    return _error("study_value", source=source, **told)


def _error(key: str, **values: Any) -> DataError:
    return DataError(f"defect_detection.quality.error.{key}", **values)

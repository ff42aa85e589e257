"""What one record says: a whole subgroup, a single part of one, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.numbers import read_numbers

from ..surface.classes import GOOD_WORDS
from .charts import Subgroup

GOOD = ("pass", *GOOD_WORDS)
DEFECTIVE = ("fail", "ng", "bad", "defect", "defective", "不合格", "不良")
UNSURE = ("unsure", "review", "待定")
_BETWEEN = re.compile(r"[\s;|]+")
# What each chart reads, for the message that names it.
NEEDS = {
    "p": "inspected and defective, or a verdict or label a part",
    "np": "inspected and defective, or a verdict or label a part",
    "u": "inspected and defect_count, or a defect_count a part",
    "c": "defect_count",
    "xbar_r": "values (two or more a subgroup), or a value a part",
    "xbar_s": "values (two or more a subgroup), or a value a part",
    "i_mr": "value",
}


@dataclass(frozen=True)
class Part:
    """One part of a subgroup that is still to be gathered.

    Args:
        value: defects, 1 or 0 for a defective or good part, or a measured value.
    """

    value: float


@dataclass(frozen=True)
class Fault:
    """Why a record cannot be used: a key below ``reject.`` with its values."""

    key: str
    values: dict[str, Any]


Reading = Subgroup | Part | Fault
_COLUMNS = ("inspected", "defective", "defect_count", "values", "value", "verdict", "label")


def read(records: pa.Table, kind: str, unsure: str = "good") -> Iterator[Reading]:
    """What each record says, in order.

    Args:
        records: checked records.
        kind: the chart's kind.
        unsure: what an unsure verdict counts as.

    Example:
        >>> table = pa.table({name: pa.nulls(1, pa.int64()) for name in _COLUMNS})
        >>> table = table.set_column(0, "inspected", pa.array([80]))
        >>> next(read(table.set_column(1, "defective", pa.array([3])), "p"))
        Subgroup(n=80, value=3, spread=nan)
    """
    columns = [records.column(name).to_pylist() for name in _COLUMNS]
    one = {
        "p": _defectives,
        "np": _defectives,
        "u": _defects,
        "c": _defects,
        "i_mr": _single,
    }.get(kind, _measured)
    for row in zip(*columns, strict=True):
        yield one(dict(zip(_COLUMNS, row, strict=True)), kind, unsure)


def _defectives(record: dict[str, Any], kind: str, unsure: str) -> Reading:
    n, hits = record["inspected"], record["defective"]
    if n is None and hits is not None:
        return Fault("quality_no_size", {"column": "inspected", "received": hits})
    if n is not None and hits is not None:
        if hits > n:
            return Fault("quality_above", {"column": "defective", "received": hits, "inspected": n})
        return _counted(n, hits)
    return _judged(record, kind, unsure)


def _judged(record: dict[str, Any], kind: str, unsure: str) -> Reading:
    """A part by its verdict, otherwise by its label."""
    verdict, label = (str(record[name] or "").strip().lower() for name in ("verdict", "label"))
    if not verdict and not label:
        return Fault(
            "quality_missing", {"column": _first(kind), "kind": kind, "needed": NEEDS[kind]}
        )
    if not verdict:
        return Part(float(label not in GOOD))
    if verdict in UNSURE:
        return Part(float(unsure == "defective"))
    if verdict not in (*GOOD, *DEFECTIVE):
        known = ", ".join((GOOD[0], DEFECTIVE[0], UNSURE[0]))
        return Fault(
            "quality_verdict", {"column": "verdict", "received": record["verdict"], "known": known}
        )
    return Part(float(verdict in DEFECTIVE))


def _defects(record: dict[str, Any], kind: str, unsure: str) -> Reading:
    n, defects = record["inspected"], record["defect_count"]
    if defects is None:
        return Fault(
            "quality_missing", {"column": _first(kind), "kind": kind, "needed": NEEDS[kind]}
        )
    if kind == "c":
        return Subgroup(1, float(defects)) if n is None else _counted(n, defects)
    return Part(float(defects)) if n is None else _counted(n, defects)


def _counted(n: int, value: int) -> Reading:
    if n == 0:
        return Fault("quality_none_inspected", {"column": "inspected"})
    return Subgroup(n, value)


def _single(record: dict[str, Any], kind: str, unsure: str) -> Reading:
    if record["value"] is None:
        return Fault("quality_missing", {"column": "value", "kind": kind, "needed": NEEDS[kind]})
    return Subgroup(1, record["value"])


def _measured(record: dict[str, Any], kind: str, unsure: str) -> Reading:
    text = record["values"]
    if text is None or not text.strip():
        if record["value"] is not None:
            return Part(record["value"])
        return Fault("quality_missing", {"column": "values", "kind": kind, "needed": NEEDS[kind]})
    numbers = numbers_in(text)
    if numbers is None:
        return Fault("quality_text", {"column": "values", "received": text[:60]})
    if len(numbers) < 2:
        return Fault("quality_one_value", {"column": "values", "received": text[:60]})
    return subgroup_of(numbers, kind)


def numbers_in(text: str) -> np.ndarray | None:
    """The numbers in a text, with spaces, semicolons or bars between; None where one is none.

    Example:
        >>> numbers_in("74.03; 74.002 73.9").tolist(), numbers_in("74.03 n/a")
        ([74.03, 74.002, 73.9], None)
    """
    words = [word for word in _BETWEEN.split(text.strip()) if word]
    values, ambiguous = read_numbers(pa.array(words, pa.string()))
    if values.null_count or ambiguous.any() or not len(values):
        return None
    numbers = values.to_numpy(zero_copy_only=False)
    return numbers if np.isfinite(numbers).all() else None


def subgroup_of(numbers: np.ndarray, kind: str) -> Subgroup:
    """The subgroup of two or more measured values."""
    spread = float(np.std(numbers, ddof=1) if kind == "xbar_s" else np.ptp(numbers))
    return Subgroup(len(numbers), float(np.mean(numbers)), spread)


def _first(kind: str) -> str:
    return {"p": "defective", "np": "defective"}.get(kind, "defect_count")


def is_measured(kind: str) -> bool:
    """Whether a chart is of measured values."""
    return kind.startswith("xbar") or kind == "i_mr"

"""Values that cannot be true of a living adult: found, and told with what was probably meant.

A record that holds one is refused. A risk from a slip of the pen would look like any other risk,
and what was meant can be guessed but not known: 150 over 1000 is probably 150 over 100, and it is
for a person to say so. (As unknown values they would be scored, and much worse: see
``docs/experiments/disease.md``.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.rejects import Rejects

from .factors import FACTORS, Factor
from .patients import DAYS_A_YEAR, Patients

# A pulse pressure below this is no reading of a person who came on foot.
_LEAST_PULSE = 5.0


def find_impossible(patients: Patients, ids: pa.ChunkedArray) -> Rejects:
    """The patients [n] with impossible values, each with all its reasons.

    Args:
        patients: the facts.
        ids: record ids [n].

    Example:
        >>> from .task import INPUTS
        >>> rows = [{"record_id": "a", "ap_hi": 150, "ap_lo": 1000}, {"record_id": "b"}]
        >>> table = pa.Table.from_pylist(rows, INPUTS.arrow_schema())
        >>> found = find_impossible(Patients.of(table), table["record_id"])
        >>> [(reject.record_id, reject.reasons[0][1]["likely"]) for reject in found]
        [('a', 100.0)]
    """
    rejects = Rejects()
    for factor in FACTORS:
        values = patients[factor.name]
        # NaN passes both comparisons: not known is not impossible.
        wrong = (values < factor.low) | (values > factor.high)
        if factor.kind != "number" or factor.name == "ca":
            wrong |= values != np.where(np.isnan(values), values, np.round(values))
            wrong &= ~np.isnan(values)
        for row in np.flatnonzero(wrong).tolist():
            column = str(patients.given[factor.name][row]) if factor.name in patients.given else ""
            key, told = _reason(factor, float(values[row]), column or factor.name)
            rejects.add(row, ids[row].as_py(), key, **told)
    high, low = patients["ap_hi"], patients["ap_lo"]
    for row in np.flatnonzero(high - low < _LEAST_PULSE).tolist():
        if row not in rejects:
            told = {"high": float(high[row]), "low": float(low[row])}
            key = "disease.swapped" if told["high"] < told["low"] else "disease.pulse"
            rejects.add(row, ids[row].as_py(), key, **told)
    return rejects


def possible(patients: Patients) -> np.ndarray:
    """bool [n], whether a patient has no impossible value."""
    rejects = find_impossible(patients, pa.chunked_array([pa.nulls(len(patients), pa.string())]))
    return np.array([row not in rejects for row in range(len(patients))], bool)


def _reason(factor: Factor, value: float, column: str) -> tuple[str, dict[str, Any]]:
    """Message key below ``reject.`` and its values."""
    told: dict[str, Any] = {"column": column, "received": value}
    if column in ("sex", "gender"):
        return f"disease.{column}", {"column": column}
    if factor.words:
        words = ", ".join(f"{code} {word}" for code, word in factor.words)
        return "disease.code", told | {"codes": words}
    told |= {"low": factor.low, "high": factor.high, "unit": factor.unit}
    if factor.name == "age":
        return _age_reason(value, column, told)
    for unit, times in factor.others:
        if factor.low <= value * times <= factor.high and factor.name not in ("ap_hi", "ap_lo"):
            return "disease.other_unit", told | {"other": unit, "likely": value * times}
    for likely in (value / 10, value * 10, -value):
        if factor.kind == "number" and factor.low <= likely <= factor.high:
            key = "disease.sign" if likely == -value else "disease.tenfold"
            return key, told | {"likely": likely}
    return ("disease.impossible" if factor.unit else "disease.range"), told


def _age_reason(value: float, column: str, told: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    low, high = told["low"], told["high"]
    if column == "age_days":
        days = value * DAYS_A_YEAR
        named = {"column": column, "received": days}
        if low <= days <= high:
            return "disease.years", named
        return "disease.age_days", named | {"low": low, "high": high}
    if low <= value / DAYS_A_YEAR <= high:
        return "disease.days", {**told, "likely": value / DAYS_A_YEAR}
    return "disease.age", {name: told[name] for name in ("column", "received", "low", "high")}

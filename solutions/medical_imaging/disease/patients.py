"""Records of patients as numbers, one array a factor, NaN where something is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.cells import read_cells
from lepton_core.spec import Spec

from .factors import FACTORS, UNKNOWN_CODES

DAYS_A_YEAR = 365.25
_SEX = {"male": 1.0, "m": 1.0, "man": 1.0, "男": 1.0} | {
    "female": 0.0,
    "f": 0.0,
    "woman": 0.0,
    "女": 0.0,
}
# What stands for something else where it is given: the names say which code is meant, because 1 is
# a man in one of the public data sets and a woman in the other.
STAND_INS = {"age": ("age_days",), "male": ("sex", "gender")}


@dataclass(frozen=True)
class Patients:
    """Facts about n patients.

    Args:
        values: factor -> float64 [n] in the factor's unit, NaN where it is not known.
        given: factor -> the column that each value came from, for messages; a factor's own where
            nothing stands in for it.
    """

    values: Mapping[str, np.ndarray]
    given: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.values["age"])

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def changed(self, **values: np.ndarray) -> Patients:
        """The same patients with other values of some factors."""
        return Patients({**self.values, **values}, self.given)

    def take(self, rows: np.ndarray) -> Patients:
        """Some of the patients."""
        return Patients(
            {name: values[rows] for name, values in self.values.items()},
            {name: columns[rows] for name, columns in self.given.items()},
        )

    @classmethod
    def of(cls, records: pa.Table) -> Patients:
        """The facts in checked records [n].

        Example:
            >>> from .task import INPUTS
            >>> rows = [{"record_id": "a", "age_days": 18262, "sex": "F", "ca": 4}]
            >>> some = Patients.of(pa.Table.from_pylist(rows, INPUTS.arrow_schema()))
            >>> some["age"].round(1).tolist(), some["male"].tolist(), some["ca"].tolist()
            ([50.0], [0.0], [nan])
        """
        values = {factor.name: _numbers(records, factor.name) for factor in FACTORS}
        given = {name: np.full(records.num_rows, name, dtype="<U10") for name in ("age", "male")}
        for name, code in UNKNOWN_CODES.items():
            values[name] = np.where(values[name] == code, np.nan, values[name])
        others = {
            "age_days": _numbers(records, "age_days") / DAYS_A_YEAR,
            "sex": _sexes(records["sex"]),
            "gender": _numbers(records, "gender") - 1.0,
        }
        for name, columns in STAND_INS.items():
            for column in columns:
                used = np.isnan(values[name]) & ~np.isnan(others[column])
                values[name] = np.where(used, others[column], values[name])
                given[name] = np.where(used, column, given[name])
        return cls(values, given)


def bmi(patients: Patients) -> np.ndarray:
    """Weight over height squared, kg/m2, float64 [n]; NaN where either is not known."""
    return patients["weight"] / (patients["height"] / 100.0) ** 2


def with_truth(records: pa.Table) -> pa.Table:
    """Records with ``disease`` filled where ``no_disease`` tells it.

    Example:
        >>> columns = {"disease": pa.array([1, None, None]), "no_disease": [None, 1, 0]}
        >>> with_truth(pa.table(columns))["disease"].to_pylist()
        [1, 0, 1]
    """
    # Records that were not checked yet have only the columns of their file, perhaps as text.
    if "no_disease" not in records.column_names:
        return records
    told = pc.subtract(1, records["no_disease"].cast(pa.int64()))
    if "disease" not in records.column_names:
        return records.append_column("disease", told)
    own = records["disease"].cast(pa.int64())
    at = records.column_names.index("disease")
    return records.set_column(at, "disease", pc.coalesce(own, told))


def patient_names(records: pa.Table, spec: Spec) -> pa.Array:
    """The patient of each raw record [n], as a checked one names it; null where none is named."""
    if "patient" not in records.column_names:
        return pa.nulls(records.num_rows, pa.string())
    raw = records["patient"]
    names = read_cells(raw, spec["patient"], "input", 0, whole=False)[0].combine_chunks()
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(names), ""), None, names)


def dated(records: pa.Table, spec: Spec) -> np.ndarray:
    """Whether each raw record has a visit's date, bool [n], be it one that cannot be read."""
    if "visit" not in records.column_names:
        return np.zeros(records.num_rows, bool)
    days, unreadable, _ = read_cells(records["visit"], spec["visit"], "input", 0, whole=False)
    there = days.is_valid().to_numpy()
    return there if unreadable is None else there | unreadable


def _numbers(records: pa.Table, name: str) -> np.ndarray:
    """A column as float64 [n], NaN where it is empty."""
    column = records.column(name).combine_chunks().cast(pa.float64())
    return pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False).copy()


def _sexes(column: pa.ChunkedArray) -> np.ndarray:
    """Words as 1 man, 0 woman; -1 where a word is none that is known, NaN where there is none."""
    values = column.combine_chunks().dictionary_encode()
    codes = [
        _SEX.get(word.strip().casefold(), -1.0) if word.strip() else np.nan
        for word in values.dictionary.to_pylist()
    ]
    places = pc.fill_null(values.indices, len(codes)).to_numpy(zero_copy_only=False)
    return np.array([*codes, np.nan])[places]

"""Patients changed in one respect, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from solutions.medical_imaging.disease.task import INPUTS

_HEALTHY: dict[str, Any] = {
    **{"age": 54.0, "sex": "female", "height": 165.0, "weight": 70.0, "ap_hi": 124.0},
    **{"ap_lo": 80.0, "cholesterol": 1.0, "gluc": 1.0, "smoke": 0.0, "alco": 0.0, "active": 1.0},
    **{"cp": 2.0, "chol": 205.0, "fbs": 0.0, "restecg": 1.0, "thalach": 160.0, "exang": 0.0},
    **{"oldpeak": 0.6, "slope": 2.0, "ca": 0.0, "thal": 2.0},
}


def patient(**values: Any) -> dict[str, Any]:
    """A woman of 54 with usual values."""
    return _HEALTHY | values


def records(*some: Mapping[str, Any]) -> pa.Table:
    """Records in the Spec's types; ids by number where none is given."""
    rows = [{"record_id": f"{number}", **one} for number, one in enumerate(some)]
    schema = INPUTS.arrow_schema()
    return pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema)

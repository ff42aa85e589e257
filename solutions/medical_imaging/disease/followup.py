"""Follow-up over visits: the course of each patient's estimated risk, and the next check."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.decision import Classify
from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline

from .factors import BY_NAME, FACTORS
from .follow_rules import CheckRules
from .patients import DAYS_A_YEAR, Patients, dated, patient_names
from .preprocessing import PatientPreprocessor
from .trend import Trend, trend_of

CORRECT = "values to correct"


@dataclass(frozen=True)
class FollowUp:
    """What a follow-up gives.

    Args:
        patients: one row a patient, the riskiest first: ``patient visits refused_visits first_visit
            last_visit risk risk_low risk_high change logit_a_year trend rule months next_check
            overdue bundle``. Nobody whose name is given is left out, however few visits count.
        visits: one row a scored visit in order: ``patient visit record_id risk low high``, the
            ends being where the risk may lie by the noise of a single visit alone.
        refused: number of visits, with a patient and a date, that were refused.
        unplaced: number of records without a patient or without a date; no patient's visit.
    """

    patients: pa.Table
    visits: pa.Table
    refused: int
    unplaced: int


def follow_up(
    pipeline: Pipeline,
    records: pa.Table,
    rules: CheckRules | None = None,
    today: date | None = None,
) -> FollowUp:
    """The course of each patient and when to check next.

    Args:
        pipeline: of this task.
        records: raw visits [n] with ``record_id``, ``patient`` and ``visit``.
        rules: when to check next; None for the shipped ones.
        today: which checks are overdue; None for today.

    Raises:
        DataError: ``medical_imaging.disease.error.no_visits``, where no record has both a patient
            and a visit's date.
    """
    rules, today = rules or CheckRules.load(), today or date.today()
    names = patient_names(records, pipeline.task.inputs)
    placed = names.is_valid().to_numpy(zero_copy_only=False)
    placed &= dated(records, pipeline.task.inputs)
    if not placed.any():
        raise DataError(
            "medical_imaging.disease.error.no_visits",
            n=records.num_rows,
            found=", ".join(records.column_names),
        )
    checked = check(records, pipeline.task.inputs, whole=False)
    passed = checked.table.filter(pa.array(placed[checked.rows]))
    passed = passed.sort_by([("patient", "ascending"), ("visit", "ascending")])
    scored = pipeline.score(passed)
    some = passed.take(pa.array(scored.rows))
    decision = pipeline.decision
    assert isinstance(decision, Classify)
    logits = decision.slope * scored["score"].astype(np.float64) + decision.offset
    patients = Patients.of(some)
    noise = abs(decision.slope) * noise_of(pipeline, patients, rules.noise)
    visits = pa.table(
        {
            "patient": some["patient"],
            "visit": some["visit"],
            "record_id": some["record_id"],
            "risk": _share(logits),
            "low": _share(logits - 1.96 * noise),
            "high": _share(logits + 1.96 * noise),
        }
    )
    # By the records as they came: of those refused nothing is left further on.
    counts = Counter(names.filter(pa.array(placed)).to_pylist())
    counts.update(dict.fromkeys(names.drop_null().to_pylist(), 0))
    rows = _rows(counts, some, patients, logits, noise)
    n = int(placed.sum())
    table = _decided(rows, rules, today, pipeline.address)
    return FollowUp(table, visits, n - len(scored), records.num_rows - n)


def noise_of(pipeline: Pipeline, patients: Patients, noise: dict[str, float]) -> np.ndarray:
    """Standard deviation of the raw score by the noise of the facts that it stands on.

    Each fact in turn is taken up and down by its noise; half the difference of the scores is what
    it adds, and these add up as independent errors do.

    Args:
        pipeline: of this task.
        patients: n that pass its preprocessor.
        noise: factor -> standard deviation between visits, in the factor's unit.

    Returns:
        float64 [n], in logits before calibration.
    """
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)

    def score(some: Patients) -> np.ndarray:
        return pipeline.runtime.run("main", preprocessor.arrays(some))["score"].astype(np.float64)

    squares = np.zeros(len(patients))
    for name in preprocessor.factors:
        if noise.get(name):
            factor = BY_NAME[name]
            up, down = (
                patients.changed(
                    **{name: np.clip(patients[name] + s * noise[name], factor.low, factor.high)}
                )
                for s in (1.0, -1.0)
            )
            squares += (0.5 * (score(up) - score(down))) ** 2
    return np.sqrt(squares)


def _rows(
    counts: Mapping[str, int],
    some: pa.Table,
    patients: Patients,
    logits: np.ndarray,
    noise: np.ndarray,
) -> list[dict[str, object]]:
    """One dictionary a patient: the course, and the facts at the last visit.

    Args:
        counts: patient -> visits that came, in any order.
        some: the scored visits [n], sorted by patient and date.
        patients: their facts.
        logits: calibrated, [n].
        noise: their standard deviation, [n].
    """
    names = np.array(some["patient"].to_pylist(), dtype=object)
    days = some["visit"].cast(pa.int64()).to_numpy() / 86_400e6
    rows: list[dict[str, object]] = []
    # Sorted by patient: each one's visits stand together.
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: len(names)])
    ends = np.append(starts[1:], len(names))[: len(starts)]
    for start, end in zip(starts, ends, strict=True):
        own = slice(start, end)
        trend = trend_of(days[own] / DAYS_A_YEAR, logits[own], noise[own])
        rows.append(_row(names[start], counts[names[start]], days[own], trend))
        rows[-1] |= {factor.name: float(patients[factor.name][end - 1]) for factor in FACTORS}
    seen = set(names[starts])
    rows += [_row(name, counts[name], None, None) for name in sorted(counts.keys() - seen)]
    return rows


def _row(name: str, count: int, days: np.ndarray | None, trend: Trend | None) -> dict[str, object]:
    if days is None or trend is None:
        return {"patient": name, "visits": 0, "refused_visits": count, "trend": "unknown"}
    return {
        "patient": name,
        "visits": len(days),
        "refused_visits": count - len(days),
        "first_visit": _day(days[0]),
        "last_visit": _day(days[-1]),
        "risk": trend.risk,
        "risk_low": trend.risk_low,
        "risk_high": trend.risk_high,
        "change": trend.change,
        "logit_a_year": trend.slope,
        "trend": trend.name,
    }


def _decided(
    rows: list[dict[str, object]], rules: CheckRules, today: date, bundle: str
) -> pa.Table:
    """The rows with rule, months and next check, the riskiest first."""
    rows.sort(key=lambda row: -float(row.get("risk") or -1.0))  # type: ignore[arg-type]
    schema = pa.schema(
        [("patient", pa.string()), ("visits", pa.int64()), ("refused_visits", pa.int64())]
        + [(name, pa.date32()) for name in ("first_visit", "last_visit")]
        + [
            (name, pa.float64())
            for name in ("risk", "risk_low", "risk_high", "change", "logit_a_year")
        ]
        + [("trend", pa.string())]
        + [(factor.name, pa.float64()) for factor in FACTORS]
    )
    table = pa.Table.from_pylist(rows, schema)
    names, months = rules.decide(table)
    last = table["last_visit"].to_pylist()
    names = [CORRECT if day is None else n for n, day in zip(names, last, strict=True)]
    due = [None if d is None else in_months(d, m) for d, m in zip(last, months, strict=True)]
    table = table.drop_columns([factor.name for factor in FACTORS])
    for name, values in {
        "rule": pa.array(names, pa.string()),
        "months": pa.array([None if d is None else m for m, d in zip(months, last, strict=True)]),
        "next_check": pa.array(due, pa.date32()),
        "overdue": pa.array([d is None or d < today for d in due], pa.bool_()),
        "bundle": pa.array([bundle] * len(due), pa.string()),
    }.items():
        table = table.append_column(name, values)
    return table


def in_months(day: date, months: int) -> date:
    """The same day some months later, the last of the month where there is no such day.

    Example:
        >>> in_months(date(2026, 1, 31), 1)
        datetime.date(2026, 2, 28)
    """
    count = day.month - 1 + months
    year, month = day.year + count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _day(days: float) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(days))


def _share(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * logits))

"""A campaign's list as a table, from what was scored before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError, UsageError
from lepton_core.records.table import open_table
from lepton_core.redecide.kept import as_type, files_of

from .campaign import Offer, choose

ERRORS = "retail_recommender.campaign"
# What the tasks call the risk.
_RISKS = ("churn_risk", "probability")


def campaign_list(
    ids: Sequence[str], risk: np.ndarray, value: np.ndarray, offer: Offer
) -> pa.Table:
    """Whom to write to, the highest expected gain first.

    Args:
        ids: of the customers [n].
        risk: probability of going, [n].
        value: what one who is kept is worth, [n]; where it is not a number nobody is contacted.
        offer: cost, effect, budget.

    Returns:
        ``record_id risk value expected_gain``, a row a contact; gains are after the cost.

    Example:
        >>> risk, value = np.array([0.9, 0.1]), np.array([50.0, 5.0])
        >>> campaign_list(["a", "b"], risk, value, Offer(cost=2.0)).to_pylist()
        [{'record_id': 'a', 'risk': 0.9, 'value': 50.0, 'expected_gain': 2.5}]
    """
    rows = choose(risk, value, offer)
    gain = offer.gain(risk, value)[rows]
    return pa.table(
        {
            "record_id": pa.array([ids[row] for row in rows], pa.string()),
            "risk": np.round(risk[rows].astype(np.float64), 4),
            "value": np.round(value[rows].astype(np.float64), 2),
            "expected_gain": np.round(gain, 2),
        }
    )


def read_scored(
    scores: Sequence[Path], value: str = "value_kept", times: float = 1.0
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Ids, risks and values [n] of files that ``lepton score`` wrote.

    Args:
        scores: files or folders, with ``record_id`` and ``churn_risk`` or ``probability``.
        value: column of what one who is kept is worth.
        times: what each value is multiplied by, as months with a monthly charge.

    Raises:
        DataError: ``retail_recommender.campaign.no_risk``, ``not_a_risk``, ``twice``; what cannot
            be read.
        UsageError: ``retail_recommender.campaign.no_value``.
    """
    parts = []
    for path in files_of(scores):
        with open_table(path, batch_rows=1) as reader:
            there = reader.schema_names
        risk = next((name for name in _RISKS if name in there), None)
        if risk is None or "record_id" not in there:
            raise DataError(f"{ERRORS}.no_risk", source=path, found=", ".join(there))
        if value not in there:
            told = {"source": path, "column": value, "found": ", ".join(there)}
            raise UsageError(f"{ERRORS}.no_value", **told)
        wanted = {"record_id": pa.string(), risk: pa.float64(), value: pa.float64()}
        with open_table(path, columns=list(wanted)) as reader:
            for batch in reader.batches():
                columns = [as_type(path, batch.column(n), kind, n) for n, kind in wanted.items()]
                parts.append(pa.table(columns, names=["record_id", "risk", "value"]))
    table = pa.concat_tables(parts)
    counts = pc.value_counts(table["record_id"].combine_chunks())
    for one in counts.filter(pc.greater(counts.field("counts"), 1)).to_pylist()[:1]:
        raise DataError(f"{ERRORS}.twice", record=one["values"], n=one["counts"])
    risks, values = (pc.fill_null(table[name], np.nan).to_numpy() for name in ("risk", "value"))
    outside = risks[(risks < 0) | (risks > 1)]
    if len(outside):
        raise DataError(f"{ERRORS}.not_a_risk", received=float(outside[0]))
    return table["record_id"].to_pylist(), risks, values * times

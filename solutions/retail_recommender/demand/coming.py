"""The periods to come of every series, where the records hold sales alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.series import step_numbers

from .config import DataConfig
from .sales import column, read_sales, series_names

_US_A_MINUTE = 60_000_000


def asks_nothing(records: pa.Table) -> bool:
    """Whether every record's quantity is known, so that nothing to come is forecast."""
    return bool(np.isfinite(read_sales(records).quantity).all())


def with_coming(records: pa.Table, config: DataConfig) -> pa.Table:
    """The last periods of every series, with records that ask for those to come.

    A holiday is taken to fall where one fell 52 weeks before in most series; promotions are taken
    as none, prices as the last ones. A series that has sold nothing for longer than the horizon is
    left out.

    Args:
        records: checked records of sales, with the columns of the task's input Spec.
        config: how they are read.

    Returns:
        the records that a forecast can remember, then a horizon of further ones for each series.

    Example:
        >>> from .sample import generate
        >>> table = with_coming(generate(series=2, periods=60), DataConfig(horizon=4))
        >>> table["quantity"].null_count, table["time"][-1].as_py() > table["time"][-9].as_py()
        (8, True)
    """
    steps = step_numbers(records.column("time"), config.step_minutes)
    known = np.isfinite(read_sales(records).quantity)
    last = int(steps[known].max())
    kept = np.flatnonzero(steps > last - config.length)
    encoded = series_names(records).dictionary_encode()
    code = encoded.indices.to_numpy()
    latest = np.full(len(encoded.dictionary), -1)
    order = np.argsort(steps, kind="stable")
    order = order[known[order]]
    latest[code[order]] = order
    alive = latest[(latest >= 0) & (steps[np.maximum(latest, 0)] > last - config.horizon)]
    ahead = np.arange(1, config.horizon + 1)
    rows, moment = np.tile(alive, len(ahead)), np.repeat(last + ahead, len(alive))
    far = moment - steps[rows] <= config.horizon
    rows, moment = rows[far], moment[far]
    whole_days = np.timedelta64(round(config.step_minutes * _US_A_MINUTE), "us")
    time = records.column("time").cast(pa.int64()).to_numpy()[rows].astype("datetime64[us]")
    time = time + (moment - steps[rows]) * whole_days
    asked = records.take(pa.array(rows))
    names = asked.column("record_id").to_pylist()
    ids = [f"{name}+{at}" for name, at in zip(names, (moment - steps[rows]).tolist(), strict=True)]
    holiday = _holidays(records, steps, moment, config.step_minutes)
    values = {
        "record_id": pa.array(ids),
        "time": pa.array(time.astype(np.int64), pa.timestamp("us", tz="UTC")),
        "quantity": pa.nulls(len(rows), pa.float64()),
        "stock_out": pa.nulls(len(rows), pa.float64()),
        "holiday": pa.array(holiday),
        "promotion": pa.nulls(len(rows), pa.float64()),
    }
    for name, array in values.items():
        if name in asked.column_names:
            at = asked.column_names.index(name)
            asked = asked.set_column(at, asked.schema.field(at), array)
    return pa.concat_tables([records.take(pa.array(kept)), asked])


def _holidays(
    records: pa.Table, steps: np.ndarray, moment: np.ndarray, step_minutes: float
) -> np.ndarray:
    """1 for each of ``moment`` if most series had a holiday 52 weeks before, else 0."""
    back = round(52 * 10080.0 / step_minutes)
    first = int(steps.min())
    holiday = np.nan_to_num(column(records, "holiday"))
    n = np.bincount(steps - first)
    share = np.bincount(steps - first, holiday) / np.maximum(n, 1)
    at = moment - back - first
    inside = (at >= 0) & (at < len(share))
    return np.where(inside, share[np.clip(at, 0, len(share) - 1)] > 0.5, False).astype(np.float64)

"""Two published sets of traffic counts that are no plain tables: a loop station, and a week of
speeds at many stations in one matrix."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from lepton_core.errors import DataError
from lepton_core.records.source import one_line, unreadable

_PEMS_FILES = ("train.csv", "test.csv")
_FLOW = "Flow"
_US_A_MINUTE = 60_000_000
# The matrix of speeds tells no times; its authors do: from 1 March 2012 on, every five minutes.
_LOS_START = datetime(2012, 3, 1, tzinfo=UTC)
_LOS_STEP_MINUTES = 5


def read_pems_station(folder: str | Path) -> pa.Table:
    """Flow of one station of the Caltrans PeMS, as ``train.csv`` and ``test.csv`` export it.

    Dates are day/month/year, and times those of the local clock, told here as if they were UTC.

    Args:
        folder: where the two files are.

    Returns:
        ``time`` (timestamp[us, UTC]), ``station`` (``lane-1``) and ``count`` float64 (vehicles in
        five minutes), both files one after the other.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``; ``data.traffic_set`` where a file is of
            another shape.
    """
    parts = []
    for name in _PEMS_FILES:
        path = Path(folder, name)
        table = _read(path)
        flow = next((at for at, n in enumerate(table.column_names) if _FLOW in n), None)
        if flow is None or table.num_columns < 2:
            raise _other(path, "a column of times and one of flow", ", ".join(table.column_names))
        try:
            time = pc.strptime(table.column(0).cast(pa.string()), "%d/%m/%Y %H:%M", "us")
            count = table.column(flow).cast(pa.float64())
        except pa.ArrowInvalid as error:
            raise _other(path, "times as day/month/year, and numbers", one_line(error)) from error
        utc = pc.assume_timezone(time, "UTC")
        station = pa.repeat(pa.scalar("lane-1"), table.num_rows)
        parts.append(pa.table({"time": utc, "station": station, "count": count}))
    return pa.concat_tables(parts)


def read_los_loop(path: str | Path) -> pa.Table:
    """Speeds of the loop stations of Los Angeles, as the authors of T-GCN publish them.

    Args:
        path: ``los_speed.csv``: a column a station, a row every five minutes, no times.

    Returns:
        ``time`` (timestamp[us, UTC], the local clock told as if it were UTC), ``station`` and
        ``count`` float64 (miles an hour), all stations of a time together.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``; ``data.traffic_set`` where the file is of
            another shape.

    Source:
        Zhao et al., T-GCN: A Temporal Graph Convolutional Network for Traffic Prediction, IEEE
        Transactions on Intelligent Transportation Systems, 2020.
    """
    path = Path(path)
    table = _read(path)
    try:
        columns = [column.cast(pa.float64()).to_numpy() for column in table.columns]
    except pa.ArrowInvalid as error:
        raise _other(path, "a column of numbers for each station", one_line(error)) from error
    values = np.stack(columns, axis=1)
    if not np.isfinite(values).all():
        raise _other(path, "a number in each cell", "empty ones")
    first = int(_LOS_START.timestamp()) * 1_000_000
    moments = first + np.arange(len(values)) * _LOS_STEP_MINUTES * _US_A_MINUTE
    stations = values.shape[1]
    return pa.table(
        {
            "time": pa.array(np.repeat(moments, stations), pa.timestamp("us", tz="UTC")),
            "station": pa.array(table.column_names * len(values)),
            "count": values.ravel(),
        }
    )


def _read(path: Path) -> pa.Table:
    """A CSV as it is, whether or not it begins with a byte-order mark."""
    try:
        return arrow_csv.read_csv(path)
    except OSError as error:
        raise unreadable(path, "a table", error) from error
    except pa.ArrowInvalid as error:
        raise unreadable(path, "a table", one_line(error)) from error


def _other(path: Path, expected: str, received: str) -> DataError:
    return DataError("data.traffic_set", source=path, expected=expected, received=received)

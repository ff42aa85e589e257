"""NASA's C-MAPSS turbofan sets as one table: training engines, test engines and their truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.source import one_line, unreadable

SETTINGS = tuple(f"setting_{number}" for number in range(1, 4))
SENSORS = tuple(f"sensor_{number}" for number in range(1, 22))
_WIDTH = 2 + len(SETTINGS) + len(SENSORS)


def read_turbofan(path: str | Path) -> pa.Table:
    """A set of engines from ``train_NAME.txt``, with ``test_NAME.txt`` and ``RUL_NAME.txt`` beside.

    The files hold numbers separated by spaces and no header: unit, cycle, three settings and 21
    sensors; the third a number for each test unit, how many cycles it had left at its last record.

    Args:
        path: the training file; without the other two beside it there are no test engines.

    Returns:
        ``record_id`` (``train-1/7``), ``unit`` (``train-1``), ``cycle`` int64, ``part`` (train or
        test), ``rul`` float64 (at the last record of test units, else null), settings and sensors.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``; ``data.turbofan`` where the files are of
            another shape or do not belong together.

    Source:
        Saxena and Goebel, Turbofan Engine Degradation Simulation Data Set, NASA, 2008, readme.txt.
    """
    path = Path(path)
    parts = [_part(path, "train")]
    test, truth = (path.with_name(path.name.replace("train_", n, 1)) for n in ("test_", "RUL_"))
    if test != path and test.exists() and truth.exists():
        parts.append(_part(test, "test", truth))
    return pa.concat_tables(parts)


def _part(path: Path, part: str, truth: Path | None = None) -> pa.Table:
    values = _numbers(path, _WIDTH)
    unit, cycle = values[:, 0].astype(np.int64), values[:, 1].astype(np.int64)
    left = np.full(len(values), np.nan)
    if truth is not None:
        told, last = _numbers(truth, 1)[:, 0], np.flatnonzero(np.diff(unit, append=-1))
        if len(told) != len(last):
            raise DataError("data.turbofan", source=truth, expected=len(last), received=len(told))
        left[last] = told
    names = [f"{part}-{number}" for number in unit]
    ids = [f"{name}/{number}" for name, number in zip(names, cycle, strict=True)]
    columns = {name: values[:, 2 + at] for at, name in enumerate((*SETTINGS, *SENSORS))}
    told_left = pa.array(left, from_pandas=True)
    rest = {"part": [part] * len(ids), "rul": told_left, **columns}
    return pa.table({"record_id": ids, "unit": names, "cycle": cycle, **rest})


def _numbers(path: Path, width: int) -> np.ndarray:
    """float64 [n, width] of a file of numbers separated by spaces."""
    try:
        values = np.loadtxt(path, ndmin=2)
    except OSError as error:
        raise unreadable(path, "a table of numbers", error) from error
    except ValueError as error:
        raise unreadable(path, "a table of numbers", one_line(error)) from error
    if not len(values) or values.shape[1] != width or not np.isfinite(values).all():
        raise DataError("data.turbofan", source=path, expected=width, received=values.shape[1])
    return values

"""Text files with one entity a line: its id, then what it chose, in order of time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.source import unreadable


def read_item_lines(path: str | Path) -> pa.Table:
    """A record a line: the first word is its id, the others are its items.

    Args:
        path: a file of UTF-8 text, words separated by spaces or tabs; blank lines are passed over.

    Returns:
        ``record_id`` strings and ``items``, lists of strings.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``, ``data.not_utf8``, ``data.empty``.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "a.txt")
        ...     _ = file.write_text("1 7 9\\n2\\n")
        ...     read_item_lines(file).to_pylist()
        [{'record_id': '1', 'items': ['7', '9']}, {'record_id': '2', 'items': []}]
    """
    path = Path(path)
    try:
        rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise DataError("data.not_utf8", source=path) from error
    except OSError as error:
        raise unreadable(path, "a list of items", error) from error
    rows = [row for row in rows if row]
    if not rows:
        raise DataError("data.empty", source=path)
    offsets = np.cumsum([0, *(len(row) - 1 for row in rows)], dtype=np.int32)
    items = pa.array([item for row in rows for item in row[1:]], pa.string())
    ids = pa.array([row[0] for row in rows], pa.string())
    return pa.table({"record_id": ids, "items": pa.ListArray.from_arrays(pa.array(offsets), items)})

"""What every table format gives: its column names, and its rows in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lepton_core.errors import DataError


@dataclass(frozen=True)
class TableSource:
    """One opened file of records.

    Args:
        names: the file's column names, in order; a name may stand twice.
        rows: the number of rows, None where the format does not tell before it is read.
        read: (column positions, rows a batch) -> tables with these columns, in this order, under
            the file's names; called once.
    """

    names: tuple[str, ...]
    rows: int | None
    read: Callable[[list[int], int], Iterator[pa.Table]]


def unreadable(path: Path, kind: str, reason: object) -> DataError:
    """The error for a file that is damaged or is not what its name says."""
    return DataError("data.unreadable", source=path, kind=kind, reason=one_line(reason))


def one_line(reason: object) -> str:
    """A library's message on one line of bounded length, its full stop removed."""
    text = " ".join(str(reason).split())
    return (text if len(text) <= 160 else text[:157] + "...").rstrip(".")

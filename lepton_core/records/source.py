"""What every reader offers, and what a table format gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa

from lepton_core.errors import DataError


class RecordReader(Protocol):
    """Records of one source, read once, in order, a batch at a time.

    Attributes:
        source: where they stand, as text for messages.
        schema_names: the columns delivered.
        rows_total: the number of records; None where it is not known before they are read.
        is_live: whether what was read cannot be read again, as of a camera.
    """

    source: str
    schema_names: tuple[str, ...]
    rows_total: int | None
    is_live: bool

    def batches(self) -> Iterator[pa.Table]:
        """The records, so many at a time; nothing more after :meth:`close`."""
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...

    def __enter__(self) -> RecordReader: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Closing:
    """What a reader has beside its records: it is closed where its ``with`` block ends.

    Attributes:
        is_live: whether what was read cannot be read again, as of a camera.
    """

    is_live = False

    def close(self) -> None:
        """Let go of the source."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


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
    """The error for a file that is damaged, is not what its name says, or is gone."""
    if isinstance(reason, FileNotFoundError):
        return DataError("data.no_file", source=path)
    return DataError("data.unreadable", source=path, kind=kind, reason=one_line(reason))


def one_line(reason: object) -> str:
    """A library's message on one line of bounded length, its full stop removed."""
    text = " ".join(str(reason).split())
    return (text if len(text) <= 160 else text[:157] + "...").rstrip(".")

"""Tables of records: CSV, Parquet and JSON lines as a stream of Arrow tables."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.choosing import Chosen, choose_columns
from lepton_core.records.source import Closing, TableSource, unreadable
from lepton_core.spec import Spec

TABLE_SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


class TableReader(Closing):
    """The rows of one file, read once, in order, a batch at a time; memory stays flat.

    Made by :func:`open_table`. Values are not checked yet: that is
    :func:`lepton_core.checking.check`.

    Attributes:
        source: the file's path as text, for messages.
        schema_names: the columns delivered, under our names, in the file's order.
        rows_total: the number of rows; None where the format does not tell.
    """

    def __init__(self, path: Path, table: TableSource, chosen: Chosen, batch_rows: int) -> None:
        self.source = str(path)
        self.schema_names = tuple(name for _, name in chosen)
        self.rows_total = table.rows
        self._stream = _stream(path, table, chosen, batch_rows)
        # The first batch is read at once, so that an empty or broken file fails here.
        self._first = next(self._stream, None)
        if self._first is None:
            raise DataError("data.empty", source=path)

    def batches(self) -> Iterator[pa.Table]:
        """Tables of at most ``batch_rows`` rows with the columns ``schema_names``.

        CSV gives text columns, Parquet the file's types, JSON lines either; types may differ
        from one batch to the next.
        """
        if self._first is not None:
            first, self._first = self._first, None
            yield first
        yield from self._stream

    def close(self) -> None:
        """Let go of the file."""
        self._first = None
        self._stream.close()


def open_table(
    path: str | Path,
    mapping: Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None,
    batch_rows: int = 65536,
    spec: Spec | None = None,
    extra: Sequence[str] = (),
) -> TableReader:
    """Open a file of records for reading in batches.

    Args:
        path: a file whose name ends in one of ``TABLE_SUFFIXES``.
        mapping: their column name -> ours. It wins over a column that already has our name.
        columns: the names (ours) that are wanted; what the file lacks is left out. None: those
            of ``spec``, or all.
        batch_rows: most rows in a batch.
        spec: what the task takes; a required column that the file lacks is then an error that
            tells all columns the file has.
        extra: further columns of the file to deliver, under its own names.

    Returns:
        a reader; use it in a ``with`` block.

    Raises:
        DataError: no such file, an unknown ending, an empty or unreadable file, missing columns,
            a mapping or an ``extra`` that does not fit. While reading: the file is damaged, or
            became shorter.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "sales.csv")
        ...     _ = path.write_text("ts,card_no,amount\\n2026-01-01,c1,9.5\\n2026-01-02,c2,7\\n")
        ...     with open_table(path, {"card_no": "card"}, ["card", "amount"]) as reader:
        ...         [batch.to_pylist() for batch in reader.batches()]
        [[{'card': 'c1', 'amount': '9.5'}, {'card': 'c2', 'amount': '7'}]]
    """
    path = Path(path)
    mapping = mapping or {}
    table = _open(path)
    if not table.names:
        raise DataError("data.empty", source=path)
    chosen = choose_columns(str(path), table.names, mapping, columns, spec, extra)
    return TableReader(path, table, chosen, batch_rows)


def read_table(
    path: str | Path,
    mapping: Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None,
    spec: Spec | None = None,
) -> pa.Table:
    """A whole file of records as one Arrow table; arguments as in :func:`open_table`."""
    with open_table(path, mapping, columns, spec=spec) as reader:
        return join_tables(list(reader.batches()))


def _open(path: Path) -> TableSource:
    suffix = next((s for s in TABLE_SUFFIXES if path.name.lower().endswith(s)), None)
    if path.is_dir():
        raise DataError("data.is_folder", source=path, known=" ".join(TABLE_SUFFIXES))
    if not path.exists():
        raise DataError("data.no_file", source=path)
    if suffix is None:
        raise DataError("data.unknown_suffix", source=path, known=" ".join(TABLE_SUFFIXES))
    if _size(path) == 0:
        raise DataError("data.empty", source=path)
    if suffix == ".parquet":
        from lepton_core.records.parquet_file import open_parquet

        return open_parquet(path)
    if suffix.startswith(".csv"):
        from lepton_core.records.csv_file import open_csv

        return open_csv(path)
    from lepton_core.records.json_lines import open_json_lines

    return open_json_lines(path)


def _stream(path: Path, table: TableSource, chosen: Chosen, batch_rows: int) -> Generator[pa.Table]:
    """The rows under the chosen names."""
    size = _size(path)
    positions = list(dict.fromkeys(position for position, _ in chosen))
    names = [name for _, name in chosen]
    # A column may be delivered twice, under our name and under the file's own; it is read once.
    places = [positions.index(position) for position, _ in chosen]
    for part in table.read(positions, batch_rows):
        if part.num_rows:
            yield pa.table([part.column(place) for place in places], names=names)
    # Lines that were cut off while we read would otherwise be missing without a word.
    if path.exists() and path.stat().st_size < size:
        raise unreadable(path, "the file it was", "it became shorter while it was read")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, "a table", error) from error


def join_tables(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns as one; a column whose type changes becomes text.

    Raises:
        pyarrow.ArrowException: a column is nested in one table and not in another.
    """
    first = tables[0].schema
    if all(table.schema.equals(first) for table in tables):
        return pa.concat_tables(tables)
    mixed = [
        name for name in first.names if len({table.schema.field(name).type for table in tables}) > 1
    ]
    fields = [pa.field(f.name, pa.string()) if f.name in mixed else f for f in first]
    return pa.concat_tables([table.cast(pa.schema(fields)) for table in tables])

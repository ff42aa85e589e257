"""Tables of records: CSV, Parquet and JSON lines as a stream of Arrow tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.source import TableSource
from lepton_core.spec import Spec

TABLE_SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


class TableReader:
    """The rows of one file, read once, in order, a batch at a time; memory stays flat.

    Made by :func:`open_table`. Values are not checked yet: that is
    :func:`lepton_core.checking.check`.

    Attributes:
        source: the file's path as text, for messages.
        schema_names: the columns delivered, under our names, in the file's order.
        rows_total: the number of rows; None where the format does not tell.
    """

    def __init__(
        self, path: Path, table: TableSource, chosen: Mapping[int, str], batch_rows: int
    ) -> None:
        self.source = str(path)
        self.schema_names = tuple(chosen.values())
        self.rows_total = table.rows
        self._stream = _named(table.read(list(chosen), batch_rows), list(self.schema_names))
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

    def __enter__(self) -> TableReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_table(
    path: str | Path,
    mapping: Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None,
    batch_rows: int = 65536,
    spec: Spec | None = None,
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

    Returns:
        a reader; use it in a ``with`` block.

    Raises:
        DataError: no such file, an unknown ending, an empty or unreadable file, missing columns,
            a mapping that does not fit.

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
    _check_mapping(path, table.names, mapping)
    if spec is not None:
        _check_targets(mapping, spec)
        spec.require([mapping.get(name, name) for name in table.names], str(path))
        columns = spec.names if columns is None else columns
    chosen = _choose(path, table.names, mapping, columns)
    return TableReader(path, table, chosen, batch_rows)


def read_table(
    path: str | Path,
    mapping: Mapping[str, str] | None = None,
    columns: Iterable[str] | None = None,
    spec: Spec | None = None,
) -> pa.Table:
    """A whole file of records as one Arrow table; arguments as in :func:`open_table`."""
    with open_table(path, mapping, columns, spec=spec) as reader:
        return _join(list(reader.batches()))


def _open(path: Path) -> TableSource:
    suffix = next((s for s in TABLE_SUFFIXES if path.name.lower().endswith(s)), None)
    if path.is_dir():
        raise DataError("data.is_folder", source=path, known=" ".join(TABLE_SUFFIXES))
    if not path.exists():
        raise DataError("data.no_file", source=path)
    if suffix is None:
        raise DataError("data.unknown_suffix", source=path, known=" ".join(TABLE_SUFFIXES))
    if path.stat().st_size == 0:
        raise DataError("data.empty", source=path)
    if suffix == ".parquet":
        from lepton_core.records.parquet_file import open_parquet

        return open_parquet(path)
    if suffix.startswith(".csv"):
        from lepton_core.records.csv_file import open_csv

        return open_csv(path)
    from lepton_core.records.json_lines import open_json_lines

    return open_json_lines(path)


def _check_mapping(path: Path, found: tuple[str, ...], mapping: Mapping[str, str]) -> None:
    for theirs, ours in mapping.items():
        if theirs not in found:
            near = get_close_matches(theirs, found, n=1, cutoff=0.5)
            raise DataError(
                "data.map_unknown",
                source=path,
                column=theirs,
                found=", ".join(found),
                hint=f"--map {near[0] if near else 'THEIR_COLUMN'}={ours}",
            )
    twice = [ours for ours, count in Counter(mapping.values()).items() if count > 1]
    if twice:
        both = ", ".join(theirs for theirs, ours in mapping.items() if ours == twice[0])
        raise DataError("data.map_twice", source=path, column=twice[0], both=both)


def _check_targets(mapping: Mapping[str, str], spec: Spec) -> None:
    for ours in mapping.values():
        if ours not in spec:
            near = get_close_matches(ours, spec.names, n=1, cutoff=0.0)
            known = ", ".join(spec.names)
            raise DataError("data.map_target", column=ours, known=known, near=near[0])


def _choose(
    path: Path,
    found: tuple[str, ...],
    mapping: Mapping[str, str],
    columns: Iterable[str] | None,
) -> dict[int, str]:
    """The positions of the columns to read, with our name of each."""
    wanted = None if columns is None else list(columns)
    chosen: dict[int, str] = {}
    for position, theirs in enumerate(found):
        ours = mapping.get(theirs, theirs)
        shadowed = theirs not in mapping and theirs in mapping.values()
        if shadowed or (wanted is not None and ours not in wanted):
            continue
        if ours in chosen.values():
            raise DataError("data.column_twice", source=path, column=theirs)
        chosen[position] = ours
    if not chosen:
        names = ", ".join(wanted or [])
        raise DataError(
            "data.missing_columns",
            source=path,
            missing=names,
            expected=names,
            found=", ".join(found),
            hint=f"--map THEIR_COLUMN={(wanted or ['OURS'])[0]}",
        )
    return chosen


def _named(tables: Iterator[pa.Table], names: list[str]) -> Generator[pa.Table]:
    for table in tables:
        if table.num_rows:
            yield table.rename_columns(names)


def _join(tables: list[pa.Table]) -> pa.Table:
    first = tables[0].schema
    if all(table.schema.equals(first) for table in tables):
        return pa.concat_tables(tables)
    mixed = [
        name for name in first.names if len({table.schema.field(name).type for table in tables}) > 1
    ]
    fields = [pa.field(f.name, pa.string()) if f.name in mixed else f for f in first]
    return pa.concat_tables([table.cast(pa.schema(fields)) for table in tables])

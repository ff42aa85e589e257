"""Interactions as RecBole's atomic files hold them: the header tells each column's type."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from lepton_core.errors import DataError
from lepton_core.records.source import one_line, unreadable

_US = 1_000_000
# Their column -> ours, of the interactions and of the items beside them.
_EVENTS = {"user_id": "user", "item_id": "item", "timestamp": "time"}
_TITLES = ("movie_title", "title")
_CLASSES = ("class", "categories", "genre")


def read_atomic(path: str | Path) -> pa.Table:
    """Interactions from ``NAME.inter``, with titles and classes from ``NAME.item`` where it is.

    Args:
        path: the file of interactions: tab between, a header of ``name:type``, times in seconds
            since 1970 UTC.

    Returns:
        one row an event: ``user item`` strings, ``time`` timestamp where there is one, ``title``
        and ``category`` (the first class) strings where the items tell them.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``; ``data.missing_columns``.

    Source:
        RecBole, "Atomic Files", https://recbole.io/atomic_files.html.
    """
    path = Path(path)
    events = _read(path)
    lacking = [name for name in ("user_id", "item_id") if name not in events.column_names]
    if lacking:
        raise DataError(
            "data.missing_columns",
            source=path,
            missing=", ".join(lacking),
            expected="user_id, item_id",
            found=", ".join(events.column_names),
            hint="user_id:token",
        )
    columns = {ours: events.column(n) for n, ours in _EVENTS.items() if n in events.column_names}
    if "time" in columns:
        seconds = columns["time"].cast(pa.float64())
        micros = pc.round(pc.multiply(seconds, _US)).cast(pa.int64())
        columns["time"] = micros.cast(pa.timestamp("us", tz="UTC"))
    about = path.with_suffix(".item")
    if about.exists():
        columns |= _about(_read(about), columns["item"])
    return pa.table(columns)


def _about(items: pa.Table, wanted: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    at = pc.index_in(wanted, items.column("item_id").combine_chunks())
    found = {}
    for ours, names in (("title", _TITLES), ("category", _CLASSES)):
        name = next((name for name in names if name in items.column_names), None)
        if name is None:
            continue
        words = items.column(name)
        if ours == "category":
            words = pc.list_element(pc.split_pattern(pc.fill_null(words, ""), " "), 0)
        found[ours] = words.take(at)
    return found


def _read(path: Path) -> pa.Table:
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().rstrip("\n").split("\t")
        table = arrow_csv.read_csv(
            path,
            arrow_csv.ReadOptions(column_names=header, skip_rows=1),
            arrow_csv.ParseOptions(delimiter="\t", quote_char=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
        )
    except UnicodeDecodeError as error:
        raise DataError("data.not_utf8", source=path) from error
    except (OSError, pa.ArrowInvalid) as error:
        reason = error if isinstance(error, OSError) else one_line(error)
        raise unreadable(path, "an atomic file", reason) from error
    return table.rename_columns([name.partition(":")[0] for name in header])

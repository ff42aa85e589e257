"""What ``lepton score --watch`` has written so far: its run folder, read and never touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError, UsageError
from lepton_core.records.picture_parts import read_file
from lepton_core.records.table import read_table
from lepton_core.scoring.folder import INPUTS_LOG, PARTS_LOG
from lepton_core.scoring.manifest import Manifest, read_manifest

from .dashboard_line_seen import Seen, rate_of

# Rows that are shown; what was before them is counted by the run itself.
_MOST_ROWS = 2000
# How much of the end of a log is read at the first look: lines of about 200 bytes.
_TAIL_BYTES = 1_000_000
_COLUMNS = ("record_id", "verdict", "label", "defects")


@dataclass
class RunFolder:
    """A run's folder, read further at each look.

    Args:
        folder: ``--out`` of the watch.
        done: ``--done`` of it, where finished pictures are; None where they stay.
    """

    folder: Path
    done: Path | None = None
    _at: dict[str, int] = field(default_factory=dict)
    _tables: list[pa.Table] = field(default_factory=list)
    _inputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def look(self, good: frozenset[str]) -> Seen:
        """What counts at this moment.

        Args:
            good: names of classes that stand for no defect.

        Raises:
            UsageError: ``defect_detection.line.folder.no_run``, or ``no_verdicts`` for a run of
                another task.
            DataError: the manifest or a part is damaged.
        """
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise UsageError("defect_detection.line.folder.no_run", folder=self.folder)
        for told in self._new_lines(manifest, PARTS_LOG):
            self._tables.append(self._read_part(str(told["file"])))
        for told in self._new_lines(manifest, INPUTS_LOG):
            if told.get("id"):
                self._inputs[str(told["id"])] = told
        table = self._recent()
        verdict = np.array(table["verdict"].to_pylist(), object)
        before = {}
        for name, count in manifest.summary.get("verdicts", {}).items():
            before[name] = max(int(count) - int((verdict == name).sum()), 0)
        ids = [str(name) for name in table["record_id"].to_pylist()]
        self._inputs = {name: self._inputs[name] for name in ids if name in self._inputs}
        time = np.array([self._time(name) for name in ids], np.float64)
        defects = table["defects"].to_pylist()
        return Seen(
            ids,
            verdict,
            np.array(table["label"].to_pylist(), object),
            good,
            time,
            {str(k): int(v) for k, v in manifest.summary.get("reasons", {}).items()},
            lambda row: self._picture(ids[row]),
            lambda row: _boxes(defects[row]),
            f"{self.folder}",
            rate_of(time),
            before,
        )

    def _recent(self) -> pa.Table:
        """The last rows; earlier ones are let go of."""
        if not self._tables:
            empty = pa.array([], pa.string())
            return pa.table(dict.fromkeys(_COLUMNS, empty))
        kept, rows = [], 0
        for table in reversed(self._tables):
            kept.append(table)
            rows += table.num_rows
            if rows >= _MOST_ROWS:
                break
        self._tables = kept[::-1]
        whole = pa.concat_tables(self._tables, promote_options="permissive")
        return whole.slice(max(whole.num_rows - _MOST_ROWS, 0))

    def _read_part(self, name: str) -> pa.Table:
        table = read_table(self.folder / name)
        missing = [
            column for column in ("record_id", "verdict") if column not in table.column_names
        ]
        if missing:
            found = ", ".join(table.column_names)
            raise UsageError(
                "defect_detection.line.folder.no_verdicts", folder=self.folder, found=found
            )
        columns = {}
        for column in _COLUMNS:
            there = column in table.column_names
            columns[column] = table[column] if there else pa.nulls(table.num_rows)
        return pa.table(columns)

    def _new_lines(self, manifest: Manifest, log: str) -> Iterator[dict[str, Any]]:
        """Lines of a log that count and were not read yet; of a long one the last at first."""
        size, path = int(manifest.logs.get(log, 0)), self.folder / log
        at = self._at.get(log)
        if at is None or at > size:  # the first look, or a run that began anew
            at = max(size - _TAIL_BYTES, 0)
            if log == PARTS_LOG:
                self._tables.clear()
        try:
            with path.open("rb") if size > at else open("/dev/null", "rb") as file:
                file.seek(at)
                data = file.read(size - at)
            lines = data.split(b"\n")
            # One that was cut at the front is older than what is shown.
            told = [json.loads(line) for line in lines[(at > 0 and log not in self._at) :] if line]
        except (OSError, ValueError) as error:
            raise DataError("journal.damaged", path=path, reason=error) from error
        self._at[log] = size
        yield from told

    def _time(self, name: str) -> float:
        told = self._inputs.get(name)
        return float(told["modified_ns"]) / 1e9 if told and "modified_ns" in told else np.nan

    def _picture(self, name: str) -> bytes | None:
        """The file of a part where it still stands: at its place, or among the finished."""
        told = self._inputs.get(name)
        if told is None:
            return None
        places = [Path(str(told["path"]))]
        if self.done is not None:
            places.insert(0, self.done / str(told.get("to") or told.get("name") or name))
        found = (read_file(place) for place in places)
        return next((data for data in found if data), None)


def _boxes(cell: Any) -> list[dict[str, Any]]:
    """A cell of defects, nested or as the JSON text of a CSV."""
    try:
        found = json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return []
    return [dict(box) for box in found or []]

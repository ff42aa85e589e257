"""The split that a data set brings in a file of its own, which decides for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from lepton_core.data.lookup import find_dataset
from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.training.splits import Split

# What the parts are called in such files.
_PARTS = {"train": ("train",), "valid": ("validation", "valid", "val"), "test": ("test",)}
_IDS, _PART = ("record_id", "id", "file"), "split"


class FileSplit(Protocol):
    """Each record in the part that the data set's own file names for it.

    The data set's card says which file: ``split: {kind: file, file: split.csv}``. It has a column
    ``record_id``, ``id`` or ``file``, and ``split`` with train, validation and test. Records that
    the file does not name are in no part, nor are those without a label.

    Args:
        data: name of the data set.
        label: the label column.
        seeds: how many models ``evaluate --train`` trains on the same split, each from another
            seed, to tell a model from its luck.
    """

    name = "file"

    def __init__(self, data: str, label: str, seeds: int = 1) -> None:
        if seeds < 1:
            raise ValueError(f"seeds is at least 1. Received: seeds={seeds}")
        self._data, self._label, self._seeds = data, label, seeds

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Args:
            records: checked records [n].

        Raises:
            DataError: ``split.no_file``, ``split.bad_file`` or ``split.not_named``; ``data.*``
                where there is no such data set.
        """
        path = self._path()
        ids, parts = _read(path)
        place = pc.fill_null(pc.index_in(records["record_id"], ids), -1).to_numpy()
        if records.num_rows and not (place >= 0).any():
            first = records["record_id"][0].as_py()
            raise DataError("split.not_named", file=path, n=records.num_rows, received=first)
        labelled = pc.is_valid(records.column(self._label)).to_numpy()
        named = np.where(place >= 0, parts[place], "")
        rows = {
            part: np.flatnonzero(labelled & np.isin(named, names)) for part, names in _PARTS.items()
        }
        for part in ("train", "test"):
            if not len(rows[part]):
                raise DataError("split.empty_part", part=part, n=int(labelled.sum()))
        return Split(rows["train"], rows["valid"], rows["test"])

    def folds(self, records: pa.Table) -> list[Fold]:
        split = self.split(records)
        return [Fold(f"seed {number}", split, seed=number) for number in range(self._seeds)]

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "file": f"{self._data}/{self._path().name}"}

    def _path(self) -> Path:
        dataset = find_dataset(self._data)
        split = dataset.card.split
        if split is None or split.file is None:
            raise DataError("split.no_file", data=self._data)
        return dataset.path.parents[_depth(dataset.card.reader.path)] / split.file


def _depth(path: str) -> int:
    """How many folders a reader's path goes down from the data set's own."""
    return len(Path(path).parts) - 1


def _read(path: Path) -> tuple[pa.Array, np.ndarray]:
    """Ids [m] and the name of each one's part [m]."""
    text = pa.csv.ConvertOptions(column_types={name: pa.string() for name in (*_IDS, _PART)})
    try:
        table = pa.csv.read_csv(path, convert_options=text)
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise DataError("split.bad_file", file=path, received=reason) from error
    key = next((name for name in _IDS if name in table.column_names), None)
    if key is None or _PART not in table.column_names:
        found = ", ".join(table.column_names)
        raise DataError("split.bad_file", file=path, received=f"columns {found}")
    parts = np.array(table[_PART].to_pylist(), dtype=str)
    known = [name for names in _PARTS.values() for name in names]
    strange = parts[~np.isin(parts, known)]
    if strange.size:
        raise DataError("split.bad_file", file=path, received=f"split {strange[0]!r}")
    ids = table[key].combine_chunks()
    if len(pc.unique(ids)) < len(ids):
        raise DataError("split.bad_file", file=path, received="an id twice")
    return ids, parts

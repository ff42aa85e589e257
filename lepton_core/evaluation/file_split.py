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
_IDS, _PART, _GROUP, _FOLD = ("record_id", "id", "file"), "split", "group", "fold"
_LEAST_FOLDS = 3


class FileSplit(Protocol):
    """Each record in the part that the data set's own file names for it.

    The data set's card says which file: ``split: {kind: file, file: split.csv}``. It has a column
    ``record_id``, ``id`` or ``file``, and ``split`` with train, validation and test. Records that
    the file does not name are in no part, nor are those without a label. What lies in folders is
    also found by the name of its file alone, where no two records have the same.

    Args:
        data: name of the data set.
        label: the label column.
        seeds: how many models ``evaluate --train`` trains on the same split, each from another
            seed, to tell a model from its luck.
        group: the column of the records that takes the file's ``group``, which tells what belongs
            together; empty for none.
    """

    name = "file"

    def __init__(self, data: str, label: str, seeds: int = 1, group: str = "") -> None:
        if seeds < 1:
            raise ValueError(f"seeds is at least 1. Received: seeds={seeds}")
        self._data, self._label, self._seeds, self.group = data, label, seeds, group

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with their groups, where somebody wants them.

        Raises:
            DataError: as :meth:`split`; ``split.bad_file`` for a file without groups.
        """
        if not self.group:
            return records
        groups = self._told(records, _GROUP)
        values = pa.array(groups.tolist(), pa.string(), mask=groups == "")
        if self.group in records.column_names:
            at = records.column_names.index(self.group)
            return records.set_column(at, self.group, values)
        return records.append_column(self.group, values)

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Args:
            records: checked records [n].

        Raises:
            DataError: ``split.no_file``, ``split.bad_file`` or ``split.not_named``; ``data.*``
                where there is no such data set.
        """
        told = self._told(records, _PART)
        labelled = pc.is_valid(records.column(self._label)).to_numpy()
        rows = {
            part: np.flatnonzero(labelled & np.isin(told, names)) for part, names in _PARTS.items()
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

    def _told(self, records: pa.Table, column: str) -> np.ndarray:
        """What the file says of each record, strings [n]; empty where it does not name one."""
        path = self._path()
        ids, values = _read(path, column)
        place = _places(records["record_id"], ids)
        if records.num_rows and not (place >= 0).any():
            first = records["record_id"][0].as_py()
            raise DataError("split.not_named", file=path, n=records.num_rows, received=first)
        return np.where(place >= 0, values[place], "")

    def _path(self) -> Path:
        dataset = find_dataset(self._data)
        split = dataset.card.split
        if split is None or split.file is None:
            raise DataError("split.no_file", data=self._data)
        if dataset.folder is None:
            return dataset.path  # raises, telling that the data set is not here
        return dataset.folder / split.file


class FoldSplit(FileSplit):
    """A split by a data set's own file that also numbers folds, for a mean over them.

    ``lepton train`` and ``lepton evaluate`` take the parts that the file names. ``evaluate
    --train`` tests each fold of its column ``fold`` in turn, validates on the one after it and
    trains on the others.

    Args:
        data: name of the data set.
        label: the label column.
        group: as for :class:`FileSplit`.
    """

    name = "folds"

    def __init__(self, data: str, label: str, group: str = "") -> None:
        super().__init__(data, label, group=group)

    def folds(self, records: pa.Table) -> list[Fold]:
        """One fold a number.

        Raises:
            DataError: as :meth:`split`; ``split.bad_file`` for a file with fewer than three folds.
        """
        told = self._told(records, _FOLD)
        there = pc.is_valid(records.column(self._label)).to_numpy() & (told != "")
        numbers = sorted(set(told[there].tolist()), key=lambda name: (len(name), name))
        if len(numbers) < _LEAST_FOLDS:
            received = f"folds {', '.join(numbers) or '-'}"
            raise DataError("split.bad_file", file=self._path(), received=received)
        found = []
        for number, following in zip(numbers, [*numbers[1:], numbers[0]], strict=True):
            test, valid = (np.flatnonzero(there & (told == one)) for one in (number, following))
            train = np.flatnonzero(there & ~np.isin(told, [number, following]))
            found.append(Fold(f"fold {number}", Split(train, valid, test)))
        return found


def _places(names: pa.ChunkedArray, ids: pa.Array) -> np.ndarray:
    """Where each record stands among the ids, int64 [n]; -1 where it does not."""
    place = pc.fill_null(pc.index_in(names, ids), -1).to_numpy()
    if not (place < 0).any():
        return np.asarray(place)
    alone = pc.replace_substring_regex(names, r"^.*/", "")
    if pc.count_distinct(alone).as_py() < len(alone):
        return np.asarray(place)
    by_file = pc.fill_null(pc.index_in(alone, ids), -1).to_numpy()
    return np.where(place >= 0, place, by_file)


def _read(path: Path, column: str) -> tuple[pa.Array, np.ndarray]:
    """Ids [m] and what a column says of each, strings [m]."""
    names = (*_IDS, _PART, _GROUP, _FOLD)
    text = pa.csv.ConvertOptions(column_types={name: pa.string() for name in names})
    try:
        table = pa.csv.read_csv(path, convert_options=text)
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise DataError("split.bad_file", file=path, received=reason) from error
    key = next((name for name in _IDS if name in table.column_names), None)
    if key is None or column not in table.column_names:
        found = ", ".join(table.column_names)
        raise DataError("split.bad_file", file=path, received=f"columns {found}")
    values = np.array(table[column].to_pylist(), dtype=str)
    known = [name for names in _PARTS.values() for name in names]
    strange = values[~np.isin(values, known)]
    if column == _PART and strange.size:
        raise DataError("split.bad_file", file=path, received=f"split {strange[0]!r}")
    ids = table[key].combine_chunks()
    if len(pc.unique(ids)) < len(ids):
        raise DataError("split.bad_file", file=path, received="an id twice")
    return ids, values

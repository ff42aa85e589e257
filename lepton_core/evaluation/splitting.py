"""Protocols for records with a label: at random, by time, or by whole groups.

Each depends on the settings and the records alone. Rows without a label are in no part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split, group_split, random_split

_US_A_DAY = 86_400_000_000


class RandomSplit(Protocol):
    """A random part each, with the same mix of labels in all; for records that stand alone.

    The order of the file does not matter: records are taken by their ids. Where one machine, person
    or site has several records, take :class:`GroupSplit`; where the future is to be told from the
    past, :class:`TimeSplit`. Otherwise the figures are too good.

    Args:
        label: the label column.
        valid: share of the records for validation, 0 to 1.
        test: share of the records for the test, 0 to 1.
        seed: the same seed gives the same split.
        stratify: whether every class is split by itself; not for labels that are measured values.

    Example:
        >>> rows = pa.table({"record_id": ["a", "b", "c", "d"], "left": [0, 1, 1, None]})
        >>> split = RandomSplit("left", valid=0.0, test=0.34, stratify=False).split(rows)
        >>> len(split.train), len(split.test)
        (2, 1)
    """

    name = "random"

    def __init__(
        self,
        label: str,
        valid: float = 0.15,
        test: float = 0.2,
        seed: int = 0,
        stratify: bool = True,
    ) -> None:
        self._label, self._valid, self._test = label, valid, test
        self._seed, self._stratify = seed, stratify

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels`` or ``split.empty_part``.
        """
        rows = _known(records, self._label)
        rows = rows[np.asarray(pc.sort_indices(records["record_id"].take(pa.array(rows))))]
        classes = None
        if self._stratify:
            label = records.column(self._label).take(pa.array(rows)).combine_chunks()
            classes = label.dictionary_encode().indices.to_numpy()
        parts = random_split(
            len(rows), valid=self._valid, test=self._test, seed=self._seed, stratify=classes
        )
        return _checked(rows, parts, self._valid)

    def describe(self) -> dict[str, Any]:
        shares = {"valid_share": self._valid, "test_share": self._test, "split_seed": self._seed}
        return {"name": self.name, **shares, "stratified": self._stratify}


class GroupSplit(Protocol):
    """A random part of the groups each: all records of a machine, person or site stay together.

    Args:
        label: the label column.
        group: the column that names the group; a record without one is a group of its own.
        valid: share of the records for validation, met as nearly as whole groups allow.
        test: share of the records for the test.
        seed: the same seed gives the same split.
    """

    name = "by_group"

    def __init__(
        self, label: str, group: str, valid: float = 0.15, test: float = 0.2, seed: int = 0
    ) -> None:
        self._label, self.group, self._seed = label, group, seed
        self._valid, self._test = valid, test

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels`` or ``split.empty_part``.
        """
        rows = _known(records, self._label)
        some = records.take(pa.array(rows))
        own = pc.binary_join_element_wise("\0", some["record_id"], "")
        groups = pc.coalesce(some[self.group].cast(pa.string()), own)
        names = np.array(groups.to_pylist())
        parts = group_split(names, valid=self._valid, test=self._test, seed=self._seed)
        return _checked(rows, parts, self._valid)

    def describe(self) -> dict[str, Any]:
        shares = {"valid_share": self._valid, "test_share": self._test, "split_seed": self._seed}
        return {"name": self.name, "group": self.group, **shares}


class TimeSplit(Protocol):
    """The latest records for the test, those before them for validation, the earlier to train on.

    Records of one moment stay together.

    Args:
        label: the label column.
        time: the time column.
        valid: share of the records for validation, 0 to 1.
        test: share of the records for the test, 0 to 1.
        gap_days: days before the test whose records are left out: as long as labels take to be
            known, else validation knows what a person on the first test day could not.
    """

    name = "by_time"

    def __init__(
        self, label: str, time: str, valid: float = 0.15, test: float = 0.2, gap_days: float = 0.0
    ) -> None:
        self._label, self._time, self._gap = label, time, gap_days
        self._valid, self._test = valid, test

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels`` or ``split.empty_part``.
        """
        rows = _known(records, self._label)
        at = records.column(self._time).take(pa.array(rows)).cast(pa.int64()).to_numpy()
        ordered = np.sort(at)
        n = len(rows)
        test_from = ordered[min(round(n * (1 - self._test)), n - 1)]
        valid_to = test_from - round(self._gap * _US_A_DAY)
        before = int(np.searchsorted(ordered, valid_to))
        valid_at = max(before - round(n * self._valid), 0)
        valid_from = ordered[valid_at] if valid_at < before else valid_to
        parts = Split(
            np.flatnonzero(at < min(valid_from, valid_to)),
            np.flatnonzero((at >= valid_from) & (at < valid_to)),
            np.flatnonzero(at >= test_from),
        )
        return _checked(rows, parts, self._valid)

    def describe(self) -> dict[str, Any]:
        shares = {"valid_share": self._valid, "test_share": self._test}
        return {"name": self.name, "time": self._time, **shares, "gap_days": self._gap}


def _known(records: pa.Table, label: str) -> np.ndarray:
    """The rows that have a label."""
    there = pc.is_valid(records.column(label)).to_numpy()
    if not there.any():
        raise DataError("split.no_labels", column=label, n=records.num_rows)
    return np.flatnonzero(there)


def _checked(rows: np.ndarray, parts: Split, valid: float) -> Split:
    for part in ("train", "valid", "test"):
        if not len(getattr(parts, part)) and (part != "valid" or valid > 0):
            raise DataError("split.empty_part", part=part, n=len(rows))
    return Split(*(np.sort(rows[part]) for part in (parts.train, parts.valid, parts.test)))

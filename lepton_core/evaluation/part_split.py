"""A random split in which what belongs together stays together: one person, one part, one file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.classes import with_classes
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split, group_split


def together(records: pa.Table, group: str, image: str = "image") -> np.ndarray:
    """What belongs together, strings [n]: equal for records of one group or with identical files.

    A record without a group is one of its own. Groups that share a file are one.

    Args:
        records: records [n] with a ``record_id``.
        group: the column that names the patient, part or place; it may be absent.
        image: the image column.

    Example:
        >>> images = pa.array([{"sha256": text} for text in "aab"])
        >>> rows = pa.table({
        ...     "record_id": ["1", "2", "3"], "image": images, "patient": ["p", None, "p"],
        ... })
        >>> len(set(together(rows, "patient").tolist()))
        1
    """
    own = records["record_id"].to_pylist()
    sums = pc.struct_field(records[image], "sha256").to_pylist()
    who = records[group].to_pylist() if group in records.column_names else [None] * len(own)
    first: dict[str, int] = {}
    found = np.arange(len(own))

    def root(row: int) -> int:
        while found[row] != row:
            row = int(found[row])
        return row

    for row, names in enumerate(zip(own, sums, who, strict=True)):
        for kind, name in zip("isg", names, strict=True):
            if name is not None:
                earlier = root(first.setdefault(kind + name, row))
                found[max(earlier, root(row))] = min(earlier, root(row))
    return np.array([str(root(row)) for row in range(len(own))])


class PartSplit(Protocol):
    """A random part of the pictures, what belongs together in one part, every class by itself.

    Args:
        label: the label column, strings; empty ones are in no part.
        group: the column that names what belongs together, such as the part on several pictures.
        image: the image column; identical files belong together.
        valid: share of the pictures for validation, met as nearly as whole groups allow.
        test: share of the pictures for the test.
        seed: the same seed gives the same split.
    """

    name = "by_part"

    def __init__(
        self,
        label: str = "label",
        group: str = "part",
        image: str = "image",
        valid: float = 0.15,
        test: float = 0.2,
        seed: int = 0,
    ) -> None:
        self._label, self.group, self._image = label, group, image
        self._valid, self._test, self._seed = valid, test, seed

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with the classes of all of them.

        Raises:
            DataError: ``evaluate.few_classes``.
        """
        return with_classes(records, self._label)

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels`` or ``split.empty_part``.
        """
        known = np.flatnonzero(pc.is_valid(records.column(self._label)).to_numpy())
        if not len(known):
            raise DataError("split.no_labels", column=self._label, n=records.num_rows)
        groups = together(records, self.group, self._image)[known]
        labels = np.array(records[self._label].to_pylist(), object)[known].astype(str)
        kinds = _kinds(groups, labels)
        parts: list[list[np.ndarray]] = [[], [], []]
        for kind in np.unique(kinds):
            rows = np.flatnonzero(kinds == kind)
            split = group_split(groups[rows], valid=self._valid, test=self._test, seed=self._seed)
            for part, chosen in zip(parts, (split.train, split.valid, split.test), strict=True):
                part.append(rows[chosen])
        train, valid, test = (np.sort(known[np.concatenate(part)]) for part in parts)
        for name, rows in (("train", train), ("valid", valid), ("test", test)):
            if not len(rows) and (name != "valid" or self._valid > 0):
                raise DataError("split.empty_part", part=name, n=len(known))
        return Split(train, valid, test)

    def describe(self) -> dict[str, Any]:
        shares = {"valid_share": self._valid, "test_share": self._test, "split_seed": self._seed}
        return {"name": self.name, "group": f"{self.group}, identical pictures", **shares}


def _kinds(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The class of each row's group [n]: the rarest class in it, so that no part lacks a class."""
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(names))
    _, group = np.unique(groups, return_inverse=True)
    rarest = np.full(group.max() + 1, len(names))
    np.minimum.at(rarest, group, rank[codes])
    return np.asarray(rarest[group])

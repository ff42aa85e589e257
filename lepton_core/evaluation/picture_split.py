"""A random split of pictures in which the same picture never stands on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.evaluation.classes import with_classes
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.splitting import RandomSplit
from lepton_core.training.splits import Split


class PictureSplit(RandomSplit):
    """A random part of the pictures each, every class by itself, identical files together.

    Files are identical by their sha256. Pictures that only resemble each other (a series of one
    part, frames of one film) are not seen to belong together: name their part in a column, and take
    :class:`~lepton_core.evaluation.splitting.GroupSplit`.

    Args:
        label: the label column, strings; empty ones are in no part.
        image: the image column.
        valid: share of the distinct pictures for validation, 0 to 1.
        test: share of the distinct pictures for the test, 0 to 1.
        seed: the same seed gives the same split.

    Example:
        >>> sums = ["a", "b", "c", "d", "a"]
        >>> rows = pa.table({
        ...     "record_id": ["1", "2", "3", "4", "5"], "label": ["good"] * 5,
        ...     "image": pa.array([{"sha256": value} for value in sums]),
        ... })
        >>> split = PictureSplit("label", valid=0.0, test=0.5).split(rows)
        >>> sides = {tuple(np.isin([0, 4], part)) for part in (split.train, split.test)}
        >>> sides == {(True, True), (False, False)}
        True
    """

    name = "random_pictures"

    def __init__(
        self,
        label: str = "label",
        image: str = "image",
        valid: float = 0.15,
        test: float = 0.2,
        seed: int = 0,
    ) -> None:
        super().__init__(label, valid=valid, test=test, seed=seed)
        self._image = image

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
        sums = pc.struct_field(records.column(self._image), "sha256")
        # A table of pictures may come without sums: then each is taken for a picture of its own.
        own = pc.binary_join_element_wise("\0", records.column("record_id"), "")
        names = np.array(pc.coalesce(sums, own).take(pa.array(known)).to_pylist(), str)
        _, first, group = np.unique(names, return_index=True, return_inverse=True)
        plain = records.select(["record_id", self._label])
        parts = super().split(take_rows(plain, known[first]))
        return Split(
            *(known[np.isin(group, part)] for part in (parts.train, parts.valid, parts.test))
        )

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "identical_pictures": "in one part"}

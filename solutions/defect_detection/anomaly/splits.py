"""Good parts to learn from and to set the threshold by; defective ones are only tested on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.file_split import FoldSplit
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.training.splits import Split, group_split

from .config import Config

LABEL, PART = "label", "part"


def good_rows(records: pa.Table, rows: np.ndarray, good: str) -> np.ndarray:
    """Which of some rows show good parts.

    Records without a single label among them are all taken for good: a folder of good parts.

    Args:
        records: checked records [n].
        rows: int64 [m].
        good: what a good part is labelled.

    Example:
        >>> table = pa.table({"label": ["good", "dent", None]})
        >>> good_rows(table, np.arange(3), "good").tolist()
        [0]
    """
    labels = np.array(records[LABEL].to_pylist(), object)
    if all(label is None for label in labels):
        return rows
    return rows[labels[rows] == good]


class GoodSplit(Protocol):
    """A random part of the good parts each; every defective one to the test.

    Pictures of one `part`, and identical files, stay together. A defective picture of a part whose
    other pictures are learned from is in no part. Unlabelled pictures are in none either, unless
    none has a label.

    Args:
        config: shares, seed, and what good parts are labelled.
    """

    name = "good_parts"

    def __init__(self, config: Config | None = None) -> None:
        self._shares = (config or Config()).split

    def split(self, records: pa.Table) -> Split:
        """Rows by part.

        Raises:
            DataError: ``defect_detection.anomaly.no_good``; ``split.empty_part``.
        """
        shares = self._shares
        rows = np.arange(records.num_rows)
        good = good_rows(records, rows, shares.good)
        labels = np.array(records[LABEL].to_pylist(), object)
        if not len(good):
            known = sorted({str(name) for name in labels.tolist()})
            raise DataError(
                "defect_detection.anomaly.no_good",
                n=len(rows),
                good=shares.good,
                received=", ".join(known[:5]) or "-",
            )
        groups = together(records, PART)
        own = group_split(groups[good], valid=shares.valid, test=shares.test, seed=shares.seed)
        train, valid, test = (good[part] for part in (own.train, own.valid, own.test))
        others = np.array([name is not None and name != shares.good for name in labels], bool)
        seen = np.isin(groups, groups[np.concatenate([train, valid])])
        test = np.sort(np.concatenate([test, rows[others & ~seen]]))
        for name, part in (("train", train), ("valid", valid), ("test", test)):
            if not len(part) and (name != "valid" or shares.valid > 0):
                raise DataError("split.empty_part", part=name, n=len(good))
        return Split(np.sort(train), np.sort(valid), test)

    def may_learn(self, records: pa.Table) -> np.ndarray:
        """Not from what a person said to be defective."""
        labels = np.array(records[LABEL].to_pylist(), object)
        return np.array([name is None or name == self._shares.good for name in labels], bool)

    def describe(self) -> dict[str, Any]:
        shares = self._shares
        return {
            "name": self.name,
            "learned_from": f"good parts ({shares.good})",
            "group": f"{PART}, identical pictures",
            "valid_share": shares.valid,
            "test_share": shares.test,
            "split_seed": shares.seed,
        }


class TileSplit(FoldSplit):
    """The fixed split of `magnetic_tile` by tile, without the defective training pictures."""

    name = "magnetic_tile_good"

    def __init__(self, config: Config | None = None) -> None:
        super().__init__("magnetic_tile", LABEL, group=PART)
        self._good = (config or Config()).split.good

    def split(self, records: pa.Table) -> Split:
        return self._without_defects(records, super().split(records))

    def folds(self, records: pa.Table) -> list[Fold]:
        return [
            Fold(fold.name, self._without_defects(records, fold.split), fold.seed)
            for fold in super().folds(records)
        ]

    def may_learn(self, records: pa.Table) -> np.ndarray:
        """Not from what a person said to be defective."""
        labels = np.array(records[LABEL].to_pylist(), object)
        return np.array([name is None or name == self._good for name in labels], bool)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "learned_from": f"good parts ({self._good})"}

    def _without_defects(self, records: pa.Table, whole: Split) -> Split:
        train, valid = (good_rows(records, rows, self._good) for rows in (whole.train, whole.valid))
        return Split(train, valid, whole.test)

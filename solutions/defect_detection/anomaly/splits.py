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


def not_defective(records: pa.Table, good: str) -> np.ndarray:
    """Which records nobody said to show a defect, bool [n].

    What is not labelled counts as good wherever a protocol let it in: that is in a folder of good
    parts alone, and stays so when somebody gives a verdict on one of them.

    Args:
        records: checked records [n].
        good: what a good part is labelled.

    Example:
        >>> not_defective(pa.table({"label": ["good", "dent", None]}), "good").tolist()
        [True, False, True]
    """
    return np.array([name is None or name == good for name in records[LABEL].to_pylist()], bool)


def no_good(labels: np.ndarray, good: str) -> DataError:
    """That nothing is labelled as a good part, and what is there instead; labels [n]."""
    known = sorted({str(name) for name in labels if name is not None})
    return DataError(
        "defect_detection.anomaly.no_good",
        n=len(labels),
        good=good,
        received=", ".join(known[:5]) or "-",
    )


class GoodSplit(Protocol):
    """A random part of the good parts each; every defective one to the test.

    Pictures of one `part`, and identical files, stay together. A defective picture of a part whose
    other pictures are learned from is in no part. Unlabelled pictures are in none either, unless
    none has a label.

    Args:
        config: shares, seed, and what good parts are labelled.
    """

    name = "good_parts"
    group = PART

    def __init__(self, config: Config | None = None) -> None:
        self._shares = (config or Config()).split

    def split(self, records: pa.Table) -> Split:
        """Rows by part.

        Raises:
            DataError: ``defect_detection.anomaly.no_good``; ``split.empty_part``.
        """
        shares = self._shares
        rows = np.arange(records.num_rows)
        labels = np.array(records[LABEL].to_pylist(), object)
        is_good = not_defective(records, shares.good)
        others = ~is_good
        if any(name is not None for name in labels):
            is_good &= labels == shares.good
        good = rows[is_good]
        if not len(good):
            raise no_good(labels, shares.good)
        groups = together(records, PART)
        own = group_split(groups[good], valid=shares.valid, test=shares.test, seed=shares.seed)
        train, valid, test = (good[part] for part in (own.train, own.valid, own.test))
        seen = np.isin(groups, groups[np.concatenate([train, valid])])
        test = np.sort(np.concatenate([test, rows[others & ~seen]]))
        for name, part in (("train", train), ("valid", valid), ("test", test)):
            if not len(part) and (name != "valid" or shares.valid > 0):
                raise DataError("split.empty_part", part=name, n=len(good))
        return Split(np.sort(train), np.sort(valid), test)

    def may_learn(self, records: pa.Table) -> np.ndarray:
        """Not from what a person said to be defective."""
        return not_defective(records, self._shares.good)

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
        return not_defective(records, self._good)

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "learned_from": f"good parts ({self._good})"}

    def _without_defects(self, records: pa.Table, whole: Split) -> Split:
        good = self.may_learn(records)
        return Split(whole.train[good[whole.train]], whole.valid[good[whole.valid]], whole.test)

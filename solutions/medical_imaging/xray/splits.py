"""Which pictures are learned from, decided on and tested on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.classes import with_classes
from lepton_core.evaluation.file_split import FileSplit
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.evaluation.rows import take_rows
from lepton_core.training.splits import Split, group_split

from .config import Config

_SEEDS = 3
_LABEL = "label"


class PatientSplit(Protocol):
    """A random part of the patients each; identical files stay together, too.

    A picture without a known patient counts as a patient of its own: where one person has several,
    name them in a column ``patient`` (DICOM files bring it), else the figures are too good.
    """

    name = "by_patient"

    def __init__(self, config: Config | None = None) -> None:
        shares = (config or Config()).split
        self._valid, self._test, self._seed = shares.valid, shares.test, shares.seed

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with the classes of all of them.

        Raises:
            DataError: ``evaluate.few_classes``.
        """
        return with_classes(records, _LABEL)

    def split(self, records: pa.Table) -> Split:
        """Labelled rows by part.

        Raises:
            DataError: ``split.no_labels``, or ``medical_imaging.split.too_few`` where a part lacks
                a class.
        """
        rows = np.flatnonzero(pc.is_valid(records.column(_LABEL)).to_numpy())
        if not len(rows):
            raise DataError("split.no_labels", column=_LABEL, n=records.num_rows)
        some = take_rows(records, rows)
        parts = group_split(people(some), valid=self._valid, test=self._test, seed=self._seed)
        split = Split(*(np.sort(rows[part]) for part in (parts.train, parts.valid, parts.test)))
        _check(records, split)
        return split

    def describe(self) -> dict[str, Any]:
        shares = {"valid_share": self._valid, "test_share": self._test, "split_seed": self._seed}
        return {"name": self.name, "group": "patient, identical pictures", **shares}


class KermanySplit(FileSplit):
    """Official test part of `kermany_cxr`; validation carved from the training part by person."""

    name = "kermany"

    def __init__(self, config: Config | None = None) -> None:
        super().__init__("kermany_cxr", _LABEL, seeds=_SEEDS)

    def with_truth(self, records: pa.Table) -> pa.Table:
        return with_classes(records, _LABEL)


class MedMnistSplit(Protocol):
    """The official parts of a MedMNIST file: its records are named `train/...`, `val/...`..."""

    name = "medmnist"

    def __init__(self, config: Config | None = None) -> None:
        pass

    def with_truth(self, records: pa.Table) -> pa.Table:
        return with_classes(records, _LABEL)

    def split(self, records: pa.Table) -> Split:
        """Rows by part.

        Raises:
            DataError: ``split.empty_part``.
        """
        ids = records["record_id"]
        parts = {
            part: np.flatnonzero(pc.starts_with(ids, f"{part}/").to_numpy(zero_copy_only=False))
            for part in ("train", "val", "test")
        }
        for part, rows in parts.items():
            if not len(rows):
                raise DataError("split.empty_part", part=part, n=records.num_rows)
        return Split(parts["train"], parts["val"], parts["test"])

    def folds(self, records: pa.Table) -> list[Fold]:
        split = self.split(records)
        return [Fold(f"seed {number}", split, seed=number) for number in range(_SEEDS)]

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "parts": "official"}


def people(records: pa.Table) -> np.ndarray:
    """Whose each picture is, strings [n]: the patient, otherwise the file's contents.

    Pictures of one patient, and identical files whoever they are said to be of, get one name.

    Example:
        >>> images = pa.array([{"sha256": text} for text in "aab"])
        >>> rows = pa.table({
        ...     "record_id": ["1", "2", "3"], "image": images, "patient": ["p", None, "p"],
        ... })
        >>> len(set(people(rows).tolist()))
        1
    """
    return together(records, "patient")


def _check(records: pa.Table, split: Split) -> None:
    """Refuse a split in which a part lacks a class: nothing could be decided or said there."""
    labels = np.array(records[_LABEL].to_pylist(), object)
    classes = sorted({label for label in labels if label is not None})
    for part in ("train", "valid", "test"):
        there = set(labels[getattr(split, part)].tolist())
        for name in classes:
            if name not in there:
                n = int((labels == name).sum())
                raise DataError("medical_imaging.split.too_few", part=part, name=name, n=n)

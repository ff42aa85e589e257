"""Which pictures are learned from, decided on and tested on."""

from __future__ import annotations

import pyarrow as pa

from lepton_core.box_cells import main_labels
from lepton_core.evaluation.classes import with_classes
from lepton_core.evaluation.file_split import FileSplit, FoldSplit
from lepton_core.evaluation.part_split import PartSplit

from .config import Config

LABEL, PART, BOXES = "label", "part", "boxes"


class Split(PartSplit):
    """A random part of each class; pictures of one `part`, and identical files, stay together.

    A part that stands under several exposures or from several sides must be named in the column
    `part`: else the figures are too good.
    """

    def __init__(self, config: Config | None = None) -> None:
        shares = (config or Config()).split
        super().__init__(LABEL, PART, valid=shares.valid, test=shares.test, seed=shares.seed)

    def with_truth(self, records: pa.Table) -> pa.Table:
        return with_classes(labelled(records), LABEL)


class NeuSplit(FileSplit):
    """The fixed split of `neu_det`."""

    name = "neu_det"

    def __init__(self, config: Config | None = None) -> None:
        super().__init__("neu_det", LABEL, group=PART)

    def with_truth(self, records: pa.Table) -> pa.Table:
        return with_classes(super().with_truth(records), LABEL)


class TileSplit(FoldSplit):
    """The fixed split of `magnetic_tile` by tile, and its five folds for `evaluate --train`."""

    name = "magnetic_tile"

    def __init__(self, config: Config | None = None) -> None:
        super().__init__("magnetic_tile", LABEL, group=PART)

    def with_truth(self, records: pa.Table) -> pa.Table:
        return with_classes(super().with_truth(records), LABEL)


def labelled(records: pa.Table) -> pa.Table:
    """The records with a class for each picture that has boxes and no label: its largest box's."""
    if BOXES not in records.column_names or not records[LABEL].null_count:
        return records
    told = main_labels(records[BOXES])
    labels = [own or marked for own, marked in zip(records[LABEL].to_pylist(), told, strict=True)]
    at = records.column_names.index(LABEL)
    return records.set_column(at, LABEL, pa.array(labels, pa.string()))

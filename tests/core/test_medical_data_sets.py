"""The X-ray sets come by name: as many as published, two classes of the same names, their split."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.data.reading import load_records
from lepton_core.errors import DataError
from lepton_core.evaluation.file_split import FileSplit
from lepton_core.images import decode_rows
from lepton_core.spec import Column, Spec

pytestmark = pytest.mark.real_data

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image", formats=("dicom", "nifti")),
        Column("label", "string", "label", required=False),
        Column("patient", "string", "entity", required=False),
    )
)


def records(name: str) -> pa.Table:
    try:
        return load_records(name, SPEC).table
    except DataError as error:
        if not error.key.startswith("data.not_here"):
            raise
        pytest.skip(f"{name} is not on this machine: set LEPTON_DATA")


def test_pneumoniamnist() -> None:
    table = records("pneumoniamnist")
    names = table["record_id"].to_pylist()
    parts = Counter(name.partition("/")[0] for name in names)
    assert parts == {"train": 4708, "val": 524, "test": 624}
    labels = table["label"].to_pylist()
    assert set(labels) == {"normal", "pneumonia"}
    of_test = Counter(label for name, label in zip(names, labels, strict=True) if "test" in name)
    assert of_test == {"normal": 234, "pneumonia": 390}
    x, kept, refused = decode_rows(
        table["image"], channels=1, size=(28, 28), formats=SPEC["image"].formats
    )
    assert (len(kept), refused, x.shape[1:]) == (5856, {}, (28, 28, 1))
    assert 0.3 < x.mean() / 255 < 0.7


def test_kermany_cxr() -> None:
    table = records("kermany_cxr")
    assert Counter(table["label"].to_pylist()) == {"normal": 1575, "pneumonia": 4265}
    split = FileSplit("kermany_cxr", "label").split(table)
    assert [len(part) for part in (split.train, split.valid, split.test)] == [4407, 809, 624]
    patients = np.array(table["patient"].to_pylist())
    # Validation was carved by person.
    assert not set(patients[split.train]) & set(patients[split.valid])
    assert table["record_id"][0].as_py() == "train/NORMAL/IM-0115-0001.jpeg"


def test_dicom_samples() -> None:
    table = records("dicom_samples")
    _, kept, refused = decode_rows(
        table["image"], channels=1, size=(64, 64), formats=SPEC["image"].formats
    )
    assert (table.num_rows, len(kept)) == (32, 29)
    assert Counter(refusal.key for refusal in refused.values()) == {
        "dicom_cut_off": 1,
        "dicom_segmentation": 1,
        "dicom_radiotherapy": 1,
    }
    assert all(name.startswith("dcm-") for name in table["record_id"].to_pylist())

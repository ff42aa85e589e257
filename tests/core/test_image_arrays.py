"""Arrays of pictures become records: lossless, in order, named by part and place."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from lepton_core.data.reading import load_records
from lepton_core.errors import DataError
from lepton_core.records import open_records, read_records
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
    )
)
RNG = np.random.default_rng(0)
GREY = {
    "train_images": RNG.integers(0, 256, (70, 9, 8), np.uint8),
    "train_labels": RNG.integers(0, 2, (70, 1)).astype(np.uint8),
    "test_images": RNG.integers(0, 256, (3, 9, 8), np.uint8),
    "test_labels": np.array([1, 0, 1]),
}


def test_records_are_the_arrays(tmp_path: Path) -> None:
    path = tmp_path / "films.npz"
    np.savez_compressed(path, **GREY)
    with open_records(path, SPEC, batch_rows=32) as reader:
        assert reader.rows_total == 73
        assert [batch.num_rows for batch in reader.batches()] == [32, 32, 9]
    table = read_records(path, SPEC)
    assert table["record_id"].to_pylist()[:2] == ["train/00000", "train/00001"]
    assert table["record_id"].to_pylist()[-1] == "test/00002"
    for row, image in ((1, GREY["train_images"][1]), (72, GREY["test_images"][2])):
        data = np.frombuffer(table["image"][row]["bytes"].as_py(), np.uint8)
        assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), image)
    labels = [*GREY["train_labels"][:, 0], *GREY["test_labels"]]
    assert table["label"].to_pylist() == [str(label) for label in labels]


def test_colour_stays_as_it_is(tmp_path: Path) -> None:
    image = np.zeros((1, 9, 8, 3), np.uint8)
    image[..., 0] = 200
    np.savez(tmp_path / "a.npz", val_images=image)
    table = read_records(tmp_path / "a.npz", SPEC)
    data = np.frombuffer(table["image"][0]["bytes"].as_py(), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR)[0, 0].tolist() == [0, 0, 200]
    assert table["label"].to_pylist() == [None]


def test_a_card_names_the_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEPTON_DATASETS", str(tmp_path))
    (tmp_path / "films").mkdir()
    np.savez(tmp_path / "films" / "films.npz", **GREY)
    card = {
        "name": "films",
        "title": "Films",
        "tasks": ["medical_imaging/xray"],
        "licence": "ours",
        "reader": {
            "kind": "image_arrays",
            "path": "films.npz",
            "classes": {"0": "normal", "1": "ill"},
        },
    }
    (tmp_path / "films.yaml").write_text(yaml.safe_dump(card))
    for spec in (SPEC, None):
        assert load_records("films", spec).table["label"].to_pylist()[-3:] == [
            "ill", "normal", "ill",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "key"),
    [
        ({"x": GREY["train_images"]}, "data.no_arrays"),
        ({"train_images": GREY["train_images"].astype(np.float32)}, "data.bad_array"),
        ({"train_images": GREY["train_images"][0]}, "data.bad_array"),
        ({**GREY, "train_labels": np.array(["a"] * 70)}, "data.bad_array"),
        ({"train_images": np.array([{}], dtype=object)}, "data.bad_array"),
    ],
)
def test_other_arrays_are_one_clear_error(tmp_path: Path, arrays: dict, key: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError) as caught:
        read_records(tmp_path / "a.npz", SPEC)
    assert caught.value.key == key
    assert "a.npz" in str(caught.value)


def test_damaged_files_are_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **GREY)
    whole = path.read_bytes()
    # An array that says it is larger than any memory.
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 99999999, 99999999), }"
    header += b" " * (117 - len(header)) + b"\n"
    huge = b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + bytes(100)
    for data in (whole[: len(whole) // 2], b"no zip", None):
        if data is None:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("train_images.npy", huge)
        else:
            path.write_bytes(data)
        with pytest.raises(DataError) as caught:
            read_records(path, SPEC)
        assert caught.value.key == "data.unreadable"

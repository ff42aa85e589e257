"""The real sets of surface defects: as many as published, their classes, and splits that hold."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.data.reading import load_records
from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.masks import read_mask
from lepton_core.spec import Column, Spec
from solutions.defect_detection.surface.splits import NeuSplit, Split, TileSplit

pytestmark = pytest.mark.real_data

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
        Column("boxes", "boxes", "label", required=False),
        Column("mask", "image", "label", required=False),
        Column("part", "string", "entity", required=False),
    )
)
PARTS = ("train", "valid", "test")


def records(name: str) -> pa.Table:
    try:
        loaded = load_records(name, SPEC).table
    except DataError as error:
        if not error.key.startswith("data.not_here"):
            raise
        pytest.skip(f"{name} is not on this machine: set LEPTON_DATA")
    checked = check(loaded, SPEC, name)
    assert not len(checked.rejects)
    return checked.table


@pytest.fixture(scope="module")
def steel() -> pa.Table:
    return records("neu_det")


@pytest.fixture(scope="module")
def tiles() -> pa.Table:
    return records("magnetic_tile")


def test_neu_det_is_all_there(steel: pa.Table) -> None:
    assert steel.num_rows == 1800
    assert set(Counter(steel["label"].to_pylist()).values()) == {300}
    labels = [box["label"] for row in steel["boxes"].to_pylist() for box in row]
    assert len(labels) == 4189
    assert Counter(labels) == {
        "inclusion": 1011,
        "patches": 881,
        "crazing": 689,
        "rolled-in_scale": 628,
        "scratches": 548,
        "pitted_surface": 432,
    }


def test_boxes_of_neu_det_fill_their_pictures_to_the_edge(steel: pa.Table) -> None:
    boxes = [box for row in steel["boxes"].to_pylist() for box in row]
    assert min(box["x0"] for box in boxes) == min(box["y0"] for box in boxes) == 0
    assert max(box["x1"] for box in boxes) == max(box["y1"] for box in boxes) == 200


def test_magnetic_tile_is_all_there(tiles: pa.Table) -> None:
    assert tiles.num_rows == 1344
    assert Counter(tiles["label"].to_pylist()) == {
        "good": 952,
        "blowhole": 115,
        "uneven": 103,
        "break": 85,
        "crack": 57,
        "fray": 32,
    }
    assert tiles["mask"].null_count == 0


def test_good_tiles_have_empty_masks_and_defective_ones_do_not(tiles: pa.Table) -> None:
    empty: Counter[str] = Counter()
    for label, mask in zip(tiles["label"].to_pylist(), tiles["mask"].to_pylist(), strict=True):
        read = read_mask(mask["bytes"])
        assert read is not None
        assert set(np.unique(read).tolist()) <= {0, 255}
        empty[label] += not read.any()
    assert dict(+empty) == {"good": 952, "uneven": 4}


@pytest.mark.parametrize(
    ("name", "protocol", "sizes"),
    [
        ("neu_det", NeuSplit(), (1160, 266, 374)),
        ("magnetic_tile", TileSplit(), (801, 269, 274)),
    ],
)
def test_no_group_is_on_two_sides(name: str, protocol: Protocol, sizes: tuple[int, ...]) -> None:
    table = protocol.with_truth(records(name))
    split = protocol.split(table)
    assert tuple(len(getattr(split, part)) for part in PARTS) == sizes
    sums = [one["sha256"] for one in table["image"].to_pylist()]
    for kind in (table["part"].to_pylist(), sums):
        names = np.array(kind, object)
        sides = [set(names[getattr(split, part)].tolist()) for part in PARTS]
        assert not (sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2])
    labels = np.array(table["label"].to_pylist(), object)
    assert all(set(labels[getattr(split, part)]) == set(labels) for part in PARTS)


def test_the_folds_of_magnetic_tile_test_every_tile_once(tiles: pa.Table) -> None:
    protocol = TileSplit()
    table = protocol.with_truth(tiles)
    folds = protocol.folds(table)
    assert len(folds) == 5
    tested = np.concatenate([fold.split.test for fold in folds])
    assert sorted(tested.tolist()) == list(range(1344))
    parts = np.array(table["part"].to_pylist(), object)
    for fold, following in zip(folds, [*folds[1:], folds[0]], strict=True):
        assert fold.split.valid.tolist() == following.split.test.tolist()
        learned = set(parts[fold.split.train]) | set(parts[fold.split.valid])
        assert not learned & set(parts[fold.split.test])
    assert folds[0].split.test.tolist() == protocol.split(table).test.tolist()
    assert len(set(parts.tolist())) == 202


def test_without_a_protocol_of_its_own_a_set_is_split_by_part(tiles: pa.Table) -> None:
    table = TileSplit().with_truth(tiles)
    protocol = Split()
    split = protocol.split(protocol.with_truth(table))
    parts = np.array(table["part"].to_pylist(), object)
    assert not set(parts[split.test]) & (set(parts[split.train]) | set(parts[split.valid]))
    assert 0.2 < len(split.test) / 1344 < 0.3

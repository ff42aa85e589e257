"""A split that keeps together what belongs together, with every class in every part."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.part_split import PartSplit, together

PARTS = ("train", "valid", "test")


def tiles(n: int = 60, exposures: int = 4) -> pa.Table:
    """Tiles under several exposures; every tenth is cracked, and one of its pictures is good."""
    part = np.repeat(np.arange(n), exposures)
    label = np.where(part % 10 == 0, "crack", "good")
    label[::exposures] = "good"
    rows = np.arange(len(part))
    return pa.table(
        {
            "record_id": [f"r{row}" for row in rows],
            "image": pa.array([{"sha256": f"s{row}"} for row in rows]),
            "label": label.tolist(),
            "part": [f"p{one}" for one in part],
        }
    )


def with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def test_a_part_is_on_one_side_and_every_side_has_every_class() -> None:
    table = tiles()
    split = PartSplit(valid=0.2, test=0.2).split(table)
    rows = [getattr(split, part) for part in PARTS]
    assert sorted(np.concatenate(rows).tolist()) == list(range(table.num_rows))
    parts, labels = (np.array(table[name].to_pylist()) for name in ("part", "label"))
    sides = [set(parts[some].tolist()) for some in rows]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    assert all(set(labels[some].tolist()) == {"good", "crack"} for some in rows)


def test_identical_files_of_two_parts_bring_both_to_one_side() -> None:
    table = tiles()
    sums = [{"sha256": "same" if row in (0, 239) else f"s{row}"} for row in range(240)]
    table = with_column(table, "image", pa.array(sums))
    names = together(table, "part")
    assert len(set(names[:4]) | set(names[236:])) == 1
    split = PartSplit(valid=0.2, test=0.2).split(table)
    sides = {part for part in PARTS for row in (0, 239) if row in getattr(split, part)}
    assert len(sides) == 1


def test_pictures_without_a_part_stand_alone_and_unlabelled_ones_are_in_no_part() -> None:
    table = tiles().drop_columns(["part"])
    labels = pa.array([None, *table["label"].to_pylist()[1:]], pa.string())
    split = PartSplit(valid=0.2, test=0.2).split(with_column(table, "label", labels))
    used = np.concatenate([getattr(split, part) for part in PARTS])
    assert sorted(used.tolist()) == list(range(1, 240))


def test_the_same_seed_gives_the_same_split() -> None:
    first, again, other = (PartSplit(seed=seed).split(tiles()) for seed in (1, 1, 2))
    assert first.test.tolist() == again.test.tolist() != other.test.tolist()


def test_what_cannot_be_split_is_told() -> None:
    none = with_column(tiles(), "label", pa.nulls(240, pa.string()))
    with pytest.raises(DataError) as raised:
        PartSplit().split(none)
    assert raised.value.key == "split.no_labels"
    with pytest.raises(DataError) as raised:
        PartSplit().split(tiles(n=1))
    assert raised.value.key == "split.empty_part"

"""Only good parts are learned from, and a part never stands on both sides."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.fixed_split import FixedSplit
from lepton_core.settings import apply_settings
from solutions.defect_detection.anomaly.config import Config
from solutions.defect_detection.anomaly.splits import GoodSplit, not_defective
from solutions.defect_detection.anomaly.task import TASK


def records(labels: list[str | None], parts: list[str | None] | None = None) -> pa.Table:
    n = len(labels)
    images = [{"path": f"{i}.png", "bytes": b"", "sha256": str(i)} for i in range(n)]
    kind = pa.struct([("path", pa.string()), ("bytes", pa.binary()), ("sha256", pa.string())])
    return pa.table(
        {
            "record_id": [str(i) for i in range(n)],
            "image": pa.array(images, kind),
            "label": pa.array(labels, pa.string()),
            "part": pa.array(parts or [None] * n, pa.string()),
        }
    )


def test_defects_are_only_tested_on() -> None:
    table = records(["good"] * 40 + ["dent"] * 10 + ["scratch"] * 5)
    split = GoodSplit().split(table)
    labels = np.array(table["label"].to_pylist())
    assert set(labels[split.train]) == set(labels[split.valid]) == {"good"}
    assert (labels[split.test] != "good").sum() == 15
    assert (labels[split.test] == "good").sum() == 10


def test_the_pictures_of_a_part_stay_together_and_its_defects_out_of_the_test() -> None:
    # Every part has five good pictures and a defective one.
    parts = [str(i // 6) for i in range(120)]
    labels: list[str | None] = ["dent" if i % 6 == 5 else "good" for i in range(120)]
    split = GoodSplit().split(records(labels, parts))
    sides = [{parts[row] for row in rows} for rows in (split.train, split.valid, split.test)]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]
    assert {labels[row] for row in split.test} == {"good", "dent"}


def test_a_folder_without_labels_is_one_of_good_parts() -> None:
    table = records([None] * 20)
    split = GoodSplit().split(table)
    assert len(split.train) + len(split.valid) + len(split.test) == 20


@pytest.mark.parametrize("verdict", ["good", "defect"])
def test_a_verdict_in_a_folder_without_labels_leaves_the_others_good(verdict: str) -> None:
    fixed = FixedSplit(TASK, GoodSplit(), records([None] * 40))
    parts = fixed.split(records([None] * 40))
    judged = int(parts.train[0])
    labels = [verdict if row == judged else None for row in range(40)]
    after = fixed.split(records(labels))
    stays = parts.train if verdict == "good" else parts.train[1:]
    assert after.train.tolist() == stays.tolist()
    assert after.valid.tolist() == parts.valid.tolist()
    # The trainer and the figures take these for good.
    assert not_defective(records(labels), "good").sum() == 40 - (verdict == "defect")


def test_further_pictures_of_a_tested_part_teach_nothing() -> None:
    first = records(["good"] * 40, [f"part {row}" for row in range(40)])
    fixed = FixedSplit(TASK, GoodSplit(), first)
    tested, known = (int(rows[0]) for rows in (fixed.split(first).test, fixed.split(first).train))
    further = records(["good"] * 3, [f"part {tested}", f"part {known}", "part 99"])
    renamed = pa.array([{"path": "x.png", "bytes": b"", "sha256": f"x{row}"} for row in range(3)])
    further = further.set_column(0, "record_id", pa.array(["x", "y", "z"]))
    further = further.set_column(1, "image", renamed.cast(first["image"].type))
    learned, apart = fixed.further(fixed.with_further([further]))
    assert (learned.tolist(), apart.tolist()) == ([41, 42], [40])


def test_what_is_not_labelled_among_labelled_ones_is_in_no_part() -> None:
    split = GoodSplit().split(records(["good"] * 20 + [None] * 5))
    used = np.concatenate([split.train, split.valid, split.test])
    assert used.max() < 20


def test_good_parts_may_have_another_name() -> None:
    config = apply_settings(Config(), ["good=ok"])
    assert len(GoodSplit(config).split(records(["ok"] * 20 + ["bad"] * 3)).train) == 10


def test_without_a_good_part_it_says_which_labels_there_are() -> None:
    with pytest.raises(DataError) as refused:
        GoodSplit().split(records(["ok"] * 20))
    assert refused.value.key == "defect_detection.anomaly.no_good"
    assert "ok" in str(refused.value)


def test_the_split_does_not_depend_on_the_defects() -> None:
    few, many = (records(["good"] * 30 + ["dent"] * n) for n in (2, 9))
    first, second = (GoodSplit().split(table) for table in (few, many))
    assert np.array_equal(first.train, second.train)
    assert np.array_equal(first.valid, second.valid)

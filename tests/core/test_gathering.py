"""What a challenger learns from: the test part stays what it is, whatever comes later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.data.labelled import load_labelled
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.part_split import PartSplit
from lepton_core.evaluation.picture_split import PictureSplit
from lepton_core.evaluation.run import test_fingerprint as ids_fingerprint
from lepton_core.solution import Task, find_task
from lepton_core.spec import Column
from lepton_core.templates.image.pictures.task import TASK as TEMPLATE
from lepton_core.training.gathering import Gathered, gather
from lepton_core.training.splits import Split

TASK = replace(TEMPLATE, package="lepton_core.templates.image.pictures")
PROTOCOL = PictureSplit("label", valid=0.2, test=0.3)


def draw(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(seed).integers(0, 255, (8, 8)).astype(np.uint8)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twenty good parts and twenty with a dent."""
    for number in range(40):
        draw(tmp_path / "data" / ("good", "dent")[number % 2] / f"{number:02}.png", number)
    return tmp_path / "data"


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """Ten parts of two days."""
    for number in range(10):
        draw(tmp_path / "line" / f"day {number % 2}" / f"part {number}.png", 100 + number)
    return tmp_path / "line"


def read(folder: Path, task: Task = TASK) -> pa.Table:
    return load_labelled(str(folder), task, {}, lambda text: None)[0]


def said(words: dict[str, str]) -> pa.Table:
    columns = {"record_id": list(words), "verdict": list(words.values())}
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))


def learn(
    data: Path, *further: Path, said_of: dict[str, str] | None = None, correct_test: bool = False
) -> tuple[Gathered, list[str]]:
    notes: list[str] = []
    found = gather(
        TASK,
        read(data),
        PROTOCOL,
        further=[str(path) for path in further],
        verdicts=None if said_of is None else said(said_of),
        correct_test=correct_test,
        note=notes.append,
    )
    return found, notes


def parts(found: Gathered) -> dict[str, set[str]]:
    records = found.protocol.with_truth(found.records)
    split = found.protocol.split(records)
    ids = records["record_id"].to_pylist()
    return {name: {ids[row] for row in getattr(split, name)} for name in ("train", "valid", "test")}


def label(found: Gathered, record: str) -> str | None:
    ids = found.records["record_id"].to_pylist()
    return found.records["label"].to_pylist()[ids.index(record)]  # type: ignore[no-any-return]


def test_an_overruled_part_of_the_line_is_learned_and_never_tested_on(
    data: Path, line: Path
) -> None:
    before = parts(learn(data)[0])
    found, notes = learn(data, line, said_of={"day 0/part 0.png": "dent"})
    after = parts(found)
    assert after["test"] == before["test"]
    assert after["valid"] == before["valid"]
    assert after["train"] == before["train"] | {"day 0/part 0.png"}
    assert label(found, "day 0/part 0.png") == "dent"
    # The days are no classes of parts.
    assert label(found, "day 1/part 1.png") is None
    assert any("day 0, day 1" in text for text in notes)
    assert found.counts == {"further": 10, "learned": 1, "apart": 0, "held": 0}


def test_the_test_part_is_the_one_that_the_champion_was_tested_on(data: Path, line: Path) -> None:
    records = read(data)
    alone = ids_fingerprint(records, PROTOCOL.split(PROTOCOL.with_truth(records)).test)
    train = min(parts(learn(data)[0])["train"])
    other = "dent" if train.startswith("good") else "good"
    # A verdict on a training record changes how many there are of each class.
    found, _ = learn(data, line, said_of={train: other, "day 0/part 0.png": "dent"})
    assert label(found, train) == other
    with_truth = found.protocol.with_truth(found.records)
    assert ids_fingerprint(with_truth, found.protocol.split(with_truth).test) == alone


@pytest.mark.parametrize("correct_test", [False, True])
def test_a_verdict_on_a_test_picture_is_never_learned_from(data: Path, correct_test: bool) -> None:
    before = parts(learn(data)[0])
    record = min(name for name in before["test"] if name.startswith("good"))
    found, notes = learn(data, said_of={record: "dent"}, correct_test=correct_test)
    assert parts(found) == before
    # It changes nothing there, unless somebody says so.
    assert label(found, record) == ("dent" if correct_test else "good")
    assert found.held == (() if correct_test else (record,))
    assert any(record in text for text in notes)


def test_a_copy_of_a_test_picture_is_not_learned_from(data: Path, line: Path) -> None:
    record = min(parts(learn(data)[0])["test"])
    (line / "again.png").write_bytes((data / record).read_bytes())
    found, notes = learn(data, line, said_of={"again.png": "dent"})
    assert "again.png" not in parts(found)["train"]
    assert found.counts["apart"] == 1
    assert "1 labelled ones belong together" in notes[-1]


def test_another_picture_of_a_test_part_is_not_learned_from() -> None:
    column = Column("part", "string", "meta", required=False)
    task = replace(TASK, inputs=type(TASK.inputs)((*TASK.inputs, column)))
    protocol = PartSplit("label", "part", valid=0.25, test=0.25)
    count = 24
    images = [{"path": "", "bytes": b"", "sha256": str(number)} for number in range(count)]
    first = pa.table(
        {
            "record_id": [f"r{number}" for number in range(count)],
            "image": pa.array(images, task.inputs["image"].arrow_type()),
            "label": [("good", "dent")[number % 2] for number in range(count - 2)] + [None] * 2,
            "part": [f"p{number % 8}" for number in range(count)],
        }
    )
    # The last two had no label; a verdict gives them one, and they show parts p6 and p7.
    words = {f"r{number}": "dent" for number in (count - 2, count - 1)}
    found = gather(task, first, protocol, verdicts=said(words), note=lambda text: None)
    records = found.protocol.with_truth(found.records)
    split = found.protocol.split(records)
    who = np.array(records["part"].to_pylist())
    assert not set(who[split.train]) & set(who[np.concatenate([split.valid, split.test])])
    assert len(split.train) + len(split.valid) + len(split.test) >= count - 2


def test_a_folder_that_holds_both_needs_no_second_one(data: Path) -> None:
    before = parts(learn(data)[0])
    for number in range(3):
        draw(data / f"line {number}.png", 200 + number)
    found, _ = learn(data, said_of={"line 1.png": "good"})
    assert parts(found) == {**before, "train": before["train"] | {"line 1.png"}}


def test_what_is_in_the_data_already_counts_once(data: Path, line: Path) -> None:
    (line / "good").mkdir()
    name = min((data / "good").iterdir()).name
    (line / "good" / name).write_bytes((data / "good" / name).read_bytes())
    found, notes = learn(data, line)
    assert found.records["record_id"].to_pylist().count(f"good/{name}") == 1
    assert any("in the data already" in text for text in notes)


def test_two_pictures_of_one_id_are_refused_since_a_verdict_could_mean_either(
    data: Path, line: Path
) -> None:
    draw(line / "good" / "00.png", 999)
    with pytest.raises(DataError) as caught:
        learn(data, line)
    assert caught.value.key == "also.same_ids"
    assert "good/00.png" in caught.value.text("en")


def test_records_in_order_of_time_take_no_further_ones() -> None:
    fraud = find_task("fraud_rnn")
    empty = pa.table({"record_id": pa.array([], pa.string())})
    with pytest.raises(UsageError) as caught:
        gather(fraud, empty, PROTOCOL, further=["x"], note=lambda text: None)
    assert caught.value.key == "also.ordered"


def test_correcting_the_test_needs_verdicts(data: Path) -> None:
    with pytest.raises(UsageError) as caught:
        learn(data, correct_test=True)
    assert caught.value.key == "also.option"


def test_without_anything_new_all_is_as_it_was(data: Path) -> None:
    found, notes = learn(data)
    assert found.protocol is PROTOCOL
    assert notes == []
    assert found.joined is None


def test_what_turned_out_to_be_defective_leaves_a_model_of_good_parts(
    data: Path, line: Path
) -> None:
    class GoodOnly(PictureSplit):
        """Learns from good parts alone, as a detector of anomalies does."""

        def split(self, records: pa.Table) -> Split:
            whole, may = super().split(records), self.may_learn(records)
            return Split(whole.train[may[whole.train]], whole.valid, whole.test)

        def may_learn(self, records: pa.Table) -> np.ndarray:
            return np.array([name in (None, "good") for name in records["label"].to_pylist()])

    def gathered(words: dict[str, str]) -> Gathered:
        return gather(
            TASK,
            read(data),
            GoodOnly("label", valid=0.2, test=0.3),
            further=[str(line)],
            verdicts=said(words),
            note=lambda text: None,
        )

    overruled = min(parts(gathered({}))["train"])
    words = {overruled: "dent", "day 0/part 0.png": "dent", "day 0/part 2.png": "good"}
    learned = parts(gathered(words))["train"]
    assert overruled not in learned
    assert "day 0/part 0.png" not in learned
    assert "day 0/part 2.png" in learned

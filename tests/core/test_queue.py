"""Which pictures to label next: doubtful ones that differ, none twice, none that is known."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.cli import main as command
from lepton_core.decision import Classify, ClassifyMany
from lepton_core.decision.outlier import Outlier
from lepton_core.errors import UsageError
from lepton_core.labelling.doubt import margin_doubt
from lepton_core.labelling.queue import TIMES, choose, judge, make_queue
from lepton_core.labelling.spread import k_centre
from lepton_core.pictures import PicturePreprocessor
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import open_records
from lepton_core.solution import find_task
from lepton_core.store import Store, Verdict
from lepton_core.templates.image.pictures.task import TASK as TEMPLATE

TASK = replace(TEMPLATE, package="lepton_core.templates.image.pictures")
CLASSES = ("bright", "dark")


class Brightness:
    """A model that is sure of black and white pictures, and doubts grey ones."""

    def run(self, role: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        mean = inputs["x"].mean(axis=(1, 2, 3)) / 255.0
        odds = ((mean - 0.5) * 20).astype(np.float32)
        return {"score": np.stack([odds, -odds], axis=1)}


def pipeline() -> Pipeline:
    decision = ClassifyMany(CLASSES)
    return Pipeline(TASK, "test@grey", PicturePreprocessor(8, 8, 1), Brightness(), decision)  # type: ignore[arg-type]


def draw(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((8, 8), grey, np.uint8))[1].tobytes())


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """Black, white, and grey pictures of a line; one of them twice."""
    for number, grey in enumerate((0, 255, 10, 240, 120, 126, 135, 100)):
        draw(tmp_path / "line" / f"{number}.png", grey)
    draw(tmp_path / "line" / "again.png", 126)
    return tmp_path / "line"


def queued(folder: Path, n: int, **known: Any) -> list[str]:
    with open_records(folder, TASK.inputs) as reader:
        found = make_queue(pipeline(), reader.batches(), n, **known)
    return [one.record_id for one in found.pictures]


def test_what_the_model_doubts_comes_and_what_it_is_sure_of_does_not(line: Path) -> None:
    assert queued(line, 1) == ["5.png"]
    assert set(queued(line, 2)) <= {"4.png", "5.png", "6.png", "7.png", "3.png", "2.png"}
    assert not {"0.png", "1.png"} & set(queued(line, 2))


def test_no_picture_comes_twice(line: Path) -> None:
    found = queued(line, 50)
    assert len(found) == len(set(found)) == 8
    # The same file under another name is the same picture.
    assert len({"5.png", "again.png"} & set(found)) == 1


def test_no_labelled_picture_comes(line: Path) -> None:
    draw(line / "dark" / "known.png", 127)
    assert "dark/known.png" not in queued(line, 50)
    # A folder that names no class is a day or a station.
    draw(line / "monday" / "open.png", 128)
    assert "monday/open.png" in queued(line, 50)
    assert "5.png" not in queued(line, 50, known_ids={"5.png", "again.png"})
    with open_records(line / "4.png", TASK.inputs) as reader:
        (table,) = reader.batches()
    assert "4.png" not in queued(line, 50, known_files={table["image"][0].as_py()["sha256"]})


def test_what_is_no_picture_is_counted_and_stops_nothing(line: Path) -> None:
    (line / "broken.png").write_bytes(b"no picture")
    with open_records(line, TASK.inputs) as reader:
        found = make_queue(pipeline(), reader.batches(), 3)
    assert (found.seen, found.refused, found.repeated, len(found.pictures)) == (10, 1, 1, 3)


def test_the_reasons_name_both_classes_in_both_languages(line: Path) -> None:
    with open_records(line, TASK.inputs) as reader:
        first, second = make_queue(pipeline(), reader.batches(), 2).pictures
    assert "bright" in first.text("en")
    assert "dark" in first.text("en")
    assert "before it" in second.text("en")
    assert first.text("zh") != first.text("en")


def test_of_the_doubtful_those_are_taken_that_differ() -> None:
    # Ten copies of the most doubtful picture, and a few others that are nearly as doubtful.
    doubt = np.array([0.99] * 10 + [0.9, 0.9, 0.1])
    view = np.array([[0.0, 0.0]] * 10 + [[3.0, 0.0], [0.0, 3.0], [90.0, 90.0]])
    found = choose(doubt, view, 4).tolist()
    assert found[0] == 0
    assert {10, 11} <= set(found)
    # However much it differs: what the model is sure of is not looked at.
    assert 12 not in choose(doubt, view, len(doubt) // TIMES).tolist()


def test_doubt_is_about_the_threshold_where_there_is_one() -> None:
    probability = np.array([0.5, 0.2, 0.9])
    decision = Classify(("good", "bad"), threshold=0.2)
    assert judge(decision, np.zeros(3), probability).doubt.argmax() == 1
    outlier = Outlier(threshold=4.0)
    assert judge(outlier, np.array([1.0, 9.0, 4.1])).doubt.argmax() == 2


def test_known_answers_of_doubt() -> None:
    sure, torn = [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]
    p = np.array([sure, torn, [1 / 3] * 3])
    assert margin_doubt(p).tolist() == pytest.approx([0.0, 1.0, 1.0])


def test_k_centre_is_at_most_twice_as_far_as_the_best_choice() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], float)
    x = np.repeat(centres, 25, axis=0) + rng.uniform(-0.5, 0.5, (100, 2))
    found = k_centre(x, 4)
    assert sorted((found // 25).tolist()) == [0, 1, 2, 3]
    # What is known counts as taken: only the other corners are left.
    assert sorted((k_centre(x, 2, known=x[:50]) // 25).tolist()) == [2, 3]
    assert len(set(k_centre(np.zeros((5, 2)), 5).tolist())) == 5


def test_a_task_without_pictures_has_no_queue() -> None:
    other = replace(pipeline(), task=find_task("fraud_rnn"))
    with pytest.raises(UsageError) as caught:
        make_queue(other, [], 3)
    assert caught.value.key == "queue.no_pictures"


def test_the_command_writes_a_file_and_passes_over_what_has_a_verdict(
    line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setattr("lepton_core.bundle.load_bundle", lambda folder: pipeline())
    store, out = Store.open(), tmp_path / "next.csv"

    def run(*more: str) -> tuple[int, str]:
        words = ["lepton", "queue", "medical_imaging", str(line), "--n", "3", *more]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().out

    assert run("--out", str(out))[0] == 0
    first = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    assert [row["rank"] for row in first] == ["1", "2", "3"]
    assert Path(first[0]["path"]).is_file()
    store.add_verdict(Verdict(TASK.name, "", first[0]["record_id"], "ana", "dark"))
    # A place that cannot be written is told, as for every other output.
    (tmp_path / "file").touch()
    code, text = run("--out", str(tmp_path / "file" / "next.csv"), "--json")
    assert code == 1
    assert json.loads(text.splitlines()[-1])["error"]["key"] == "data.cannot_write"
    # What stands there is not replaced unasked.
    assert run("--out", str(out))[0] == 2
    code, text = run("--out", str(out), "--overwrite", "--json")
    assert code == 0
    found = json.loads(text)
    assert found["labelled"] == 1
    assert first[0]["record_id"] not in {row["record_id"] for row in found["queue"]}


def test_an_empty_rest_gives_an_empty_queue(line: Path) -> None:
    with open_records(line, TASK.inputs) as reader:
        every: pa.Table = pa.concat_tables(list(reader.batches()))
    found = make_queue(pipeline(), [every], 3, known_ids=set(every["record_id"].to_pylist()))
    assert found.pictures == []
    assert found.labelled == found.seen

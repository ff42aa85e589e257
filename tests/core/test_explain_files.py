"""Explanations as files: a record's files stand together or not at all, and one fails alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pyarrow as pa
import pytest
from scoring_task import Sine, picture_pipeline

import lepton_core.bundle
import lepton_core.solution
from lepton_core.cli.explain import explain
from lepton_core.errors import DataError, MissingDependency, UsageError
from lepton_core.explain.files import Asked, FileExplainer, explain_files
from lepton_core.explain.occlusion_files import OcclusionOverlay
from lepton_core.pictures import PicturePreprocessor
from lepton_core.predictions import Predictions
from lepton_core.records import open_records


class Sizes(FileExplainer):
    """Writes two files a picture; some pictures fail between the two."""

    formats: ClassVar[dict[str, str]] = {"size": "its size", "twice": "the same twice"}
    usual = ("size",)

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        record_id = record["record_id"][0].as_py()
        assert record_id == scored.columns["record_id"][0].as_py()
        assert len(scored.raw["score"]) == 1
        (folder / f"{record_id}.txt").write_text(str(len(record["image"][0].as_py()["bytes"])))
        if "refused" in record_id:
            raise DataError("explain.not_a_picture", record=record_id)
        if "odd" in record_id:
            raise ValueError("it belongs to Quilluma")
        if "missing" in record_id:
            raise MissingDependency("nothing", extra="medical")
        (folder / f"{record_id}.second.txt").write_text(self.asked.language)

    def finish(self, folder: Path) -> None:
        (folder / "all.txt").write_text("done")


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        cv2.imwrite(str(folder / name), np.full((20, 20), len(name), np.uint8))
    return folder


def run(source: Path, out: Path, ids: list[str] | None = None) -> Any:
    pipeline = picture_pipeline()
    with open_records(source, pipeline.task.inputs, batch_rows=2) as reader:
        return explain_files(pipeline, Sizes(pipeline, Asked(("size",))), reader, out, ids)


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir())


def test_every_record_has_its_files(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png", "c.png")
    done = run(source, tmp_path / "out")
    assert (done.read, done.explained, done.files, len(done.rejects)) == (3, 3, 7, 0)
    both = [f"{n}.png.{end}txt" for n in "abc" for end in ("second.", "")]
    assert names(tmp_path / "out") == sorted([*both, "all.txt"])


@pytest.mark.parametrize("fails", ["refused.png", "odd.png"])
def test_one_that_fails_is_refused_alone_and_leaves_nothing(tmp_path: Path, fails: str) -> None:
    source = pictures(tmp_path / "in", "a.png", fails, "z.png")
    (source / "y.png").write_bytes(b"")
    done = run(source, tmp_path / "out")
    assert (done.read, done.explained) == (4, 2)
    assert done.rejects.counts() == {"not_explained": 1, "unreadable_image": 1}
    assert not [name for name in names(tmp_path / "out") if name.startswith((fails, "."))]
    assert "z.png.second.txt" in names(tmp_path / "out")
    refused = {reject.record_id: reject.row for reject in done.rejects}
    assert refused == {fails: 1, "y.png": 2}


def test_what_a_file_holds_does_not_get_into_the_reason(tmp_path: Path) -> None:
    done = run(pictures(tmp_path / "in", "odd.png"), tmp_path / "out")
    (reject,) = done.rejects
    text = json.dumps(reject.to_json())
    assert "ValueError at test_explain_files.py" in text
    assert "Quilluma" not in text


def test_a_missing_package_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency):
        run(pictures(tmp_path / "in", "missing.png"), tmp_path / "out")
    assert names(tmp_path / "out") == []


def test_some_records_of_many(tmp_path: Path) -> None:
    source = pictures(tmp_path / "in", "a.png", "b.png", "c.png")
    done = run(source, tmp_path / "out", ["b.png"])
    assert done.explained == 1
    assert names(tmp_path / "out") == ["all.txt", "b.png.second.txt", "b.png.txt"]
    with pytest.raises(UsageError, match=r"nosuch\.png"):
        run(source, tmp_path / "out", ["nosuch.png"])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``lepton explain`` of the task above."""
    pipeline = picture_pipeline()
    task = replace(pipeline.task, explainer="here:Sizes")
    monkeypatch.setattr(type(task), "hook", lambda self, reference: Sizes)
    address = lepton_core.solution.Address(task, tmp_path, "test")
    monkeypatch.setattr(lepton_core.solution, "resolve", lambda text: address)
    monkeypatch.setattr(lepton_core.bundle, "load_bundle", lambda *_, **__: pipeline)

    def run(source: Path, out: Path, **options: Any) -> int:
        return explain("test", source, out, **{"record_ids": None, **options})

    return run


def test_the_command_tells_and_refuses(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = pictures(tmp_path / "in", "a.png", "refused.png")
    out = tmp_path / "out"
    assert command(source, out, as_json=True, language="zh") == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["read"], told["explained"], told["rejected"]) == (2, 1, 1)
    (line,) = (out / "_rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["record_id"] == "refused.png"
    assert (out / "a.png.second.txt").read_text() == "zh"
    with pytest.raises(UsageError, match="exists already"):
        command(source, out)
    assert command(source, out, overwrite=True) == 3


@pytest.mark.parametrize(
    ("option", "said"),
    [({"formats": "size,nosuch"}, "nosuch"), ({"formats": ","}, ","), ({"language": "fr"}, "fr")],
)
def test_a_wrong_option_is_told_before_anything_is_written(
    command: Any, tmp_path: Path, option: dict[str, str], said: str
) -> None:
    source = pictures(tmp_path / "in", "a.png")
    with pytest.raises(UsageError, match=said):
        command(source, tmp_path / "out", **option)
    assert not (tmp_path / "out").exists()


def test_a_task_that_explains_by_sentences_writes_no_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--format"):
        explain("fraud_rnn", tmp_path / "in.csv", tmp_path / "out", formats="pdf")


class Corner(Sine):
    """A picture's label rests on its upper left quarter."""

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": inputs["x"][:, :4, :4].mean(axis=(1, 2, 3)) / 10 - 10}


def test_an_overlay_shows_the_part_that_a_label_rests_on(tmp_path: Path) -> None:
    pipeline = replace(
        picture_pipeline(), preprocessor=PicturePreprocessor(8, 8, 1), runtime=Corner()
    )
    (tmp_path / "in").mkdir()
    picture = np.full((40, 40), 30, np.uint8)
    picture[:20, :20] = 240
    cv2.imwrite(str(tmp_path / "in" / "a b.png"), picture)
    with open_records(tmp_path / "in", pipeline.task.inputs) as reader:
        explainer = OcclusionOverlay(pipeline, Asked(("overlay",)))
        done = explain_files(pipeline, explainer, reader, tmp_path / "out")
    assert done.files == 1
    (path,) = (tmp_path / "out").iterdir()
    assert path.name.startswith("a_b.png-")
    blue, _, red = cv2.imread(str(path)).astype(int).transpose(2, 0, 1)
    assert (red - blue)[5:12, 5:12].mean() > 50
    assert abs((red - blue)[30:, 30:]).max() < 3

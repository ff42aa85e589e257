"""Lab and line: a part gets the same scores by every door, in any company, on any threads."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lepton_core as lc
from lepton_core.cli.main import _run
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.opening import read_records
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.record import Recorder
from lepton_core.solution import find_task, solutions
from lepton_core.store import Store
from lepton_core.ui.scored import score_table
from lepton_core.ui.uploaded import read_uploaded

TASKS = ("defect_detection/surface", "defect_detection/anomaly")
THREADS = (1, 2)
CLOSE = 1e-6
FORMATS = (".png", ".jpg", ".bmp", ".tif", ".webp")
# Cut from the middle, as they are, and continued by the mirror image: sides beside the sample's.
SIDES = ((1.0, 1.0), (0.7, 1.0), (1.0, 1.6), (2.3, 1.9))


def installed(task: str) -> bool:
    names = [found.name for solution in solutions()[0] for found in solution.tasks]
    return task in names and "sample" in find_task(task).bundles()


@pytest.fixture(scope="module", params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    if not installed(request.param):
        pytest.skip(f"{request.param} has no sample bundle")
    return str(request.param)


@pytest.fixture(scope="module")
def folder(task: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of the generator in every format and several sizes, with two that are none."""
    place = tmp_path_factory.mktemp("parts") / "parts"
    place.mkdir()
    found = find_task(task)
    cells = found.hook(found.sample)(seed=3)["image"].to_pylist()
    some = np.random.default_rng(0).permutation(len(cells))[:20]
    for number, row in enumerate(some.tolist()):
        array = cv2.imdecode(np.frombuffer(cells[row]["bytes"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert array is not None
        array = at_size(array, SIDES[number // len(FORMATS) % len(SIDES)])
        if number % 3 == 1 and array.ndim == 2:
            array = cv2.cvtColor(array, cv2.COLOR_GRAY2BGR)
        ending = FORMATS[number % len(FORMATS)]
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_WEBP_QUALITY, 101]
        options = quality[:2] if ending == ".jpg" else quality[2:] if ending == ".webp" else []
        cv2.imwrite(str(place / f"{number:02d}{ending}"), array, options)
    whole = (place / "00.png").read_bytes()
    (place / "cut.png").write_bytes(whole[: len(whole) // 2])
    (place / "text.jpg").write_bytes(b"no picture")
    return place


def at_size(array: np.ndarray, shares: tuple[float, float]) -> np.ndarray:
    for axis, share in enumerate(shares):
        side = round(array.shape[axis] * share)
        if side <= array.shape[axis]:
            array = np.take(array, range(side), axis)
        else:
            width = [(0, 0)] * array.ndim
            width[axis] = (0, side - array.shape[axis])
            array = np.pad(array, width, "symmetric")
    return np.ascontiguousarray(array)


Results = dict[str, dict[str, Any]]


def results(table: pa.Table, suffix: str = "") -> Results:
    rows = table.drop_columns(["bundle"]).to_pylist()
    return {row["record_id"].removeprefix(suffix): row for row in rows}


@pytest.fixture(scope="module")
def pipeline(task: str) -> Pipeline:
    return lc.load(f"{task}@sample", threads=1)


@pytest.fixture(scope="module")
def lab(folder: Path, pipeline: Pipeline) -> Results:
    """What `lc.load(...).score` says of all at once."""
    predictions = pipeline.score(read_records(folder, pipeline.task.inputs, labels=False))
    assert {reject.record_id for reject in predictions.rejects} >= {"cut.png", "text.jpg"}
    found = results(predictions.to_arrow())
    assert len(found) >= 15, "most of these parts are to be scored, and the rest refused"
    return found


def check_same(found: Results, lab: Results) -> None:
    assert found.keys() == lab.keys()
    for name, row in found.items():
        check_close(row, lab[name], name)


def check_close(found: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for name, value in expected.items():
            check_close(found[name], value, f"{where} {name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for number, value in enumerate(expected):
            check_close(found[number], value, f"{where} {number}")
    elif isinstance(expected, float):
        # Of logits and pixels, which are no numbers around one, so much of their own size.
        scale = max(abs(expected), 1.0)
        assert found == pytest.approx(expected, abs=CLOSE * scale, nan_ok=True), where
    else:
        assert found == expected, where


def scored_by_cli(asked: list[str], out: Path) -> Results:
    assert _run(["score", *asked, "--out", str(out)], debug=True) in (0, 3)
    parts = sorted(out.glob("part-*")) if out.is_dir() else [out]
    return results(pa.concat_tables([pq.ParquetFile(part).read() for part in parts]))


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("door", ["folder", "zip", "list", "files"])
def test_the_command_line_agrees_with_python(
    task: str, folder: Path, lab: Results, tmp_path: Path, door: str, threads: int
) -> None:
    source = [folder]
    if door == "zip":
        source = [tmp_path / "pictures.zip"]
        with zipfile.ZipFile(source[0], "w") as archive:
            for path in folder.iterdir():
                archive.write(path, path.name)
    elif door == "list":
        source = [tmp_path / "list.csv"]
        lines = [f"{path.name},{path}" for path in sorted(folder.iterdir())]
        source[0].write_text("record_id,image\n" + "\n".join(lines), encoding="utf-8")
    elif door == "files":
        source = sorted(folder.iterdir())
    asked = [task + "@sample", *map(str, source), "--threads", str(threads)]
    check_same(scored_by_cli(asked, tmp_path / "out.parquet"), lab)


def test_a_file_by_itself_agrees(task: str, folder: Path, lab: Results, tmp_path: Path) -> None:
    for name in sorted(lab)[::6]:
        out = tmp_path / f"{name}.parquet"
        found = scored_by_cli([task + "@sample", str(folder / name)], out)
        check_same(found, {name: lab[name]})


@pytest.mark.parametrize("threads", THREADS)
def test_the_watched_folder_agrees(
    task: str, folder: Path, lab: Results, tmp_path: Path, threads: int
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for path in folder.iterdir():
        (inbox / path.name).write_bytes(path.read_bytes())
    asked = [task + "@sample", str(inbox), "--watch", "--done", str(tmp_path / "done")]
    asked += ["--settle", "0.5", "--idle", "3", "--threads", str(threads)]
    found = scored_by_cli(asked, tmp_path / "scores")
    check_same(found, lab)
    lines = (tmp_path / "scores" / "_rejected.jsonl").read_text(encoding="utf-8").splitlines()
    refused = {json.loads(line)["record_id"] for line in lines}
    assert refused == {path.name for path in folder.iterdir()} - lab.keys()
    assert not list(inbox.iterdir())


class Upload(io.BytesIO):
    """As the page hands a dropped file over."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.read_bytes())
        self.name, self.file_id = path.name, path.name


@pytest.mark.parametrize("door", ["files", "zip"])
def test_the_page_agrees(
    folder: Path, pipeline: Pipeline, lab: Results, tmp_path: Path, door: str
) -> None:
    uploads = [Upload(path) for path in sorted(folder.iterdir())]
    if door == "zip":
        archive = tmp_path / "pictures.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in folder.iterdir():
                file.write(path, path.name)
        uploads = [Upload(archive)]
    table = read_uploaded(pipeline.task, uploads)
    scored = score_table(pipeline, table, "pictures", "key")
    assert set(scored.records["record_id"].to_pylist()) == lab.keys()
    raw = {"score": scored.score, **scored.raw}
    decided = scored.decision.apply(raw)
    names = scored.records["record_id"].to_pylist()
    for number, name in enumerate(names):
        for column, values in decided.items():
            if column in lab[name]:
                value = values[number]
                value = value.as_py() if hasattr(value, "as_py") else value
                value = value.item() if isinstance(value, np.generic) else value
                check_close(value, lab[name][column], f"{name} {column}")


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("rows", [1, 3, 7])
def test_the_company_of_a_part_changes_nothing(
    task: str, folder: Path, lab: Results, rows: int, threads: int
) -> None:
    pipeline = lc.load(f"{task}@sample", threads=threads)
    records = read_records(folder, pipeline.task.inputs, labels=False)
    order = np.random.default_rng(rows).permutation(records.num_rows)
    session = pipeline.open_session()
    found: Results = {}
    for predictions in batches(session.step, records.take(pa.array(order)), rows):
        found |= results(predictions.to_arrow())
    check_same(found, lab)


def batches(step: Any, records: pa.Table, rows: int) -> Iterator[Predictions]:
    session = step.__self__
    for start in range(0, records.num_rows, rows):
        # A batch of one that cannot be read is a record's fault, as everywhere but at a beginning.
        yield session.take(
            session.pipeline.prepare(records.slice(start, rows), "lab", session.cursor, whole=False)
        )


def test_the_store_is_told_of_the_parts_that_fail_or_wait_for_a_person(
    task: str, folder: Path, tmp_path: Path
) -> None:
    pipeline, store = lc.load(f"{task}@sample"), Store.open(str(tmp_path / "store.sqlite"))
    options, out = Options(threads=1), tmp_path / "out.csv"
    recorder = Recorder(store, pipeline, options)
    summary = score_files(pipeline, [folder], out, options)
    stored = recorder.record(out, [folder], summary, "lepton score")
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    looked_at = {row["record_id"] for row in rows if row["verdict"] in ("fail", "unsure")}
    assert 0 < stored == len(looked_at) < len(rows)
    run = store.runs(task)["id"].to_pylist()[0]
    assert set(store.predictions(run)["record_id"].to_pylist()) == looked_at

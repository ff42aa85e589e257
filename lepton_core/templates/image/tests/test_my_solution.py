"""What my_solution promises: the core's checks, and what is true of pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.explain.occlusion_map import occlusion_map
from lepton_core.images import decode
from lepton_core.pipeline import Pipeline
from lepton_core.records import read_records
from lepton_core.solution import find_task
from lepton_core.testing import check_solution

TASK = find_task("my_solution/pictures")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, pictures=80)


def redrawn(records: pa.Table, change) -> pa.Table:
    """The same records with every picture decoded, changed and saved again as PNG."""
    images = []
    for image in records.column("image").to_pylist():
        data = cv2.imencode(".png", change(decode(image["bytes"], channels=1)))[1].tobytes()
        images.append({**image, "bytes": data})
    at = records.column_names.index("image")
    return records.set_column(at, "image", pa.array(images, records.schema.field(at).type))


def test_the_solution_conforms() -> None:
    check_solution("my_solution")


def test_the_folder_holds_what_the_generator_draws(tmp_path: Path, records: pa.Table) -> None:
    """Class folders are read back as the records they were written from."""
    for row in records.to_pylist():
        path = tmp_path / row["record_id"]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(row["image"]["bytes"])
    found = read_records(tmp_path, TASK.inputs)
    for column in ("record_id", "label"):
        assert found[column].to_pylist() == records[column].to_pylist()
    sums = [image["sha256"] for image in records["image"].to_pylist()]
    assert [image["sha256"] for image in found["image"].to_pylist()] == sums


def test_the_folder_of_a_picture_does_not_reach_its_label(
    pipeline: Pipeline, records: pa.Table
) -> None:
    blank = records.drop_columns(["label"]).set_column(
        0, "record_id", pa.array([f"{row}.png" for row in range(len(records))])
    )
    told, whole = pipeline.score(blank), pipeline.score(records)
    np.testing.assert_array_equal(told["score"], whole["score"])
    assert told["label"].tolist() == whole["label"].tolist()


def test_most_pictures_of_another_seed_are_told_right(
    pipeline: Pipeline, records: pa.Table
) -> None:
    right = pipeline.score(records)["label"] == np.array(records["label"].to_pylist())
    assert right.mean() > 0.75


def test_a_mirrored_or_larger_picture_keeps_its_label(
    pipeline: Pipeline, records: pa.Table
) -> None:
    told = pipeline.score(records)
    sure = told["probability"] > 0.9
    assert sure.sum() > 20
    for change in (lambda x: x[:, ::-1], lambda x: x.repeat(2, axis=0).repeat(2, axis=1)):
        again = pipeline.score(redrawn(records, change))["label"]
        assert (again == told["label"])[sure].mean() > 0.9


def test_what_is_no_picture_is_refused_alone(pipeline: Pipeline, records: pa.Table) -> None:
    some = records.slice(0, 3)
    images = some.column("image").to_pylist()
    images[1]["bytes"] = images[1]["bytes"][:200]
    broken = some.set_column(1, "image", pa.array(images, some.schema.field(1).type))
    scored = pipeline.score(broken)
    assert scored.rejects.counts() == {"picture_cut_off": 1}
    assert scored["record_id"].tolist() == [some["record_id"][row].as_py() for row in (0, 2)]


def test_the_map_finds_the_spot(pipeline: Pipeline) -> None:
    """A light spot in one corner of an even surface is what the label rests on."""
    y, x = np.mgrid[:32, :32]
    noise = np.random.default_rng(0).normal(0, 5, (32, 32))
    picture = 120 + 70 * np.exp(-((x - 8) ** 2 + (y - 8) ** 2) / 5) + noise
    data = cv2.imencode(".png", picture.clip(0, 255).astype(np.uint8))[1].tobytes()
    records = pa.table({"record_id": ["one"], "image": [{"path": "one.png", "bytes": data}]})
    assert pipeline.score(records)["label"].tolist() == ["spot"]
    found = occlusion_map(pipeline, records)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (row, column) in [(1, 1), (1, 2), (2, 1), (2, 2)]

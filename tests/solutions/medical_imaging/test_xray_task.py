"""What medical_imaging/xray promises: the core's checks, and what is true of X-rays."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.decision import Classify, Policy
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import protocol_of
from lepton_core.images import decode
from lepton_core.pipeline import Pipeline
from lepton_core.records import read_records
from lepton_core.solution import find_task
from lepton_core.testing import check_solution
from solutions.medical_imaging.xray.preprocessing import Preprocessor

TASK = find_task("medical_imaging/xray")


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


@pytest.mark.slow
def test_the_solution_conforms() -> None:
    check_solution("medical_imaging")


def test_the_folder_holds_what_the_generator_draws(tmp_path: Path, records: pa.Table) -> None:
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
    told = pipeline.score(records)
    truth = np.array(records["label"].to_pylist())[told.rows]
    assert len(told) > 70
    assert (told["label"] == truth).mean() > 0.75


def test_the_map_adds_up_to_the_score(pipeline: Pipeline, records: pa.Table) -> None:
    """Each place's part is what the score is the mean of: nothing of it comes from elsewhere."""
    raw = pipeline.score(records).raw
    assert raw["map"].shape[1] >= 4
    np.testing.assert_allclose(raw["map"].mean(axis=(1, 2, 3)), raw["score"], atol=1e-4)


def test_the_map_is_highest_where_a_lung_is_filled(pipeline: Pipeline, records: pa.Table) -> None:
    """A dense patch that is put into the left or the right lung moves the map to that side."""
    normal = records.filter(pa.compute.equal(records["label"], "normal")).slice(0, 12)
    y, x = np.mgrid[-1:1:128j, -1:1:128j]

    def filled(side: int):
        patch = 60 * np.exp(-(((x - side * 0.42) / 0.16) ** 2) - (((y - 0.1) / 0.18) ** 2))
        return lambda picture: np.clip(picture[..., 0] + patch, 0, 255).astype(np.uint8)

    left, right = (pipeline.score(redrawn(normal, filled(side))) for side in (-1, 1))
    both = sorted(set(left.rows.tolist()) & set(right.rows.tolist()))
    assert len(both) >= 8
    moved = []
    for row in both:
        a, b = (s.raw["map"][s.rows.tolist().index(row), :, :, 0] for s in (left, right))
        change, middle = b - a, a.shape[1] // 2
        moved.append(change[:, -middle:].mean() > change[:, :middle].mean())
    assert np.mean(moved) > 0.9


def test_the_threshold_keeps_the_stated_sensitivity(pipeline: Pipeline) -> None:
    """Of the validation pictures with the finding, the stated share is found, and hardly more."""
    decision = pipeline.decision
    assert isinstance(decision, Classify)
    assert decision.policy == Policy("recall", 0.95)
    records, _ = load_labelled("xray_sample", TASK, {}, lambda text: None)
    protocol = protocol_of(pipeline, "xray_sample")
    rows = protocol.split(protocol.with_truth(records)).valid
    # The gate has no say in it: the decision was fitted on all of them.
    plain = Preprocessor(pipeline.preprocessor.height).transform(take_rows(records, rows))
    scores = pipeline.runtime.run("main", plain.arrays)["score"]
    found = np.array(take_rows(records, rows)["label"].to_pylist()) == "pneumonia"
    probability = decision.probability(scores)[found]
    cut = np.float32(decision.threshold)
    assert (probability >= cut).mean() >= 0.95
    # One picture less, and it would not be.
    assert ((probability >= cut).sum() - 1) / found.sum() < 0.95


def test_what_is_no_picture_is_refused_alone(pipeline: Pipeline, records: pa.Table) -> None:
    some = pipeline.score(records).rows[:3]
    three = records.take(pa.array(some))
    images = three.column("image").to_pylist()
    images[1]["bytes"] = images[1]["bytes"][:200]
    broken = three.set_column(1, "image", pa.array(images, three.schema.field(1).type))
    scored = pipeline.score(broken)
    assert len(scored.rejects) == 1
    assert scored["record_id"].tolist() == [three["record_id"][row].as_py() for row in (0, 2)]


def test_every_card_says_that_it_assists_and_does_not_diagnose() -> None:
    for folder in TASK.bundles().values():
        card = json.loads((folder / "card.json").read_text())
        assert "assists" in card["intended_use"]
        assert "never diagnoses" in card["intended_use"]
        assert "Diagnosis" in card["not_for"]

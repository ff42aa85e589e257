"""What the surface task promises: its bundle, bad input, explanations, limits on a copy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from seeing import TASK

from lepton_core.bundle import load_bundle
from lepton_core.cli.main import _run
from lepton_core.errors import DataError, LeptonError
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.explain.files import Asked
from lepton_core.images import decode
from lepton_core.pipeline import Pipeline
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.testing import solution as conformance
from lepton_core.testing import training as training_checks
from solutions.defect_detection.part_files import overlay
from solutions.defect_detection.surface.evaluation import figures, measures
from solutions.defect_detection.surface.explainer import Explainer

BUNDLE = TASK.bundles().get("sample")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, pictures=80)


def redrawn(records: pa.Table, change: Callable[[np.ndarray], np.ndarray]) -> pa.Table:
    """The same records with every picture changed and saved as PNG."""
    images = []
    for image in records["image"].to_pylist():
        grey = change(decode(image["bytes"], channels=1)[..., 0])
        images.append({**image, "bytes": cv2.imencode(".png", grey)[1].tobytes()})
    at = records.column_names.index("image")
    return records.set_column(at, "image", pa.array(images, IMAGE_TYPE))


def test_most_parts_of_another_seed_are_judged_right(pipeline: Pipeline, records: pa.Table) -> None:
    told = pipeline.score(records)
    truth = np.array(records["label"].to_pylist())[told.rows]
    assert len(told) >= 0.95 * len(records)
    assert (told["label"] == truth).mean() > 0.8
    sure = told["verdict"] != "unsure"
    right = (told["verdict"] == "pass") == (truth == "good")
    assert sure.mean() > 0.75
    assert right[sure].mean() > 0.9


def test_the_folder_of_a_picture_and_its_truth_do_not_reach_its_score(
    pipeline: Pipeline, records: pa.Table
) -> None:
    bare = records.select(["record_id", "image", "mm_per_px"])
    told, whole = pipeline.score(bare), pipeline.score(records)
    np.testing.assert_array_equal(told["score"], whole["score"])
    assert told.columns["defects"] == whole.columns["defects"]


def test_a_large_part_is_inspected_in_tiles(pipeline: Pipeline, records: pa.Table) -> None:
    """Four pictures side by side hold the defects of the four."""
    some = records.slice(20, 4)  # scratches
    pictures = [decode(one["bytes"], channels=1)[..., 0] for one in some["image"].to_pylist()]
    large = np.vstack([np.hstack(pictures[:2]), np.hstack(pictures[2:])])
    one = redrawn(records.slice(0, 1), lambda _: large)
    told = load_without_gate(pipeline).score(one)
    assert told["verdict"].tolist() == ["fail"]
    alone = load_without_gate(pipeline).score(some)["count"].sum()
    assert 0.5 * alone <= told["count"][0] <= 2 * alone


def load_without_gate(pipeline: Pipeline) -> Pipeline:
    again = load_bundle(TASK.bundle("sample"))
    again.preprocessor.gate = None
    return again


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: np.zeros_like(one), "shows nothing"),
        (lambda one: one // 4, "too dark"),
        (lambda one: cv2.GaussianBlur(one, (0, 0), 2), "training pictures|fine detail"),
        (lambda one: cv2.resize(one, None, fx=2, fy=2), "training pictures|fine detail"),
        (
            lambda one: np.random.default_rng(0).integers(0, 256, one.shape).astype(np.uint8),
            "training pictures|fine detail",
        ),
    ],
    ids=["black", "exposure", "focus", "resolution", "other"],
)
def test_changed_pictures_are_refused_and_told(
    pipeline: Pipeline, records: pa.Table, change: Callable, told: str
) -> None:
    scored = pipeline.score(redrawn(records.slice(0, 20), change))
    assert len(scored.rejects) >= 19
    sentences = [reject.to_json()["reasons"][0]["message"] for reject in scored.rejects]
    assert all(any(part in one for part in told.split("|")) for one in sentences)
    assert "image" in sentences[0]


def test_half_a_file_is_refused_alone(pipeline: Pipeline, records: pa.Table) -> None:
    some = records.slice(0, 3)
    images = some["image"].to_pylist()
    images[1]["bytes"] = images[1]["bytes"][: len(images[1]["bytes"]) // 2]
    at = some.column_names.index("image")
    scored = pipeline.score(some.set_column(at, "image", pa.array(images, IMAGE_TYPE)))
    assert scored["record_id"].tolist() == [some["record_id"][row].as_py() for row in (0, 2)]
    assert list(scored.rejects.counts()) == ["picture_cut_off"]


def test_a_class_that_the_bundle_does_not_know_is_named(
    pipeline: Pipeline, records: pa.Table
) -> None:
    at = records.column_names.index("label")
    strange = records.set_column(at, "label", pa.array(["dent"] * len(records)))
    scores = np.zeros((len(records), 4), np.float32)
    with pytest.raises(DataError, match="dent"):
        measures(strange, scores, pipeline.decision)  # type: ignore[arg-type]


def test_figures_are_of_places_and_verdicts(pipeline: Pipeline, records: pa.Table) -> None:
    told = pipeline.score(records)
    found = figures(records.take(pa.array(told.rows)), told, pipeline)
    assert found["pixel_f1"].value > 0.7
    assert found["escape"].value < 0.15
    assert found["false_reject"].value < 0.2
    assert "map50" not in found, "this network tells pixels"


def test_explanations_are_pictures_and_tables(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path
) -> None:
    explainer = Explainer(pipeline, Asked(("overlay", "json", "csv")))
    told = pipeline.score(records.slice(18, 4))
    for row in range(len(told)):
        place = int(told.rows[row])
        explainer.write(records.slice(18 + place, 1), told.take(pa.array([row])), tmp_path)
    explainer.finish(tmp_path)
    parts = json.loads((tmp_path / "defects.json").read_text(encoding="utf-8"))
    assert [part["record_id"] for part in parts] == told["record_id"].tolist()
    scratch = next(part for part in parts if part["defects"])
    box = scratch["defects"][0]
    # The sample has ten pixels a millimetre.
    assert box["length_mm"] == pytest.approx(box["length_px"] / 10)
    text = (tmp_path / "defects.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["record_id"] for row in rows} == set(told["record_id"].tolist())
    assert len(list(tmp_path.glob("*.overlay.png"))) == len(told)


def test_an_overlay_shows_boxes_where_they_are() -> None:
    picture = np.full((480, 480, 3), 100, np.uint8)
    box = {"x0": 100, "y0": 200, "x1": 300, "y1": 260, "label": "hole", "probability": 0.9}
    drawn = overlay(picture, np.zeros((96, 96), np.float32), [box], "fail")
    red = (drawn[..., 0] > 200) & (drawn[..., 1] < 60)
    assert red[200, 150]
    assert red[230, 100]
    assert not red[230, 200]


def test_other_limits_are_decided_on_a_copy(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text("limits: [{class: '*', max_count: 99}]\nthresholds: {spot: 0.9}\n")
    asked = ["decide", "defect_detection@sample", "--limits", str(limits)]
    copy = tmp_path / "tolerant"
    assert _run([*asked, "--save", str(copy), "--json"], False) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["thresholds"]["spot"] == 0.9
    tolerant = load_bundle(copy)
    one, other = tolerant.score(records), pipeline.score(records)
    np.testing.assert_array_equal(one["score"], other["score"])
    fails = [int((scored["verdict"] == "fail").sum()) for scored in (one, other)]
    assert fails[0] < 0.5 * fails[1]
    limits.write_text("limits: [{class: spott}]\n")
    assert _run(asked, False) == 2
    assert "spot" in capsys.readouterr().err
    assert _run([*asked[:2], "--policy", "f1"], False) == 2


def test_a_region_that_is_no_picture_stops_training_before_it_begins(tmp_path: Path) -> None:
    from lepton_core.settings import apply_settings
    from lepton_core.training.job import TrainingJob
    from lepton_core.training.splits import Split
    from solutions.defect_detection.surface.splits import Split as Parts

    table = Parts().with_truth(TASK.hook(TASK.sample)(seed=0, pictures=8))
    config = apply_settings(TASK.hook(TASK.config)(), [f"picture.roi={tmp_path / 'no.png'}"])
    rows, none = np.arange(8), np.empty(0, np.int64)
    job = TrainingJob(TASK, config, 0, table, Split(rows, none, none))
    with pytest.raises(LeptonError, match=r"no\.png"):
        TASK.hook(TASK.trainer)(job)


@pytest.mark.slow
def test_the_task_conforms() -> None:
    conformance.check_task(TASK, training=False)


@pytest.mark.slow
def test_training_conforms() -> None:
    training_checks.check_training(TASK)


def test_a_report_tells_how_many_test_parts_the_gate_refused(
    pipeline: Pipeline, records: pa.Table
) -> None:
    protocol = protocol_of(pipeline, "other parts")
    test = protocol.split(protocol.with_truth(records)).test
    black = redrawn(records.slice(int(test[0]), 1), np.zeros_like)
    rows = [records.slice(0, int(test[0])), black, records.slice(int(test[0]) + 1)]
    report = evaluate_bundle(pipeline, pa.concat_tables(rows), "other parts", protocol)
    assert report.n < len(test)
    assert f"{len(test) - report.n} of the {len(test)} test records" in report.note

"""Teaching a product: from good parts alone, with progress, and words where they are too few."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core._keras import keras
from lepton_core.bundle import Trained, load_bundle, save_bundle
from lepton_core.data.inspection import inspect_source
from lepton_core.decision import Outlier
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.run import measure
from lepton_core.models.residual import residual_stages
from lepton_core.pipeline import Pipeline
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.settings import apply_settings
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split
from solutions.defect_detection.anomaly.config import Config
from solutions.defect_detection.anomaly.splits import GoodSplit
from solutions.defect_detection.anomaly.task import TASK
from solutions.defect_detection.anomaly.training import train

BRIEF = ("epochs=2", "steps=4", "batch_size=4", "crop=64", "filters=[16,16]", "vectors=60")


def parts(good: int, bad: int = 0, seed: int = 0) -> pa.Table:
    """Grainy grey parts; the bad ones have a dark hole."""
    rows = []
    for number in range(good + bad):
        rng = np.random.default_rng([seed, number])
        picture = rng.normal(130, 4, (64, 96)).clip(0, 255)
        if number >= good:
            y, x = rng.integers(8, 48), rng.integers(8, 80)
            picture[y : y + 10, x : x + 10] *= 0.3
        data = cv2.imencode(".png", np.rint(picture).astype(np.uint8))[1].tobytes()
        name = f"{number:03d}.png"
        image = {"path": name, "bytes": data, "sha256": hashlib.sha256(data).hexdigest()}
        rows.append((name, image, "good" if number < good else "hole"))
    names, images, labels = zip(*rows, strict=True)
    return pa.table(
        {
            "record_id": names,
            "image": pa.array(images, IMAGE_TYPE),
            "label": labels,
            "part": pa.nulls(len(rows), pa.string()),
        }
    )


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    keras.utils.set_random_seed(0)
    x = keras.Input((64, 64, 1), dtype="uint8")
    path = tmp_path_factory.mktemp("backbone") / "main.keras"
    keras.Model(x, residual_stages(x, (16, 16), blocks=1)[-1]).save(path)
    return apply_settings(Config(), [*BRIEF, "method=memory", f"weights={path}"])


def taught(
    config: Config, table: pa.Table, split: Split | None = None, tell: Any = None
) -> Trained:
    split = split or GoodSplit(config).split(table)
    return train(TrainingJob(TASK, config, 0, table, split, tell=tell))


def loaded(trained: Trained, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setattr("lepton_core.bundle.find_task", lambda name: TASK)
    return load_bundle(save_bundle(folder / "made", TASK, trained, {}, {"seed": 0}))


@pytest.mark.parametrize("method", ["contrast", "memory", "autoencoder", "synthetic"])
def test_every_method_gives_the_same_columns_through_one_door(
    method: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = parts(30, 4)
    pipeline = loaded(taught(replace(config, method=method), table), tmp_path, monkeypatch)
    found = pipeline.score(table)
    assert len(found) == 34
    assert found.raw["map"].shape == (34, 96, 96)
    assert set(found["verdict"].tolist()) <= {"pass", "unsure", "fail"}
    assert (found["review"] == (found["verdict"] == "unsure")).all()
    assert ((found["label"] == "defect") == (found["verdict"] == "fail")).all()
    assert ((found["p_value"] > 0) & (found["p_value"] <= 1)).all()
    alone = pipeline.score(table.slice(33, 1))
    assert alone["score"][0] == found["score"][33]


def test_holes_fail_where_they_are_and_good_parts_pass(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = parts(60, 8)
    pipeline = loaded(taught(config, table), tmp_path, monkeypatch)
    found = pipeline.score(parts(30, 8, seed=5))
    failed = found["verdict"] == "fail"
    assert failed[30:].all()
    assert failed[:30].mean() <= 0.2
    boxes = found.columns["defects"].to_pylist()
    for row in range(30, 38):
        rng = np.random.default_rng([5, row])
        rng.normal(130, 4, (64, 96))
        y, x = rng.integers(8, 48) + 5, rng.integers(8, 80) + 5
        best = boxes[row][0]
        assert best["x0"] <= x <= best["x1"]
        assert best["y0"] <= y <= best["y1"]
        assert best["label"] == "defect"


def test_defects_among_the_validation_pictures_change_nothing(config: Config) -> None:
    table = parts(30, 6)
    own = GoodSplit(config).split(table)
    rest = own.test[own.test < 30]
    mixed = Split(own.train, np.concatenate([own.valid, np.arange(30, 36)]), rest)
    first, second = (taught(config, table, split) for split in (own, mixed))
    assert first.decision.to_json() == second.decision.to_json()


def test_ten_good_parts_teach_a_product_and_their_limits_are_said(
    config: Config, capsys: pytest.CaptureFixture
) -> None:
    table = parts(10)
    split = GoodSplit(config).split(table)
    job = TrainingJob(TASK, config, 0, table, split, verbose=True)
    trained = train(job)
    decision = trained.decision
    assert isinstance(decision, Outlier)
    assert decision.falls_short
    assert trained.figures["promised_false_reject"] == 1 / (len(split.valid) + 1)
    told = capsys.readouterr().err
    assert "cannot promise a false-reject rate of 5.00%" in told
    assert "19" in told


def test_by_contrast_ten_good_parts_count_as_ten(config: Config) -> None:
    contrast = replace(config, method="contrast")
    table = parts(10)
    split = Split(np.arange(7), np.arange(7, 10), np.empty(0, np.int64))
    decision = taught(contrast, table, split).decision
    assert isinstance(decision, Outlier)
    assert decision.good.groups == 10
    assert decision.false_reject == pytest.approx(1 / 11)
    # Each was judged by the others: none lies so low as those that a model knows by heart.
    assert np.median(decision.good.scores) > -1


def test_figures_know_what_good_parts_are_called(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = parts(60, 8)
    named = ["ok" if name == "good" else name for name in table["label"].to_pylist()]
    table = table.set_column(2, "label", pa.array(named))
    config = apply_settings(config, ["method=contrast", "good=ok"])
    split = GoodSplit(config).split(table)
    pipeline = loaded(taught(config, table, split), tmp_path, monkeypatch)
    figures, n = measure(pipeline, table, split.test)
    assert n == len(split.test)
    assert set(figures) == {"image_auroc", "ap", "false_reject", "escape"}
    assert figures["image_auroc"].value > 0.9
    assert figures["escape"].value == 0


def test_a_folder_of_good_parts_alone_is_no_fault(tmp_path: Path) -> None:
    table = parts(12)
    for folder in ("flat", "labelled/good"):
        (tmp_path / folder).mkdir(parents=True)
        for image in table["image"].to_pylist():
            (tmp_path / folder / image["path"]).write_bytes(image["bytes"])
    for folder in ("flat", "labelled"):
        report = inspect_source(str(tmp_path / folder), TASK, {}).report
        assert not [one.key for one in report.findings if one.severity == "error"]


def test_without_held_out_parts_a_person_looks_at_every_part(config: Config) -> None:
    table = parts(12)
    empty = np.empty(0, np.int64)
    trained = taught(config, table, Split(np.arange(12), empty, empty))
    assert not trained.decision.is_fitted
    assert trained.decision.apply({"score": np.zeros(2)})["verdict"].to_pylist() == ["unsure"] * 2


@pytest.mark.parametrize(
    ("method", "steps"),
    [
        ("contrast", ["read", "features", "held_out"]),
        ("memory", ["read", "features", "memory", "held_out"]),
        ("synthetic", ["read", "fit", "held_out"]),
        ("autoencoder", ["read", "fit", "held_out"]),
    ],
)
def test_every_step_is_told_up_to_its_end(method: str, steps: list[str], config: Config) -> None:
    told: list[tuple[str, int, int]] = []
    taught(replace(config, method=method), parts(20), tell=lambda *step: told.append(step))
    assert list(dict.fromkeys(name for name, _, _ in told)) == steps
    for name in steps:
        done = [(at, total) for step, at, total in told if step == name]
        assert done[-1][0] == done[-1][1]
        assert all(0 <= at <= total for at, total in done)


def test_a_defective_part_is_failed_and_not_refused_and_another_product_is_refused(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = loaded(taught(config, parts(60)), tmp_path, monkeypatch)
    assert not len(pipeline.score(parts(0, 20, seed=7)).rejects)
    black = np.zeros((64, 96), np.uint8)
    stripes = (np.arange(96) % 8 < 4).astype(np.uint8) * 200 * np.ones((64, 1), np.uint8)
    foreign = parts(2)
    images = []
    for name, picture in (("black.png", black), ("stripes.png", stripes)):
        data = cv2.imencode(".png", picture)[1].tobytes()
        images.append({"path": name, "bytes": data, "sha256": name})
    foreign = foreign.set_column(1, "image", pa.array(images, IMAGE_TYPE))
    refused = pipeline.score(foreign).rejects
    assert len(refused) == 2
    assert "picture_flat" in refused.counts()


def test_the_bundle_says_what_it_was_made_of_and_holds_no_picture(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = parts(20)
    trained = taught(config, table)
    loaded(trained, tmp_path, monkeypatch)
    decision = json.loads((tmp_path / "made" / "decision.json").read_text())
    assert decision["kind"] == "outlier"
    assert decision["fitted_on"]["groups"] == len(GoodSplit(config).split(table).valid)
    split = GoodSplit(config).split(table)
    assert trained.figures["good_pictures"] == len(split.train) + len(split.valid)
    # Scores of single pictures are not kept, but the nearest of 500 steps above them.
    for held_out in (decision["good"]["scores"], decision["places"]["scores"]):
        steps = (np.array(held_out) - held_out[0]) / np.ptp(held_out) * 500
        assert steps == pytest.approx(np.round(steps), abs=1e-2)


@pytest.mark.parametrize(
    ("settings", "key", "kind"),
    [
        (["method=magic"], "method", UsageError),
        (["good=fine"], "no_good", DataError),
        (["backbone=NoSuchNet"], "no_backbone", UsageError),
    ],
)
def test_what_cannot_be_taught_is_refused_in_words(
    settings: list[str], key: str, kind: type[Exception], config: Config
) -> None:
    table = parts(20)
    split = GoodSplit(config).split(table)
    with pytest.raises(kind) as refused:
        taught(apply_settings(config, settings), table, split)
    assert refused.value.key == f"defect_detection.anomaly.{key}"  # type: ignore[attr-defined]


def test_pictures_that_cannot_be_read_are_left_out_or_told(config: Config) -> None:
    table = parts(20)
    broken = [{"path": "x.png", "bytes": b"?", "sha256": str(row)} for row in range(20)]
    some = table["image"].to_pylist()
    some[3] = broken[3]
    column = pa.array(some, IMAGE_TYPE)
    trained = taught(config, table.set_column(1, "image", column))
    assert trained.figures["good_pictures"] in (14, 15)
    with pytest.raises(DataError) as refused:
        taught(config, table.set_column(1, "image", pa.array(broken, IMAGE_TYPE)))
    assert refused.value.key == "defect_detection.anomaly.nothing_decodes"

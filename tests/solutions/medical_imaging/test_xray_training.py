"""Training on a client's class folders: by person, any number of classes, too little data."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.decision import ClassifyMany
from lepton_core.errors import DataError, UsageError
from lepton_core.training.augmentation import Augmentation
from lepton_core.training.picture_batches import PictureBatches
from solutions.medical_imaging.xray.classes import ordered_classes
from solutions.medical_imaging.xray.config import Config, ModelConfig
from solutions.medical_imaging.xray.sample import generate
from solutions.medical_imaging.xray.splits import PatientSplit, people
from solutions.medical_imaging.xray.training import usual_side


@pytest.mark.parametrize(
    ("names", "positive", "expected"),
    [
        (["NORMAL", "PNEUMONIA"], "", ("NORMAL", "PNEUMONIA")),
        (["abscess", "healthy skin"], "", ("healthy skin", "abscess")),
        (["covid", "no_finding"], "", ("no_finding", "covid")),
        (["left", "right"], "", ("left", "right")),
        (["left", "right"], "left", ("right", "left")),
        (["a", "c", "b"], "", ("a", "b", "c")),
    ],
)
def test_the_class_that_is_looked_for_comes_second(names, positive, expected) -> None:
    assert ordered_classes(names, positive) == expected


def test_a_positive_class_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="tumour"):
        ordered_classes(["a", "b"], "tumour")


def of_patients(n: int, each: int) -> pa.Table:
    """Pictures of ``n`` people, ``each`` of them; no two files alike; every second one has it."""
    rows = n * each
    return pa.table(
        {
            "record_id": [str(row) for row in range(rows)],
            "image": pa.array([{"sha256": str(row)} for row in range(rows)]),
            "label": [("normal", "pneumonia")[row // each % 2] for row in range(rows)],
            "patient": [f"p{row // each}" for row in range(rows)],
        }
    )


def test_no_patient_stands_on_two_sides() -> None:
    split = PatientSplit(Config())
    records = split.with_truth(of_patients(60, 3))
    parts = split.split(records)
    names = np.array(records["patient"].to_pylist())
    sides = [set(names[rows]) for rows in (parts.train, parts.valid, parts.test)]
    assert all(sides)
    assert not (sides[0] & sides[1])
    assert not (sides[0] & sides[2])
    assert not (sides[1] & sides[2])


def test_the_same_file_of_two_people_joins_them() -> None:
    images = pa.array([{"sha256": text} for text in "abbc"])
    names = ["p", "p", "q", "r"]
    rows = pa.table({"record_id": list("1234"), "image": images, "patient": names})
    found = people(rows).tolist()
    assert found[0] == found[1] == found[2] != found[3]


def test_a_class_that_a_part_lacks_is_told() -> None:
    split = PatientSplit(Config())
    few = of_patients(4, 1)
    with pytest.raises(DataError) as caught:
        split.split(split.with_truth(few))
    assert caught.value.key == "medical_imaging.split.too_few"
    assert caught.value.values["name"] in ("normal", "pneumonia")


def test_the_side_is_the_pictures_own_up_to_112() -> None:
    assert usual_side(generate(seed=0, pictures=4)) == 112

    def stored(height: int, width: int) -> pa.Table:
        data = cv2.imencode(".png", np.zeros((height, width), np.uint8))[1].tobytes()
        return pa.table({"image": pa.array([{"bytes": data}])})

    assert [usual_side(stored(*size)) for size in ((40, 50), (8, 8), (900, 600))] == [40, 16, 112]
    assert usual_side(pa.table({"image": pa.array([{"bytes": b"DICM"}])})) == 112


def test_balanced_batches_hold_as_many_of_each_class() -> None:
    y = np.array([0] * 90 + [1] * 10)
    x = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)
    batches = PictureBatches(x, y, 20, seed=0, balanced=True)
    assert [int(batches[i][1].sum()) for i in range(5)] == [10] * 5
    seen = np.concatenate([batches[i][0].ravel() for i in range(5)])
    # Every picture of the rare class comes equally often; none of the frequent one comes twice.
    assert np.bincount(seen, minlength=100)[90:].tolist() == [5] * 10
    assert np.bincount(seen, minlength=100)[:90].max() == 1


@pytest.mark.parametrize(
    "change", ["rotation", "zoom", "aspect", "gamma", "blur", "noise", "contrast", "brightness"]
)
def test_each_variation_changes_pictures_and_keeps_their_kind(change: str) -> None:
    from lepton_core.training.augmentation import augment

    still = {"flip_left_right": False, "shift": 0.0, "brightness": 0.0, "contrast": 0.0}
    amount = {"rotation": 10.0, "blur": 0.02}.get(change, 0.2)
    image = generate(seed=2, pictures=2)["image"][0].as_py()["bytes"]
    picture = cv2.imdecode(np.frombuffer(image, np.uint8), 0)
    x = np.repeat(picture[None, ..., None], 40, axis=0)
    how = Augmentation(**{**still, change: amount})
    made = augment(x, how, np.random.default_rng(0))
    assert made.shape == x.shape
    assert made.dtype == np.uint8
    assert (made != x).any(axis=(1, 2, 3)).sum() >= 8
    correlation = [np.corrcoef(a.ravel(), picture.ravel())[0, 1] for a in made]
    assert min(correlation) > 0.5
    np.testing.assert_array_equal(augment(x, Augmentation(**still), np.random.default_rng(0)), x)


@pytest.mark.parametrize(("members", "classes"), [(1, 2), (2, 2), (3, 2), (1, 3), (2, 4)])
def test_each_member_is_trained_on_all_classes(members: int, classes: int) -> None:
    """The loss that Keras computes is the mean cross-entropy of the members, by hand."""
    from lepton_core._keras import keras
    from solutions.medical_imaging.xray.model import _member_scores, build, members_loss

    rng = np.random.default_rng(0)
    x = rng.integers(0, 255, (6, 28, 28, 1)).astype(np.uint8)
    target = np.eye(classes, dtype=np.float32)[np.arange(6) % classes]
    model = build(ModelConfig(members=members), (28, 28, 1), classes)
    trainee = keras.Model(model.input, _member_scores(model, members))
    trainee.compile("sgd", loss=members_loss)
    logits = trainee.predict(x, verbose=0).astype(np.float64)
    assert logits.shape == (6, members, classes)
    chances = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = -np.log((chances * target[:, None]).sum(axis=-1)).mean()
    assert trainee.evaluate(x, target, verbose=0) == pytest.approx(expected, rel=1e-4)
    score = model.predict(x, verbose=0)["score"]
    mean = logits.mean(axis=1)
    np.testing.assert_allclose(score, mean[:, 1] if classes == 2 else mean, rtol=1e-3)


def test_a_taught_network_is_told_the_teachers_probabilities() -> None:
    from solutions.medical_imaging.xray.model import TargetBatches, build, probabilities

    x = np.random.default_rng(0).integers(0, 255, (8, 28, 28, 1)).astype(np.uint8)
    still = Augmentation(False, False, 0.0, 0.0, 0.0)
    config = ModelConfig(batch_size=8, smoothing=0.0, trust=0.75)
    teacher = build(config, (28, 28, 1), 2)
    batches = TargetBatches(x, np.arange(8) % 2, 2, config, still, seed=0, teacher=teacher)
    pictures, target = batches[0]
    told = probabilities(teacher.predict(pictures, verbose=0)["score"])
    label = (target - 0.75 * told) / 0.25
    np.testing.assert_allclose(np.sort(label, axis=1), np.tile([0.0, 1.0], (8, 1)), atol=1e-5)


@pytest.mark.slow
def test_class_folders_of_three_kinds_become_a_bundle(tmp_path: Path, lepton, monkeypatch) -> None:
    """Any classes and any size: rings, bars and grids of 40 x 50 pixels."""
    rng = np.random.default_rng(0)
    for number in range(180):
        kind = ("bar", "grid", "ring")[number % 3]
        picture = rng.normal(90, 12, (40, 50))
        y, x = (
            np.mgrid[:40, :50] - np.array([20, 25])[:, None, None] + rng.integers(-4, 5, (2, 1, 1))
        )
        if kind == "ring":
            picture[np.abs(np.hypot(x, y) - 11) < 2.5] += 90
        elif kind == "bar":
            picture[np.abs(x) < 4] += 90
        else:
            picture[(x % 8 < 2) | (y % 8 < 2)] += 90
        path = tmp_path / "photos" / kind / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture.clip(0, 255).astype(np.uint8))
    photos, out = tmp_path / "photos", tmp_path / "own"
    settings = ["--set", "model.epochs=12", "--set", "decision.gate_rate=0.02"]
    # Checkpoints go to `runs/` where the command is given.
    monkeypatch.chdir(tmp_path)
    assert lepton("train", "medical_imaging", "--data", photos, "--out", out, *settings) == 0
    pipeline = load_bundle(out)
    assert isinstance(pipeline.decision, ClassifyMany)
    assert pipeline.decision.classes == ("bar", "grid", "ring")
    assert pipeline.preprocessor.height == 40
    assert pipeline.preprocessor.gate is not None
    assert pipeline.card["metrics"]["accuracy"]["value"] > 0.9
    # The threshold for two classes, and the review limit for more, come from validation.
    assert pipeline.decision.is_fitted


@pytest.mark.slow
def test_too_little_data_is_told_before_training(tmp_path: Path, lepton, capsys) -> None:
    for number in range(6):
        path = tmp_path / "few" / ("a", "b")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((30, 30), 20 * number, np.uint8))
    few, out = tmp_path / "few", tmp_path / "own"
    assert lepton("train", "medical_imaging", "--data", few, "--out", out) == 1
    assert "--accept too_few" in capsys.readouterr().err
    assert not (tmp_path / "own").exists()

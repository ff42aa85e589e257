"""The gate: what it was fitted on passes, something else does not, and it says what spoke."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.records.pictures import IMAGE_TYPE
from solutions.medical_imaging.xray.gate import PARTS, Gate
from solutions.medical_imaging.xray.gate_features import describe, reduce
from solutions.medical_imaging.xray.gate_foreign import surfaces
from solutions.medical_imaging.xray.gate_records import foreign, origin
from solutions.medical_imaging.xray.preprocessing import Preprocessor


def lungs(n: int, seed: int, side: int = 64) -> np.ndarray:
    """Two dark ovals in a bright body on black, never twice the same, uint8 [n, side, side, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side - 0.5
    pictures = []
    for _ in range(n):
        grey = 30 + 150 * ((x / 0.42) ** 2 + (y / 0.6) ** 4 < 1).astype(float)
        for way in (-1, 1):
            wide, high = rng.uniform(0.1, 0.14), rng.uniform(0.25, 0.33)
            across = (x - way * rng.uniform(0.17, 0.2)) / (wide * (1 + 0.4 * y))
            grey[across**2 + ((y + 0.08) / high) ** 2 < 1] -= rng.uniform(60, 110)
        grey += 12 * np.sin(2 * np.pi * 9 * y + rng.uniform(0, 6)) + rng.normal(0, 6, grey.shape)
        pictures.append(grey * rng.uniform(0.9, 1.1))
    return np.clip(pictures, 0, 255).astype(np.uint8)[..., None]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate.fit(lungs(300, 0), lungs(150, 1))


def refused(gate: Gate, x: np.ndarray) -> float:
    return float((~gate.judge(x)[1]).mean())


def test_pictures_like_the_training_pictures_pass(gate: Gate) -> None:
    assert refused(gate, lungs(300, 2)) <= 0.05
    assert gate.fitted_on["refused"] <= 0.02


@pytest.mark.parametrize(
    ("name", "alter"),
    [
        ("turned by 90 degrees", lambda x: np.rot90(x, 1, (1, 2))),
        ("upside down", lambda x: x[:, ::-1]),
        ("inverted", lambda x: 255 - x),
        ("half of it", lambda x: np.where(np.arange(64)[None, None, :, None] < 32, 0, x)),
        ("blank", lambda x: np.full_like(x, 90)),
        ("noise", lambda x: np.random.default_rng(0).integers(0, 256, x.shape).astype(np.uint8)),
        ("surfaces", lambda x: surfaces(len(x), np.random.default_rng(9), 64)),
    ],
)
def test_something_else_is_refused(gate: Gate, name: str, alter: object) -> None:
    assert refused(gate, alter(lungs(100, 3))) >= 0.95  # type: ignore[operator]


def test_distance_limit_and_part_agree(gate: Gate) -> None:
    x = np.concatenate([lungs(20, 4), 255 - lungs(20, 4)])
    distance, ok, part = gate.judge(x)
    assert ((distance <= 1) == ok).all()
    assert set(part.tolist()) <= set(PARTS)
    assert (part[20:] == "likeness").all()  # nothing is wrong with an inverted one but its shapes


def test_likeness_alone_is_too_low_and_never_too_high(gate: Gate) -> None:
    one = np.eye(5)[0]
    assert gate.distances(np.stack([5 * one, -5 * one]))[:, 0].tolist() == [0.0, 5.0]


def test_what_is_saved_judges_alike(gate: Gate) -> None:
    import json

    state, arrays = gate.state()
    again = Gate.from_state(json.loads(json.dumps(state)), arrays)
    x = lungs(5, 5)
    assert np.array_equal(gate.judge(x)[0], again.judge(x)[0])
    assert sum(array.nbytes for array in arrays.values()) < 300_000


def test_a_picture_is_judged_by_itself(gate: Gate) -> None:
    x = lungs(200, 6)  # more than are described at once
    alone = np.concatenate([gate.judge(x[row : row + 1])[0] for row in (0, 130, 199)])
    assert np.allclose(gate.judge(x)[0][[0, 130, 199]], alone, rtol=1e-4)
    assert gate.judge(x[:0])[1].shape == (0,)


@pytest.mark.parametrize("shape", [(28, 28, 1), (40, 97, 1), (224, 200, 3)])
def test_any_size_is_described(shape: tuple[int, ...]) -> None:
    found = describe(np.random.default_rng(0).integers(0, 256, (3, *shape)).astype(np.uint8))
    assert found.thumbnails.shape == (3, 784)
    assert found.shapes.shape == (3, 392)
    assert all(np.isfinite(column).all() for column in found)


def test_reducing_keeps_the_mean() -> None:
    grey = np.random.default_rng(0).uniform(0, 255, (2, 45, 31)).astype(np.float32)
    assert np.allclose(reduce(grey, 7, 9).mean((1, 2)), grey.mean((1, 2)), rtol=1e-4)


def test_too_few_training_pictures_are_told() -> None:
    with pytest.raises(DataError, match=r"gate\.too_few|at least 20"):
        Gate.fit(lungs(19, 0), lungs(19, 1))


def records(pictures: list[bytes]) -> pa.Table:
    images = [{"path": f"{n}", "bytes": data, "sha256": ""} for n, data in enumerate(pictures)]
    ids = [str(n) for n in range(len(pictures))]
    return pa.table({"record_id": ids, "image": pa.array(images, IMAGE_TYPE)})


def encoded(picture: np.ndarray, kind: str = ".png") -> bytes:
    import cv2

    return cv2.imencode(kind, picture)[1].tobytes()


@pytest.fixture(scope="module")
def preprocessor(gate: Gate) -> Preprocessor:
    made = Preprocessor(64)
    made.gate = gate
    return made


def test_foreign_records_are_refused_with_their_reason(preprocessor: Preprocessor) -> None:
    grey = lungs(1, 7)[0]
    red = np.concatenate([grey // 2, grey // 2, grey], axis=2)
    given = [grey, red, 255 - grey, np.repeat(grey, 3, axis=2)]
    prepared = preprocessor.transform(records([encoded(picture) for picture in given]))
    assert prepared.kept.tolist() == [0, 3]  # grey in a file of three colours is grey
    assert len(prepared.arrays["x"]) == 2
    reasons = {reject.row: reject.reasons[0][0] for reject in prepared.rejects}
    assert reasons == {1: "foreign_colour", 2: "foreign_likeness"}
    for reject in prepared.rejects:
        assert "{" not in reject.to_json()["reasons"][0]["message"]


def test_what_a_bundle_keeps_refuses_alike(preprocessor: Preprocessor) -> None:
    again = Preprocessor.from_state(*preprocessor.state())
    some = records([encoded(255 - lungs(1, 8)[0]), encoded(lungs(1, 9)[0])])
    assert again.transform(some).kept.tolist() == preprocessor.transform(some).kept.tolist() == [1]


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp"])
def test_coloured_training_pictures_make_coloured_ones_usual(gate: Gate, kind: str) -> None:
    grey = lungs(1, 7)[0]
    red = encoded(np.concatenate([grey // 2, grey // 2, grey], axis=2), kind)
    usual = replace(gate, origin=origin(records([red] * 30)))
    images, x, kept = records([red]).column("image"), grey[None], np.array([0])
    assert [refusal.key for refusal in foreign(gate, x, images, kept).values()] == [
        "foreign_colour"
    ]
    assert not foreign(usual, x, images, kept)


@pytest.mark.real_data
@pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set")
def test_other_modalities_are_refused_by_what_their_file_says(gate: Gate) -> None:
    folder = Path(os.environ["LEPTON_DATA"], "dicom_samples")
    files = [folder / f"{name}.dcm" for name in ("CT_small", "MR_small", "RG1_J2KI")]
    some = records([file.read_bytes() for file in files])
    x, kept = lungs(3, 10), np.arange(3)  # whatever they look like
    found = foreign(gate, x, some.column("image"), kept)
    assert {row: refusal.values["modality"] for row, refusal in found.items()} == {0: "CT", 1: "MR"}
    usual = replace(gate, origin=origin(some))
    assert not foreign(usual, x, some.column("image"), kept)


@pytest.mark.real_data
@pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set")
def test_steel_is_refused_and_x_rays_of_the_test_pass() -> None:
    import cv2

    root = Path(os.environ["LEPTON_DATA"])
    arrays = np.load(root / "pneumoniamnist" / "pneumoniamnist.npz")
    train, valid, test = (arrays[f"{part}_images"][..., None] for part in ("train", "val", "test"))
    gate = Gate.fit(train, valid)
    assert gate.fitted_on["refused"] <= 0.02
    assert refused(gate, test) <= 0.03
    files = sorted((root / "neu_det" / "IMAGES").glob("*.jpg"))[::9]
    steel = [cv2.resize(cv2.imread(str(file), 0), (28, 28), None, 0, 0, 3) for file in files]
    assert refused(gate, np.stack(steel)[..., None]) >= 0.95

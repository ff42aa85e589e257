"""What tasks on pictures share: preprocessing, classes, split, augmentation, baselines, map."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.classes import class_codes, class_names, with_classes
from lepton_core.evaluation.picture_baselines import picture_baselines, regression_of_classes
from lepton_core.evaluation.picture_split import PictureSplit
from lepton_core.evaluation.rows import take_rows
from lepton_core.explain.occlusion_map import occlusion_map
from lepton_core.pictures import PicturePreprocessor
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.spec import Column, Spec
from lepton_core.training.augmentation import Augmentation, augment
from lepton_core.ui.uploaded import read_uploaded

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
    )
)


def png(value: int | np.ndarray, size: int = 8) -> bytes:
    picture = np.full((size, size), value, np.uint8) if isinstance(value, int) else value
    return cv2.imencode(".png", picture)[1].tobytes()


def records(files: list[bytes], labels: list[str | None]) -> pa.Table:
    images = [
        {"path": f"{n}.png", "bytes": data, "sha256": hashlib.sha256(data).hexdigest()}
        for n, data in enumerate(files)
    ]
    ids = [f"r{n:03d}" for n in range(len(files))]
    columns = {"record_id": ids, "image": pa.array(images, IMAGE_TYPE)}
    return pa.table({**columns, "label": pa.array(labels, pa.string())})


def test_a_picture_that_does_not_decode_is_refused_with_its_path() -> None:
    table = records([png(10), b"no picture", png(30)], ["a"] * 3)
    prepared = PicturePreprocessor(4, 6, 3).transform(table)
    assert prepared.arrays["x"].shape == (2, 4, 6, 3)
    assert prepared.arrays["x"].dtype == np.uint8
    assert prepared.kept.tolist() == [0, 2]
    (refused,) = prepared.rejects
    assert (refused.row, refused.record_id) == (1, "r001")
    assert refused.reasons == (("not_a_picture", {"column": "image", "received": "1.png"}),)


def test_the_state_makes_the_same_preprocessor_in_a_subclass() -> None:
    class Own(PicturePreprocessor):
        def __init__(self, config: Any = None) -> None:
            super().__init__(5, 7, 1)

    state, arrays = PicturePreprocessor(4, 6, 3, "photo").state()
    again = Own.from_state(json.loads(json.dumps(state)), arrays)
    assert isinstance(again, Own)
    assert (again.shape, again.column) == ((4, 6, 3), "photo")


@pytest.mark.parametrize("values", [{"height": 0}, {"channels": 2}])
def test_a_size_that_no_picture_has_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="Received"):
        PicturePreprocessor(**values)


def test_classes_stay_with_rows_that_lack_some() -> None:
    table = with_classes(records([png(n) for n in range(4)], ["b", "a", None, "c"]), "label")
    some = take_rows(table, np.array([3, 0]))
    assert class_names(some, "label") == ("a", "b", "c")
    assert class_codes(some, "label").tolist() == [2, 1]
    again = with_classes(table, "label")
    assert again.column_names == table.column_names


def test_a_label_that_a_bundle_does_not_know_is_named() -> None:
    table = records([png(1), png(2)], ["good", "dent"])
    with pytest.raises(DataError) as caught:
        class_codes(table, "label", ("good", "scratch"))
    assert caught.value.key == "evaluate.unknown_class"
    assert "dent" in str(caught.value)


def test_one_class_is_nothing_to_tell_apart() -> None:
    with pytest.raises(DataError) as caught:
        with_classes(records([png(1)], ["good"]), "label")
    assert caught.value.key == "evaluate.few_classes"


def test_the_same_picture_never_stands_on_both_sides() -> None:
    generator = np.random.default_rng(0)
    content = generator.integers(0, 40, 120)
    labels = [None if n % 17 == 0 else ("a", "b", "b")[content[n] % 3] for n in range(120)]
    table = records([png(int(value)) for value in content], labels)
    split = PictureSplit(valid=0.2, test=0.3, seed=4).split(table)
    parts = [set(content[rows].tolist()) for rows in (split.train, split.valid, split.test)]
    assert all(parts)
    assert not (parts[0] & parts[1])
    assert not (parts[0] & parts[2])
    assert not (parts[1] & parts[2])
    used = np.concatenate([split.train, split.valid, split.test])
    assert sorted(used.tolist()) == [n for n in range(120) if labels[n] is not None]
    assert {labels[row] for row in split.test} == {"a", "b"}


def test_augmentation_follows_its_generator_and_leaves_the_input() -> None:
    x = np.random.default_rng(1).integers(0, 256, (6, 9, 7, 3)).astype(np.uint8)
    before = x.copy()
    first = augment(x, Augmentation(), np.random.default_rng(3))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(first, augment(x, Augmentation(), np.random.default_rng(3)))
    assert first.dtype == np.uint8
    assert first.shape == x.shape
    assert (first != augment(x, Augmentation(), np.random.default_rng(4))).any()
    nothing = Augmentation(False, False, 0.0, 0.0, 0.0)
    np.testing.assert_array_equal(augment(x, nothing, np.random.default_rng(3)), x)


def test_a_shift_moves_and_repeats_the_edge() -> None:
    x = np.broadcast_to(np.arange(10, dtype=np.uint8)[:, None], (40, 10, 10))[..., None]
    moved = augment(x, Augmentation(False, False, 0.2, 0.0, 0.0), np.random.default_rng(0))
    down = {tuple(picture[:, 0, 0].tolist()) for picture in moved}
    expected = {tuple(np.clip(np.arange(10) - by, 0, 9).tolist()) for by in range(-2, 3)}
    assert down == expected


def test_baselines_score_every_test_picture() -> None:
    train = records([png(n % 2 * 120 + n) for n in range(40)], [None] * 40)["image"]
    test = records([png(5), b"broken", png(150)], [None] * 3)["image"]
    found = picture_baselines(train, np.arange(40) % 2, test, ("dark", "light"))
    assert list(found) == ["majority_class", "thumbnail_regression"]
    assert found["thumbnail_regression"].argmax(axis=1)[[0, 2]].tolist() == [0, 1]
    np.testing.assert_array_equal(found["thumbnail_regression"][1], found["majority_class"][1])


def test_a_class_without_a_training_record_is_never_chosen() -> None:
    x = np.array([[0.0], [1.0]] * 9, np.float32)
    scores = regression_of_classes(x, np.array([0, 2] * 9), x, 3)
    assert scores.shape == (18, 3)
    assert np.isfinite(scores).all()
    assert set(scores.argmax(axis=1).tolist()) == {0, 2}


class Corner:
    """A model whose second class is how bright the upper left quarter is."""

    def run(self, role: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        bright = inputs["x"][:, :8, :8].mean(axis=(1, 2, 3)).astype(np.float32) / 25
        return {"score": np.stack([np.full_like(bright, 2.0), bright], axis=1)}


def test_the_map_shows_where_the_score_comes_from() -> None:
    picture = np.full((16, 16), 20, np.uint8)
    picture[:8, :8] = 220
    pipeline: Any = SimpleNamespace(preprocessor=PicturePreprocessor(16, 16, 1), runtime=Corner())
    found = occlusion_map(pipeline, records([png(picture)], [None]), cells=8)
    assert found.shape == (8, 8)
    assert found[:3, :3].min() > 0
    assert np.abs(found[5:, 5:]).max() < 1e-5
    against = occlusion_map(pipeline, records([png(picture)], [None]), class_number=0, cells=8)
    np.testing.assert_allclose(against, -found, atol=1e-5)
    with pytest.raises(DataError):
        occlusion_map(pipeline, records([b"broken"], [None]))


class Uploaded(io.BytesIO):
    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def zipped(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in names.items():
            file.writestr(name, data)
    return out.getvalue()


def test_pictures_and_zips_are_read_together() -> None:
    task: Any = SimpleNamespace(inputs=SPEC)
    lot = zipped({"good/1.png": png(1), "spot/1.png": png(2)})
    files = [
        Uploaded("a.png", png(3)),
        Uploaded("monday.zip", lot),
        Uploaded("tuesday.zip", lot),
        Uploaded("a.png", png(4)),
    ]
    table = read_uploaded(task, files)
    ids = table["record_id"].to_pylist()
    assert ids == [
        "a.png",
        "monday/good/1.png",
        "monday/spot/1.png",
        "tuesday/good/1.png",
        "tuesday/spot/1.png",
        "a (2).png",
    ]
    assert table["label"].to_pylist() == [None, "good", "spot", "good", "spot", None]
    images = table["image"].to_pylist()
    assert [image["path"] for image in images] == ids
    assert [image["bytes"] for image in images] == [png(n) for n in (3, 1, 2, 1, 2, 4)]


def test_a_zip_without_pictures_is_told_by_its_name() -> None:
    task: Any = SimpleNamespace(inputs=SPEC)
    with pytest.raises(DataError) as caught:
        read_uploaded(task, [Uploaded("notes.zip", zipped({"a.txt": b"hello"}))])
    assert caught.value.values["source"] == "notes.zip"

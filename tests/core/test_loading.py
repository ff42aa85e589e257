"""``lc.load`` takes a model file or a bundle folder, and refuses anything else in one line."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import lepton_core as lc
from lepton_core.errors import BundleError, DataError, UsageError


@pytest.fixture
def model() -> keras.Model:
    return lc.Sequential([lc.Input((3,)), lc.layers.Affine(), lc.layers.Dense(2)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_saved_model_loads(model, tmp_path: Path, name) -> None:
    model.save(tmp_path / name)
    loaded = lc.load(str(tmp_path / name), compile=False)
    np.testing.assert_array_equal(loaded(np.ones((1, 3))), model(np.ones((1, 3))))


def test_a_bundle_folder_goes_to_the_bundle_loader(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    calls = []
    monkeypatch.setattr(
        "lepton_core.bundle.load_bundle", lambda folder, **options: calls.append((folder, options))
    )
    lc.load(tmp_path, runtime="keras")
    assert calls == [(tmp_path, {"runtime": "keras"})]


def test_a_broken_bundle_is_a_bundle_error(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(BundleError):
        lc.load(tmp_path)


def test_a_shipped_bundle_is_loaded_by_its_address() -> None:
    address = "fraud_rnn/transactions@sample"
    assert lc.load(address).address == address
    for wrong, key in (
        ("fraud_rnn@none", "usage.unknown_bundle"),
        ("nothing@sample", "usage.unknown_task"),
    ):
        with pytest.raises(UsageError) as caught:
            lc.load(wrong)
        assert caught.value.key == key


def test_what_cannot_be_loaded_is_refused_in_one_line(model, tmp_path: Path) -> None:
    whole = tmp_path / "whole.keras"
    model.save(whole)
    data = whole.read_bytes()
    (tmp_path / "cut.keras").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.h5").write_text("no HDF5")
    (tmp_path / "net.onnx").write_bytes(b"x")
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").touch()
    for name, key, told in (
        ("absent.keras", "load.nothing_there", "absent.keras"),
        ("cut.keras", "load.damaged", "ZIP"),
        ("text.h5", "load.damaged", "HDF5"),
        ("net.onnx", "load.unknown_kind", ".onnx"),
        ("pictures", "load.unknown_kind", "a.jpg"),
    ):
        with pytest.raises(DataError) as caught:
            lc.load(tmp_path / name)
        assert caught.value.key == key
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_flipped_byte_inside_the_archive_is_found(model, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model.save(path)
    data = bytearray(path.read_bytes())
    place = data.index(b'"class_name"')
    data[place + 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match="is damaged"):
        lc.load(path)

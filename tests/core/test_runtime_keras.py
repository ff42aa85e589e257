"""The Keras runtime is the yardstick of the others: same roles, names and numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.errors import BundleError
from lepton_core.export.onnx import export_onnx
from lepton_core.runtime.keras import KerasRuntime
from lepton_core.runtime.onnx import OnnxRuntime


def step_model() -> keras.Model:
    x, h = keras.Input((3,), name="x"), keras.Input((4,), name="h")
    h_new, _ = keras.layers.GRUCell(4)(x, [h])
    return keras.Model([x, h], {"score": keras.layers.Dense(1)(h_new)[:, 0], "h_new": h_new})


def test_both_runtimes_agree_in_roles_names_and_numbers(tmp_path: Path) -> None:
    model = step_model()
    model.save(tmp_path / "step.keras")
    export_onnx(model, tmp_path / "step.onnx")
    generator = np.random.default_rng(0)
    inputs = {
        "x": generator.standard_normal((6, 3)).astype("float32"),
        "h": generator.standard_normal((6, 4)).astype("float32"),
    }
    ours, theirs = KerasRuntime.open(tmp_path), OnnxRuntime.open(tmp_path)
    assert ours.roles() == theirs.roles() == ("step",)
    assert ours.input_shapes("step") == theirs.input_shapes("step")
    expected, received = ours.run("step", inputs), theirs.run("step", inputs)
    assert set(expected) == set(received)
    for name, values in expected.items():
        assert np.abs(values - received[name]).max() < 1e-5


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.keras").write_bytes(b"PK not a model")
    with pytest.raises(BundleError, match=r"main\.keras"):
        KerasRuntime.open(tmp_path)


def test_importing_the_runtime_loads_no_keras() -> None:
    code = "import sys, lepton_core.runtime.keras; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Keras, for parity and comparison: the model as it was trained, never on the scoring path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import BundleError
from lepton_core.runtime.base import Runtime


class KerasRuntime(Runtime):
    """Models ``<role>.keras`` of a folder, on the Keras backend of the process.

    Outputs have the names that :func:`lepton_core.export.onnx.export_onnx` gives by default: the
    keys of a model that returns a dictionary, otherwise the names of its last layers.

    Args:
        paths: role -> Keras file. Files are read in safe mode: they cannot run code of their own.
        threads: kept for the interface; Keras's backend decides once for the whole process.

    Raises:
        BundleError: ``bundle.bad_keras_model`` for a file that Keras cannot read.
    """

    name = "keras"

    def __init__(self, paths: Mapping[str, Path], threads: int | None = None) -> None:
        from lepton_core._keras import keras
        from lepton_core.export.signature import Signature

        self._keras = keras
        self._models: dict[str, tuple[Any, Signature]] = {}
        for role, path in paths.items():
            try:
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
            except Exception as error:
                # A damaged file raises whatever zip, HDF5, JSON or a layer's constructor raises.
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise BundleError("bundle.bad_keras_model", path=path, reason=reason) from error
            self._models[role] = (model, Signature.of(model))

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> KerasRuntime:
        return cls({path.stem: path for path in sorted(folder.glob("*.keras"))}, threads)

    def roles(self) -> tuple[str, ...]:
        return tuple(self._models)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {tensor.name: tensor.shape for tensor in self._models[role][1].inputs}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        model, signature = self._models[role]
        # A direct call: `predict_on_batch` compiles anew for every length and is not made for
        # several threads.
        tensors = {
            tensor.name: self._keras.ops.convert_to_tensor(inputs[tensor.name], tensor.dtype)
            for tensor in signature.inputs
        }
        outputs = signature.call(model, tensors)
        return {k: self._keras.ops.convert_to_numpy(v) for k, v in outputs.items()}

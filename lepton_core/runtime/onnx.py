"""ONNX Runtime, the default: light to import and fast on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lepton_core.errors import BundleError
from lepton_core.runtime.base import Runtime


class OnnxRuntime(Runtime):
    """Models ``<role>.onnx`` of a folder."""

    name = "onnx"

    def __init__(self, paths: Mapping[str, Path], threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
        # A pool that spins between calls takes a core from the reader and the writer.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._sessions = {}
        for role, path in paths.items():
            try:
                self._sessions[role] = onnxruntime.InferenceSession(
                    str(path), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:
                # onnxruntime raises its own classes, unrelated to each other, for a bad file.
                reason = str(error).splitlines()[0]
                raise BundleError("bundle.bad_model", path=path, reason=reason) from error
        self._outputs = {
            role: [output.name for output in session.get_outputs()]
            for role, session in self._sessions.items()
        }

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> OnnxRuntime:
        return cls({path.stem: path for path in sorted(folder.glob("*.onnx"))}, threads)

    def roles(self) -> tuple[str, ...]:
        return tuple(self._sessions)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {
            node.name: tuple(axis if isinstance(axis, int) else None for axis in node.shape)
            for node in self._sessions[role].get_inputs()
        }

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = self._sessions[role].run(self._outputs[role], dict(inputs))
        return dict(zip(self._outputs[role], values, strict=True))

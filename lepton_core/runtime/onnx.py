"""ONNX Runtime, the default: light to import and fast on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lepton_core.errors import BundleError
from lepton_core.runtime.base import Runtime

# Rows of so many bytes are large pictures. So many bytes of them go into one call: what a network
# thinks of them then stays in the processor's cache (34 frames of 320 x 240 in one call cost half
# as much again as one at a time), and many at once would fill the memory.
_PICTURE, _CALL = 65_536, 1_200_000


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
        session, names = self._sessions[role], self._outputs[role]
        said = [session.run(names, part) for part in _calls(inputs)]
        every = said[0] if len(said) == 1 else [np.concatenate(v) for v in zip(*said, strict=True)]
        return dict(zip(names, every, strict=True))


def _calls(inputs: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """What a model is given in each call: all rows, or a few where they are large pictures."""
    rows = {len(values) if values.ndim else 0 for values in inputs.values()}
    n = min(rows, default=0)
    size = sum(values.nbytes for values in inputs.values()) / max(n, 1)
    if len(rows) > 1 or n < 2 or size < _PICTURE:
        return [dict(inputs)]
    step = max(int(_CALL // size), 1)
    return [
        {name: values[start : start + step] for name, values in inputs.items()}
        for start in range(0, n, step)
    ]

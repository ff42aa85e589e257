"""The conversion itself, which needs the TensorFlow backend: Keras model to ONNX graph.

``python -m lepton_core.export.convert`` does it in a process of its own for a model that was
built on another backend; it reads one JSON object from standard input.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_core._keras import keras
from lepton_core.errors import ExportError
from lepton_core.export.signature import Signature

if TYPE_CHECKING:
    import onnx


def convert(model: keras.Model, signature: Signature, opset: int) -> onnx.ModelProto:
    """The ONNX graph of ``model``, not yet compared with it.

    Args:
        model: functional model or built Sequential, on any backend.
        signature: its inputs and outputs, named as the graph's shall be.
        opset: ONNX operator set.

    Raises:
        ExportError: ``export.failed`` with the converter's reason.
    """
    if keras.backend.backend() == "tensorflow":
        return _convert_here(model, signature, opset)
    return _convert_in_subprocess(model, signature, opset)


def _convert_here(model: keras.Model, signature: Signature, opset: int) -> onnx.ModelProto:
    import logging

    import tensorflow as tf
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    specs = [tf.TensorSpec(x.shape, x.dtype, name=x.name) for x in signature.inputs]

    def forward(*tensors: Any) -> dict[str, Any]:
        names = [x.name for x in signature.inputs]
        outputs = signature.call(model, dict(zip(names, tensors, strict=True)))
        # Without its own identity an output that is also an input, or given twice, has no name.
        return {name: tf.identity(value) for name, value in outputs.items()}

    try:
        function = tf.function(forward, input_signature=specs)
        graph, _ = tf2onnx.convert.from_function(function, input_signature=specs, opset=opset)
    except Exception as error:
        # Keras, TensorFlow and the converter raise classes of their own for what they cannot do.
        raise ExportError("export.failed", model=model.name, reason=_reason(error)) from error
    order = {tensor.name: place for place, tensor in enumerate(signature.outputs)}
    ordered = sorted(graph.graph.output, key=lambda output: order.get(output.name, len(order)))
    del graph.graph.output[:]
    graph.graph.output.extend(ordered)
    graph.graph.name = model.name
    graph.graph.doc_string = ""
    return graph


def _convert_in_subprocess(model: keras.Model, signature: Signature, opset: int) -> onnx.ModelProto:
    import onnx

    modules = {type(layer).__module__ for layer in model._flatten_layers()}
    with tempfile.TemporaryDirectory(prefix="lepton-export-") as folder:
        source, target = Path(folder) / "model.keras", Path(folder) / "model.onnx"
        model.save(source)
        order = {
            "source": str(source),
            "target": str(target),
            "output_names": [tensor.name for tensor in signature.outputs],
            "opset": opset,
            "modules": sorted(m for m in modules if m.split(".")[0] not in ("keras", "__main__")),
            "path": sys.path,
        }
        done = subprocess.run(
            [sys.executable, "-m", "lepton_core.export.convert"],
            input=json.dumps(order),
            env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not target.exists():
            reason = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
            raise ExportError("export.failed", model=model.name, reason=reason)
        return onnx.load(target)


def _reason(error: Exception) -> str:
    """The sentence of an error, without the way to it and the arguments that follow it."""
    text = re.sub(r"\x1b\[\d*m", "", str(error))
    text = re.split("Arguments received by|Full object config", text)[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # TensorFlow puts the lines of code that lead to an error before it.
    starts = [place for place, line in enumerate(lines) if re.match(r"\w+(Error|Exception):", line)]
    return " ".join(lines[starts[0] if starts else 0 :][:2]) or type(error).__name__


def main() -> None:
    """Convert the ``.keras`` file that the JSON object on standard input names."""
    order = json.load(sys.stdin)
    sys.path.extend(path for path in order["path"] if path not in sys.path)
    for module in order["modules"]:  # custom layers register themselves when imported
        import_module(module)
    model = keras.saving.load_model(order["source"], compile=False)
    graph = _convert_here(model, Signature.of(model, order["output_names"]), order["opset"])
    Path(order["target"]).write_bytes(graph.SerializeToString())


if __name__ == "__main__":
    try:
        main()
    except ExportError as error:
        sys.exit(error.values["reason"])

"""Export a Keras model to an ONNX file, or refuse: no file is written that was not compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lepton_core._keras import keras
from lepton_core.errors import ExportError
from lepton_core.export.convert import convert
from lepton_core.export.gate import check_graph, check_outputs
from lepton_core.export.rounding import pack_rounded
from lepton_core.export.signature import Signature

OPSET = 15
# They keep tables outside the weights: strings and bins belong to the task's preprocessing.
_LOOKUPS = {
    "StringLookup",
    "IntegerLookup",
    "Hashing",
    "HashedCrossing",
    "Discretization",
    "TextVectorization",
}


def export_onnx(
    model: keras.Model,
    path: Path | str,
    opset: int = OPSET,
    *,
    output_names: Sequence[str] | None = None,
    tolerance: float = 1e-4,
    lengths: tuple[int, int] | None = None,
    examples: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write ``model`` to ``path`` as ONNX with a free batch, after comparing the two.

    The gate always runs: the graph's inputs equal the declared ones in name, dtype and shape, the
    graph holds no training node, and its outputs agree with the model's on batches of 1, 4 and 9,
    each at two lengths where another axis is free. On the JAX and PyTorch backends the conversion
    happens in a second process with TensorFlow, and the gate in this one.

    Args:
        model: functional model or built Sequential, trained or not.
        path: where the file goes; it appears whole or not at all.
        opset: ONNX operator set.
        output_names: names of the graph's outputs in the order of ``model.outputs``; by default a
            dictionary's keys, or the names of the layers that make them.
        tolerance: largest allowed difference, as a part of the output's largest absolute value.
        lengths: the two sizes tried for every free axis but the batch; by default 5 and 12, or
            64 and 96 where an input is an image (rank 4 and more).
        examples: rows [n, ...] by input name to compare on instead of random ones, for models
            that only make sense on inputs of a certain kind.

    Raises:
        ExportError: the model cannot be exported, or its export is not the model.

    Example:
        >>> import tempfile
        >>> from lepton_core._keras import keras
        >>> x = keras.Input((3,), name="x")
        >>> model = keras.Model(x, keras.layers.Dense(1, name="score")(x))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     export_onnx(model, Path(folder) / "main.onnx")
        ...     [file.name for file in Path(folder).iterdir()]
        ['main.onnx']
    """
    path = Path(path)
    signature = Signature.of(model, output_names)
    for layer in model._flatten_layers():
        kinds = {c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras.")}
        if kinds & _LOOKUPS:
            kind = type(layer).__name__
            raise ExportError("export.lookup", model=model.name, layer=layer.name, kind=kind)
    graph = convert(model, signature, opset)
    pack_rounded(graph)
    content = graph.SerializeToString()
    weights = sum(int(np.prod(w.shape)) * np.dtype(w.dtype).itemsize for w in model.weights)
    check_graph(model.name, graph, signature, len(content), weights)
    part = path.with_name(f".{path.name}.tmp")
    try:
        part.write_bytes(content)
        check_outputs(model, signature, part, tolerance, lengths, examples)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

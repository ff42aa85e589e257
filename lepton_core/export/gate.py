"""The gate of every export: is this graph the model?

A converter can write a wrong file without an error (a Keras ``Normalization`` turns its mean and
variance into further inputs), so that nothing is believed that was not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.errors import BundleError, ExportError
from lepton_core.export.signature import Signature, Tensor
from lepton_core.runtime.onnx import OnnxRuntime

if TYPE_CHECKING:
    import onnx

BATCHES = (1, 4, 9)
_TRAINING = {"Dropout", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
_TRAINING |= {"Bernoulli", "Multinomial"}
# Shapes, slices and constants of a graph take room beside the weights, but never this much.
_SPARE_BYTES = 8 << 20


def check_graph(
    model: str, graph: onnx.ModelProto, signature: Signature, size: int, weights: int
) -> None:
    """Compare what a graph declares with the model's signature.

    Args:
        model: the model's name, for messages.
        graph: the converted graph.
        signature: what the model declares.
        size: bytes of the graph as a file.
        weights: bytes of the model's weights.

    Raises:
        ExportError: inputs or outputs differ, a training node is left, or the file is bloated.
    """
    inputs = [_declared(value) for value in graph.graph.input]
    if not _same(inputs, list(signature.inputs), shapes=True):
        raise _differs("export.inputs_differ", model, signature.inputs, inputs)
    outputs = [_declared(value) for value in graph.graph.output]
    if not _same(outputs, list(signature.outputs), shapes=False):
        raise _differs("export.outputs_differ", model, signature.outputs, outputs)
    for node in _nodes(graph.graph):
        training_mode = any(a.name == "training_mode" and a.i for a in node.attribute)
        if node.op_type in _TRAINING or training_mode:
            raise ExportError("export.training_node", model=model, node=node.op_type)
    if size > 2 * weights + _SPARE_BYTES:
        raise ExportError("export.too_large", model=model, size=size, weights=weights)


def check_outputs(
    model: keras.Model,
    signature: Signature,
    path: Path,
    tolerance: float,
    lengths: tuple[int, int] | None,
    examples: Mapping[str, np.ndarray] | None,
) -> None:
    """Run the model and the file on the same inputs and compare every output.

    Args:
        model: the model.
        signature: its inputs and outputs.
        path: the ONNX file.
        tolerance: largest allowed difference, as a part of the output's largest absolute value
            over all inputs tried.
        lengths: sizes tried for free axes but the batch; None for the usual ones.
        examples: rows [n, ...] by input name instead of random ones.

    Raises:
        ExportError: ``export.unreadable``, ``export.not_finite`` or ``export.disagrees``.
    """
    try:
        runtime = OnnxRuntime({"main": path}, threads=1)
    except BundleError as error:
        reason = error.values["reason"]
        raise ExportError("export.unreadable", model=model.name, reason=reason) from error
    expected: list[dict[str, np.ndarray]] = []
    received: list[dict[str, np.ndarray]] = []
    cases = list(_cases(signature, lengths, examples or {}, _table_sizes(model)))
    for inputs in cases:
        outputs = signature.call(model, {k: _tensor(v) for k, v in inputs.items()})
        expected.append({k: keras.ops.convert_to_numpy(v) for k, v in outputs.items()})
        try:
            received.append(runtime.run("main", inputs))
        except Exception as error:
            # onnxruntime raises its own classes, unrelated to each other, for a node that fails.
            reason = f"{_shapes(inputs)}: {str(error).splitlines()[0]}"
            raise ExportError("export.unreadable", model=model.name, reason=reason) from error
    for tensor in signature.outputs:
        name = tensor.name
        scale = max(_largest(values[name]) for values in expected)
        for inputs, want, got in zip(cases, expected, received, strict=True):
            where = {"model": model.name, "output": name, "shapes": _shapes(inputs)}
            if not np.isfinite(want[name]).all():
                raise ExportError("export.not_finite", **where)
            if want[name].shape != got[name].shape:
                difference = float("inf")
            else:
                gap = _largest(want[name].astype(np.float64) - got[name].astype(np.float64))
                difference = gap / max(scale, float(np.finfo(np.float32).tiny))
            # Written so that NaN, which compares as neither, does not pass.
            if not difference <= tolerance:
                raise ExportError(
                    "export.disagrees", difference=difference, tolerance=tolerance, **where
                )


def _table_sizes(model: keras.Model) -> dict[str, int]:
    """How many rows the tables have that an input chooses from: no number beyond is an input."""
    sizes: dict[str, int] = {}
    for layer in model.layers:
        nodes = getattr(layer, "_inbound_nodes", ())
        if isinstance(layer, keras.layers.Embedding) and len(nodes) == 1:
            name = getattr(layer.input, "name", "")
            sizes[name] = min(int(layer.input_dim), sizes.get(name, int(layer.input_dim)))
    return sizes


def _cases(
    signature: Signature,
    lengths: tuple[int, int] | None,
    examples: Mapping[str, np.ndarray],
    table_sizes: Mapping[str, int],
) -> Iterator[dict[str, np.ndarray]]:
    free = any(None in tensor.shape[1:] for tensor in signature.inputs)
    if lengths is None:
        lengths = (64, 96) if any(len(t.shape) >= 4 for t in signature.inputs) else (5, 12)
    generator = np.random.default_rng(0)
    for batch in BATCHES:
        for length in lengths if free else (0,):
            yield {
                tensor.name: _rows(examples[tensor.name], tensor, batch, length)
                if tensor.name in examples
                else _random(generator, tensor, batch, length, table_sizes.get(tensor.name, 2))
                for tensor in signature.inputs
            }


def _random(
    generator: np.random.Generator, tensor: Tensor, batch: int, length: int, table_size: int = 2
) -> np.ndarray:
    axes = [length if axis is None else axis for axis in tensor.shape[1:]]
    if not np.issubdtype(tensor.dtype, np.floating):
        return generator.integers(0, min(table_size, 2), (batch, *axes)).astype(tensor.dtype)
    values = generator.standard_normal((batch, *axes)).astype(tensor.dtype)
    if len(axes) == 2 and tensor.shape[1] is None:
        for row in range(batch):  # sequences of different lengths, padded with zeros
            values[row, length - row % length :] = 0
    return values


def _rows(rows: np.ndarray, tensor: Tensor, batch: int, length: int) -> np.ndarray:
    values = np.asarray(rows, tensor.dtype)[np.arange(batch) % len(rows)]
    for axis, size in enumerate(tensor.shape[1:], start=1):
        if size is None:
            values = values.take(np.arange(length) % values.shape[axis], axis)
    return values


def _declared(value: Any) -> Tensor:
    import onnx

    kind = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name if kind.elem_type else "?"
    axes = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
    return Tensor(value.name, dtype, tuple(axes))


def _same(left: list[Tensor], right: list[Tensor], shapes: bool) -> bool:
    # The shape of an output is often lost by a loop; what comes out is compared anyway.
    def key(tensor: Tensor) -> tuple[Any, ...]:
        return (tensor.name, tensor.dtype, tensor.shape if shapes else None)

    return [key(tensor) for tensor in left] == [key(tensor) for tensor in right]


def _differs(
    key: str, model: str, expected: tuple[Tensor, ...], received: list[Tensor]
) -> ExportError:
    return ExportError(
        key,
        model=model,
        expected="; ".join(map(str, expected)),
        received="; ".join(map(str, received)),
    )


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _tensor(values: np.ndarray) -> Any:
    return keras.ops.convert_to_tensor(values, dtype=values.dtype.name)


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0.0))


def _shapes(inputs: Mapping[str, np.ndarray]) -> str:
    return ", ".join(f"{name} {list(values.shape)}" for name, values in inputs.items())

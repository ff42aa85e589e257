"""Weights of 8 bits: a bundle of a third of the size, whose network computes as before.

:func:`round_weights` puts a trained model's large kernels on few steps; from there on the model is
that. :func:`pack_rounded` finds such kernels in an exported graph and keeps them as whole numbers,
which a runtime multiplies out again when it loads the file: scores and speed stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

    from lepton_core._keras import keras

# Steps to either side of zero; and the number of weights from which it is worth it.
_STEPS, _LEAST = 127, 4096
# Fewer weights stand on steps by chance, and their steps would take more room than they save.
_LEAST_CHANNEL = 8
# How far from a whole number of steps a weight may be that a converter has multiplied by a
# normalisation's factor.
_ROUNDING = 5e-4


def round_weights(model: keras.Model) -> int:
    """Round large kernels and embeddings to 8 bits, in place.

    All weights of an output channel, or of one place in all vectors of an embedding, become whole
    multiples, -127 to 127, of one power of two. Biases, normalisations and small kernels stay as
    they are.

    Args:
        model: trained. Measure and decide with it afterwards, not before.

    Returns:
        how many weights were rounded.

    Source:
        Jacob et al., Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference, 2018 (of weights alone, by channel).

    Example:
        >>> from lepton_core._keras import keras
        >>> model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64)])
        >>> round_weights(model), len(np.unique(np.array(model.layers[0].kernel)[:, 0])) <= 64
        (4096, True)
    """
    from lepton_core._keras import keras

    rounded = 0
    for variable in model.trainable_variables:
        if variable.name in ("kernel", "embeddings") and np.prod(variable.shape) >= _LEAST:
            kernel = keras.ops.convert_to_numpy(variable)
            top = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))
            step = np.exp2(np.ceil(np.log2(np.maximum(top, 1e-30) / _STEPS)))
            variable.assign((np.round(kernel / step) * step).astype(np.float32))
            rounded += kernel.size
    return rounded


def pack_rounded(graph: onnx.ModelProto) -> int:
    """Keep kernels that stand on few steps as int8, with the steps beside them, in place.

    Args:
        graph: of a model; its other weights stay as they are.

    Returns:
        how many weights are kept so.
    """
    from onnx import TensorProto, helper, numpy_helper

    packed, nodes = 0, []
    for tensor in list(graph.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        array = numpy_helper.to_array(tensor)
        found = _on_steps(array) if array.size >= _LEAST else None
        if found is None:
            continue
        name, (whole, step) = tensor.name, found
        graph.graph.initializer.remove(tensor)
        graph.graph.initializer.extend(
            [
                numpy_helper.from_array(whole, f"{name}.whole"),
                numpy_helper.from_array(step, f"{name}.step"),
            ]
        )
        cast = helper.make_node("Cast", [f"{name}.whole"], [f"{name}.cast"], to=TensorProto.FLOAT)
        nodes += [cast, helper.make_node("Mul", [f"{name}.cast", f"{name}.step"], [name])]
        packed += array.size
    rest = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes + rest)
    return packed


def _on_steps(array: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Whole numbers int8 and the step of each channel, whose product is the array; or None.

    A convolution of ONNX has its output channels on the first axis, a matrix on the last.
    """
    for axis in (0, array.ndim - 1):
        channels = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
        if channels.shape[1] < _LEAST_CHANNEL:
            continue
        if _whole(channels[:1]) is None or (found := _whole(channels)) is None:
            continue
        whole, step = found
        moved = np.moveaxis(array, axis, 0).shape
        shape = [1] * array.ndim
        shape[axis] = len(step)
        back = np.ascontiguousarray(np.moveaxis(whole.reshape(moved), 0, axis))
        return back, step.reshape(shape)
    return None


def _whole(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Whole numbers int8 [n, k] and steps float32 [n] of rows, or None where a row has none."""
    top = np.abs(channels).max(axis=1)
    best = np.full(len(channels), np.inf)
    step = np.ones(len(channels))
    # The largest weight of a channel is so many steps; any may be right.
    for steps in range(_STEPS // 2 + 1, _STEPS + 1):
        one = np.where(top > 0, top / steps, 1.0)
        count = channels / one[:, None]
        off = np.abs(count - np.round(count)).max(axis=1)
        step, best = np.where(off < best, one, step), np.minimum(off, best)
    if (best > _ROUNDING).any():
        return None
    return np.round(channels / step[:, None]).astype(np.int8), step.astype(np.float32)

"""What a Keras model takes and gives, by name, in one flat order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lepton_core._keras import keras
from lepton_core.errors import ExportError


@dataclass(frozen=True)
class Tensor:
    """One input or output: its name, dtype and shape, None for a free axis."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        axes = ", ".join("?" if axis is None else str(axis) for axis in self.shape)
        return f"{self.name}: {self.dtype}[{axes}]"


@dataclass(frozen=True)
class Signature:
    """The declared inputs and outputs of a model.

    Args:
        inputs: in the order of ``model.inputs``.
        outputs: in the order of ``model.outputs``.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @classmethod
    def of(cls, model: keras.Model, output_names: Sequence[str] | None = None) -> Signature:
        """The signature of a functional model or a built Sequential.

        An output is named by its key where the model returns a dictionary, otherwise by the layer
        that makes it, so that the Keras file and the ONNX file of a bundle agree without asking.

        Args:
            model: the model.
            output_names: other names, in the order of ``model.outputs``.

        Raises:
            ExportError: ``export.not_functional`` for a model without declared inputs,
                ``export.output_names`` where names are missing or not different
                from each other and from the inputs'.

        Example:
            >>> from lepton_core._keras import keras
            >>> x = keras.Input((3,), name="x")
            >>> model = keras.Model(x, {"score": keras.layers.Dense(1)(x)})
            >>> print(*Signature.of(model).outputs)
            score: float32[?, 1]
        """
        try:
            inputs, outputs = model.inputs, model.outputs
        except AttributeError:
            inputs = outputs = None
        if not inputs or not outputs:
            kind = type(model).__name__
            raise ExportError("export.not_functional", model=model.name, received=kind)
        names = list(_default_names(model) if output_names is None else output_names)
        taken = [*names, *(x.name for x in inputs)]  # a graph has one room for all names
        if len(names) != len(outputs) or len(set(taken)) != len(taken):
            received = ", ".join(names) or "-"
            raise ExportError(
                "export.output_names", model=model.name, n=len(outputs), received=received
            )
        return cls(
            tuple(_tensor(x.name, x) for x in inputs),
            tuple(_tensor(name, y) for name, y in zip(names, outputs, strict=True)),
        )

    def call(self, model: keras.Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The model's outputs by name, as tensors of the backend, for inputs by name."""
        packed = keras.tree.pack_sequence_as(
            _input_structure(model), [inputs[tensor.name] for tensor in self.inputs]
        )
        values = keras.tree.flatten(model(packed, training=False))
        return dict(zip([tensor.name for tensor in self.outputs], values, strict=True))


def _tensor(name: str, symbol: Any) -> Tensor:
    return Tensor(name, keras.backend.standardize_dtype(symbol.dtype), tuple(symbol.shape))


def _input_structure(model: keras.Model) -> Any:
    # A Sequential that was never called as a layer has inputs, but refuses to tell `input`.
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input


def _default_names(model: keras.Model) -> list[str]:
    if isinstance(model, keras.Sequential):
        return [model.layers[-1].name]
    if isinstance(model.output, dict):
        return sorted(model.output)  # the order in which Keras flattens a dictionary
    return list(model.output_names)

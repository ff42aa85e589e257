"""A ``Sequential`` that flattens a feature map before a ``Dense``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lepton_core._keras import keras
from lepton_core.models.cloning import keep_class

Shape = tuple[int | None, ...]

FLATTEN_PREFIX = "flatten_before_"
FEATURE_MAP_RANKS = (4, 5)  # batch, two or three spatial axes, channels


@keras.saving.register_keras_serializable(package="lepton")
class Sequential(keras.Sequential):
    """A linear stack of layers, as in Keras, in which a ``Dense`` flattens a feature map first.

    A ``Dense`` that meets a tensor of rank 4 or 5 (batch, two or three spatial axes, channels)
    gets a ``Flatten`` layer before it, named ``flatten_before_<name of the Dense>`` and seen in
    ``summary()``. Any other rank stays as in Keras: after a recurrent layer that returns its
    steps, a ``Dense`` works on each step. ``TimeDistributed(Dense(...))`` is never touched.

    Args:
        layers: layers to stack, or None.
        trainable: whether the weights are trained.
        name: the model's name.
        auto_flatten: False to leave every ``Dense`` as in Keras.

    Raises:
        ValueError: as Keras does, and when a feature map of open size should be flattened.

    Example:
        >>> import lepton_core as lc
        >>> model = lc.Sequential([lc.Input((8, 8, 3)), lc.layers.Dense(10, name="scores")])
        >>> [layer.name for layer in model.layers], model.output_shape
        (['flatten_before_scores', 'scores'], (None, 10))
    """

    _layers: list[Any]  # Keras's own stack, the InputLayer included

    def __init__(
        self,
        layers: Sequence[keras.Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        auto_flatten: bool = True,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        self.auto_flatten = auto_flatten
        if layers:
            for layer in layers:
                self.add(layer, rebuild=False)
            self._maybe_rebuild()

    def pop(self, rebuild: bool = True) -> keras.Layer:
        """Remove the last layer, and with a ``Dense`` the ``Flatten`` that stands for it.

        Args:
            rebuild: whether to rebuild the model afterwards.

        Returns:
            The removed layer, so that as many calls undo the stack as ``add`` built it.

        Raises:
            IndexError: if the model has no layers.
        """
        if not self._layers:
            raise IndexError(
                f"Sequential model '{self.name}' has no layers to pop. "
                "Add one first with `model.add(layer)`."
            )
        if len(self._layers) > 1 and _is_flatten_before(*self._layers[-2:]):
            del self._layers[-2]
        return super().pop(rebuild=rebuild)

    def _maybe_rebuild(self) -> None:
        if self._layers:
            super()._maybe_rebuild()

    def build(self, input_shape: Any = None) -> None:
        """Build the stack for ``input_shape`` (batch first, None for an open axis)."""
        with self._flattening():
            super().build(input_shape)

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        # Without a functional model (nested inputs, no shape inference) the first call builds.
        if self._functional or all(layer.built for layer in self._layers):
            return super().call(inputs, training=training, mask=mask, **kwargs)
        with self._flattening():
            return super().call(inputs, training=training, mask=mask, **kwargs)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        with self._flattening():
            return super().compute_output_spec(inputs, *args, **kwargs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        with self._flattening():
            return super().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "auto_flatten": self.auto_flatten}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Sequential:
        """The model that :meth:`get_config` described."""

        def empty(name: str) -> Sequential:
            model = cls(name=name)
            model.auto_flatten = config.get("auto_flatten", True)
            return model

        # Keras uses `cls` only to make the empty model; the flag must stand before layers come.
        return super().from_config.__func__(empty, config, custom_objects)

    @contextmanager
    def _flattening(self) -> Iterator[None]:
        """While Keras runs through the stack, stand in for each ``Dense``; then keep what came."""
        if not self.auto_flatten or self._functional:
            yield
            return
        self._layers = [
            _FlattenFirst(layer) if isinstance(layer, keras.layers.Dense) else layer
            for layer in self._layers
        ]
        try:
            yield
        finally:
            self._layers = [
                layer
                for entry in self._layers
                for layer in (entry.stack() if isinstance(entry, _FlattenFirst) else [entry])
            ]


class _FlattenFirst:
    """A ``Dense`` as Keras meets it in the stack: it flattens a feature map, then does its work."""

    def __init__(self, dense: keras.layers.Dense) -> None:
        self.dense = dense
        self.flatten: keras.layers.Flatten | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dense, name)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        shape = tuple(getattr(inputs, "shape", ()))
        if len(shape) in FEATURE_MAP_RANKS:
            if None in shape[1:]:
                raise ValueError(
                    f"Dense '{self.dense.name}' follows a feature map of open size, which cannot "
                    "be flattened. Give the Input its full shape, pool it to a vector first "
                    "(GlobalAveragePooling2D), or pass auto_flatten=False to apply the Dense at "
                    f"each position. Received: shape={shape}"
                )
            self.flatten = keras.layers.Flatten(name=FLATTEN_PREFIX + self.dense.name)
            inputs = self.flatten(inputs)
        return self.dense(inputs, *args, **kwargs)

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        if len(getattr(inputs, "shape", ())) in FEATURE_MAP_RANKS:
            inputs = keras.layers.Flatten().compute_output_spec(inputs)
        return self.dense.compute_output_spec(inputs, **kwargs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) in FEATURE_MAP_RANKS:
            input_shape = keras.layers.Flatten().compute_output_shape(input_shape)
        return self.dense.compute_output_shape(input_shape)

    def stack(self) -> list[keras.Layer]:
        """The layers that stay in the model in this one's place."""
        return [self.flatten, self.dense] if self.flatten else [self.dense]


def _is_flatten_before(layer: keras.Layer, last: keras.Layer) -> bool:
    return (
        isinstance(layer, keras.layers.Flatten)
        and isinstance(last, keras.layers.Dense)
        and layer.name == FLATTEN_PREFIX + last.name
    )


keep_class(Sequential)

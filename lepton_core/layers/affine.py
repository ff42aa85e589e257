"""Normalisation by a fixed mean and scale that are held as weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lepton_core._keras import keras


@keras.saving.register_keras_serializable(package="lepton")
class Affine(keras.layers.Layer):
    """Subtracts a mean and multiplies by a scale, one of each per feature of the last axis.

    Both are weights that are never trained, so that they travel with the model's weights and end
    up as constants in an ONNX file. (Keras's ``Normalization`` holds them as plain tensors, which
    an export turns into extra graph inputs.) Until :meth:`set_statistics` is called the layer
    returns its input.

    Args:
        **kwargs: ``name``, ``dtype`` and what else every layer takes.

    Example:
        >>> import numpy as np
        >>> layer = Affine()
        >>> layer.set_statistics(mean=[10.0, 0.0], std=[2.0, 4.0])
        >>> np.asarray(layer(np.array([[14.0, 2.0]], "float32"))).tolist()
        [[2.0, 0.5]]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights: ``mean`` and ``scale``, float, shape ``(features,)``."""
        features = input_shape[-1]
        if features is None:
            raise ValueError(
                f"Layer '{self.name}' needs to know the size of the last axis. "
                f"Received: input_shape={input_shape}"
            )
        self.mean = self.add_weight(
            name="mean", shape=(features,), initializer="zeros", trainable=False
        )
        self.scale = self.add_weight(
            name="scale", shape=(features,), initializer="ones", trainable=False
        )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: features})

    def set_statistics(self, mean: ArrayLike, std: ArrayLike) -> None:
        """Set what :meth:`call` normalises by; builds the layer if nothing has yet.

        Args:
            mean: shape ``(features,)``, in the units of the input.
            std: shape ``(features,)``, same units, not negative. Where it is 0 the feature never
                varied, and is only centred.

        Raises:
            ValueError: for shapes that do not fit, non-finite values or a negative ``std``.
        """
        centre = np.asarray(mean, dtype="float64")
        spread = np.asarray(std, dtype="float64")
        if centre.ndim != 1 or centre.shape != spread.shape:
            raise ValueError(
                f"mean and std must be vectors of one length. Received: mean of shape "
                f"{centre.shape}, std of shape {spread.shape}"
            )
        if not (np.isfinite(centre).all() and np.isfinite(spread).all() and (spread >= 0).all()):
            raise ValueError(
                f"mean must be finite, std finite and not negative. Received: mean={mean!r}, "
                f"std={std!r}"
            )
        if not self.built:
            self.build((None, len(centre)))
        elif self.mean.shape != centre.shape:
            raise ValueError(
                f"Layer '{self.name}' was built for {self.mean.shape[0]} features. Received: mean "
                f"and std for {len(centre)}"
            )
        self.mean.assign(centre)
        self.scale.assign(1.0 / np.where(spread == 0, 1.0, spread))

    def call(self, inputs: Any) -> Any:
        """``(inputs - mean) * scale``, same shape as ``inputs``."""
        return (inputs - self.mean) * self.scale

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

"""A convolutional autoencoder: pictures through a narrow place and back."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras
from lepton_core.models.residual import convolved

layers = keras.layers


def autoencoder(x: Any, filters: tuple[int, ...], code: int, momentum: float = 0.95) -> Any:
    """What is left of pictures that had to pass a narrow place.

    Each stage halves height and width and is met by one that doubles them. There is no short cut
    around the narrow place: what it cannot hold is lost, and that is the purpose.

    Args:
        x: pictures float32 [B, H, W, C], about 0..1; sides multiples of 2 to the number of stages.
        filters: width of each stage.
        code: channels at the narrowest place.
        momentum: of the normalisations.

    Returns:
        float32 [B, H, W, C].

    Source:
        Masci et al., Stacked Convolutional Auto-Encoders, 2011.

    Example:
        >>> x = keras.Input((32, 64, 1))
        >>> tuple(autoencoder(x, (8, 16), code=4).shape)
        (None, 32, 64, 1)
    """
    y = x
    for stage, width in enumerate(filters, start=1):
        y = convolved(y, width, 4, 2, f"down{stage}", momentum)
    y = layers.Conv2D(code, 3, padding="same", name="code")(y)
    for stage, width in reversed(list(enumerate(filters, start=1))):
        y = convolved(y, width, 3, 1, f"up{stage}", momentum)
        y = layers.UpSampling2D(2, interpolation="bilinear", name=f"up{stage}_grown")(y)
    return layers.Conv2D(x.shape[-1], 3, padding="same", name="again")(y)

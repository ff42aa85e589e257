"""How each place differs from its surroundings, in many ways, as a graph without learned weights.

All on the logarithm of the grey values: twice the light adds the same everywhere, so an exposure
changes no difference. `profile.py` learns from good parts which differences are usual.
"""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

from .channels import GAPS

layers, ops = keras.layers, keras.ops

# Added to grey values before the logarithm: sensor noise in the dark is no contrast.
_DARK = 8.0
_MIDDLE_GREY = 128.0
_POOL, _FINE = 5, 7


def build(shape: tuple[int, int, int]) -> keras.Model:
    """The graph.

    Args:
        shape: height, width and channels of a tile, sides multiples of 32.

    Returns:
        x uint8 [B, height, width, C] -> cells float32 [B, height / 4, width / 4, D]: first
        ``GAP_CHANNELS``, what is darker or brighter than what lies above and below it, to both
        sides, or both (closing and opening by lines); then ``ASPECTS``, light and roughness.

    Source:
        Serra, Image Analysis and Mathematical Morphology, 1982 (top hats).
    """
    x = keras.Input(shape, dtype="uint8", name="x")
    grey = ops.mean(ops.cast(x, "float32"), axis=-1, keepdims=True)
    # Only differences count; numbers near zero keep more of their digits.
    whole = ops.log((grey + _DARK) / _MIDDLE_GREY)
    half = ops.average_pool(whole, 2)
    cells = []
    for sign in (1.0, -1.0):
        cells += [ops.max_pool(y, 4) for y in _filled(sign * _soft(whole), _FINE, (1,))]
        widths = tuple(gap for gap in GAPS if gap)
        cells += [ops.max_pool(y, 2) for y in _filled(sign * half, _POOL, widths)]
    quarter = ops.average_pool(half, 2)
    cells.append(quarter)
    cells += [ops.average_pool(y, 2) for y in _rough(_soft(half))]
    cells += _rough(quarter)
    return keras.Model(x, layers.Concatenate(name="cells")(cells), name="contrasts")


def _soft(y: Any) -> Any:
    """With less of the noise of single pixels."""
    return 0.5 * (y + ops.average_pool(y, 3, 1, "same"))


def _rough(y: Any) -> list[Any]:
    """How much each place differs from those above and below it, and from those to both sides."""
    return [ops.abs(y - ops.average_pool(y, window, 1, "same")) for window in ((3, 1), (1, 3))]


def _filled(y: Any, pool: int, widths: tuple[int, ...]) -> list[Any]:
    """How much darker each place is than the edges of the gap that it lies in, by width and way."""
    closed: dict[tuple[int, int], Any] = {}
    for way, window in enumerate(((pool, 1), (1, pool))):
        grown, times = y, 0
        for width in widths:
            for _ in range(width - times):
                grown = ops.max_pool(grown, window, 1, "same")
            times = width
            shrunk = -grown
            for _ in range(width):
                shrunk = ops.max_pool(shrunk, window, 1, "same")
            closed[width, way] = -shrunk - y
    return [
        one
        for width in widths
        for down, across in [(closed[width, 0], closed[width, 1])]
        for one in (down, across, ops.minimum(down, across))
    ]

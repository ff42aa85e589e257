"""How each place differs from its surroundings, in many ways, as a graph without learned weights.

All on the logarithm of the grey values: twice the light adds the same everywhere, so an exposure
changes no difference. `profile.py` learns from good parts which differences are usual.
"""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

from .channels import GAPS, STEPS

layers, ops = keras.layers, keras.ops

# Added to grey values before the logarithm: sensor noise in the dark is no contrast.
_DARK = 8.0
_POOL = 5


def build(shape: tuple[int, int, int]) -> keras.Model:
    """The graph.

    Args:
        shape: height, width and channels of a tile, sides multiples of 32.

    Returns:
        x uint8 [B, height, width, C] -> cells float32 [B, height / 4, width / 4, ``CHANNELS``]:
        what is darker or brighter than what lies above and below it, to both sides, or both
        (closing and opening by lines); and how light and roughness change from one area to the
        next.

    Source:
        Serra, Image Analysis and Mathematical Morphology, 1982 (top hats).
    """
    x = keras.Input(shape, dtype="uint8", name="x")
    grey = ops.mean(ops.cast(x, "float32"), axis=-1, keepdims=True)
    half = ops.average_pool(ops.log(grey + _DARK), 2)
    found = [y for sign in (1.0, -1.0) for y in _gaps(sign * half)]
    cells = [ops.max_pool(y, 2) for y in found]
    soft = ops.average_pool(half, 3, 1, "same")
    fine = 0.5 * (half + soft)
    kinds = [half]
    for window in ((3, 1), (1, 3)):
        kinds.append(ops.abs(fine - ops.average_pool(fine, window, 1, "same")))
    for number, y in enumerate(kinds):
        y = ops.average_pool(y, 2)
        ways = [(step, axis) for step in STEPS for axis in (1, 2)]
        cells += [_change(y, step, axis, is_light=number == 0) for step, axis in ways]
    whole = layers.Concatenate(name="cells")(cells)
    return keras.Model(x, whole, name="contrasts")


def _gaps(y: Any) -> list[Any]:
    """How much darker each place is than the edges of the gap that it lies in, by width and way."""
    closed: dict[tuple[int, int], Any] = {}
    for way, window in enumerate(((_POOL, 1), (1, _POOL))):
        grown, times = y, 0
        for gap in GAPS:
            for _ in range(gap - times):
                grown = ops.max_pool(grown, window, 1, "same")
            times = gap
            shrunk = -grown
            for _ in range(gap):
                shrunk = ops.max_pool(shrunk, window, 1, "same")
            closed[gap, way] = -shrunk - y
    return [
        one
        for gap in GAPS
        for down, across in [(closed[gap, 0], closed[gap, 1])]
        for one in (down, across, ops.minimum(down, across))
    ]


def _change(y: Any, step: int, axis: int, is_light: bool) -> Any:
    """How much an area's mean differs from that ``2 * step`` cells further, [B, h, w, 1]."""
    window = (step, 6) if axis == 1 else (6, step)
    area = ops.average_pool(y, window, 1, "same")
    if not is_light:
        area = ops.log(area + 1e-3)
    around = [[0, 0], [0, 0], [0, 0], [0, 0]]
    around[axis] = [step, step]
    wide = ops.pad(area, around, mode="reflect")
    if axis == 1:
        return ops.abs(wide[:, 2 * step :] - wide[:, : -2 * step])
    return ops.abs(wide[:, :, 2 * step :] - wide[:, :, : -2 * step])

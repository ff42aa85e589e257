"""The contrasts that `method=contrast` looks at, by name."""

from __future__ import annotations

# Widths of gaps that something dark or bright fills: pools of 5 half pixels one after the other.
GAPS = (1, 3, 5)
# Half of how far apart two areas are that are compared, in cells of four pixels.
STEPS = (2, 4, 8)
_EDGE = 3
# Name, and how many cells at the upper and lower, left and right edge of a picture tell of the edge
# and not of the part.
CHANNELS: tuple[tuple[str, int, int], ...] = tuple(
    (f"{sign}_{way}{gap}", _EDGE, _EDGE)
    for sign in ("dark", "bright")
    for gap in GAPS
    for way in ("down", "across", "both")
) + tuple(
    (f"{what}_{way}{step}", *edges)
    for what in ("light", "rough_down", "rough_across")
    for step in STEPS
    for way, edges in (
        ("down", (2 * step + _EDGE, _EDGE)),
        ("across", (_EDGE, 2 * step + _EDGE)),
    )
)
EDGES = tuple((rows, columns) for _, rows, columns in CHANNELS)
# The channels that tell how light and roughness change from one area to another one further away.
CHANGES = tuple(
    place for place, (name, _, _) in enumerate(CHANNELS) if name[0] in "lr" and name[-1] in "48"
)

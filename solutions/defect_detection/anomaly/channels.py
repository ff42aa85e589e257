"""What `method=contrast` looks at, by name: gaps, and aspects of areas whose changes count."""

from __future__ import annotations

# Widths of gaps that something dark or bright fills: pools of 5 half pixels one after the other; 0
# for one of 7 whole pixels.
GAPS = (0, 1, 3, 5)
GAP_CHANNELS = tuple(
    f"{sign}_{way}{gap}"
    for sign in ("dark", "bright")
    for gap in GAPS
    for way in ("down", "across", "both")
)
# What of an area is compared with the next one. Roughness of half and of quarter pixels.
ASPECTS = ("light", "rough_down", "rough_across", "coarse_down", "coarse_across")
WAYS = ("down", "across")
# Side of the areas that are compared, and how far their middles are apart, in cells of four pixels.
STEPS = (4, 8)
CHANGE_CHANNELS = tuple(f"change_{way}{step}" for way in WAYS for step in STEPS)
CHANNELS = GAP_CHANNELS + CHANGE_CHANNELS
# Cells at a picture's edge that tell of the edge and not of the part.
EDGE = 3

"""Trees, and the shade that they cast on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Road
from .ground import Canvas, Ground
from .scene import Scene
from .standing import Standing, patch_of
from .textures import sample


@dataclass(frozen=True)
class Foliage:
    """The leaves of a kind of tree: colours in shade and sun, and how much they differ."""

    dark: np.ndarray
    bright: np.ndarray
    contrast: float

    @classmethod
    def of(cls, rng: np.random.Generator) -> Foliage:
        dark = np.array([18, 34, 26]) * rng.uniform(0.6, 1.8)
        bright = np.array([62, 122, 92]) + rng.normal(0, 14, 3)
        return cls(dark, np.clip(bright * rng.uniform(0.7, 1.2), 20, 220), rng.uniform(0.5, 1.2))


def tree(
    rng: np.random.Generator,
    look: Foliage,
    canvas: Canvas,
    road: Road,
    spot: float,
    y: float,
    size: float,
    trunk: float | None = None,
) -> Standing | None:
    """A tree beside the road, as it is seen; None where it is not.

    Args:
        rng: of its shape.
        look: of its leaves.
        canvas: of the scene.
        road: of the scene.
        spot: metres right of the road's middle.
        y: metres along the road.
        size: half the width of its crown, metres.
        trunk: height of the crown's lower edge, metres; drawn when None.
    """
    x = float(road.middle(y)) + spot
    lift = float(rng.uniform(0.1, 0.7)) * size if trunk is None else trunk
    middle = np.array([[x, y, lift + size], [x, y, 0.0]])
    pixels, depth = canvas.place(middle)
    if depth.min() < 2.0:
        return None
    radius = canvas.camera.focal_px * canvas.scale * size / depth[0]
    foot = pixels[1]
    box = patch_of(
        canvas,
        np.minimum(pixels[0] - radius * 1.15, foot - 2),
        np.maximum(pixels[0] + radius * 1.15, foot + 2),
    )
    if box is None:
        return None
    left, top, right, bottom = box
    v, u = np.mgrid[top:bottom, left:right].astype(np.float64)
    du, dv = (u - pixels[0, 0]) / radius, (v - pixels[0, 1]) / (radius * 1.05)
    shift_u, shift_v = rng.random(2)
    reach = size / radius
    rough = sample(11, u * reach / 31 + shift_u, v * reach / 31 + shift_v, 0.7)
    leaf = sample(12, u * reach / 14 + shift_v, v * reach / 14 + shift_u, 1.25)
    inside = (1 - np.hypot(du, dv)) * 1.4 + 0.16 * rough + 0.05 * leaf
    light = 0.42 - 0.25 * dv + 0.12 * du + look.contrast * (0.22 * leaf + 0.14 * rough)
    colour = look.dark + np.clip(light, 0, 1)[..., None] * (look.bright - look.dark)
    mask = (inside > 0).astype(np.uint8) * 255
    wood = max(1.0, canvas.camera.focal_px * canvas.scale * 0.05 * size / depth[1])
    is_trunk = (np.abs(u - foot[0]) < wood) & (v > pixels[0, 1]) & (v < foot[1])
    colour[is_trunk & (mask == 0)] = (48, 60, 72)
    mask[is_trunk] = 255
    return Standing(x, y, left, top, np.clip(colour, 0, 255).astype(np.uint8), mask, True)


def shade(
    lit: np.ndarray,
    rng: np.random.Generator,
    scene: Scene,
    road: Road,
    ground: Ground,
    spot: float,
    y: float,
    size: float,
) -> None:
    """Darken the ground under a tree, with flecks of sun where the leaves let it through."""
    height = np.radians(scene.sun_height_deg)
    azimuth = np.radians(scene.sun_azimuth_deg)
    long = (size * 1.4) / np.tan(height)
    x = float(road.middle(y)) + spot - long * np.sin(azimuth)
    at_y = y - long * np.cos(azimuth)
    along = np.array([np.sin(azimuth), np.cos(azimuth)])
    dx, dy = np.nan_to_num(ground.x - x, nan=1e3), np.nan_to_num(ground.y - at_y, nan=1e3)
    stretch = 1 / np.sin(height)
    forth = (dx * along[0] + dy * along[1]) / (size * stretch)
    across = (dx * along[1] - dy * along[0]) / size
    near = np.hypot(forth, across) < 1.35
    rows = np.flatnonzero(near.any(1))
    if not len(rows):
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    gaps = sample(13, dx[part] / 23 + rng.random(), dy[part] / 23, 1.0)
    inside = 1 - np.hypot(forth[part], across[part]) + 0.22 * gaps
    lit[part] = np.minimum(lit[part], np.clip(0.5 - inside * 5, 0, 1) + (gaps > 1.5) * 0.6)

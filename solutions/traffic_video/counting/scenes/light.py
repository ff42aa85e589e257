"""Day, dusk and night: how bright the scene is, and what vehicles' own lamps add."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .camera import Camera
from .drawing import Illumination, Placed, turn
from .ground import Canvas, Ground
from .mesh import Mesh
from .scene import Scene


@dataclass(frozen=True)
class Light:
    """Light of a scene; factors are on blue, green, red.

    Args:
        sunny: float64 [3], of the ground in the sun.
        shady: float64 [3], of the ground in shade.
        vehicle: light on vehicles.
        has_lamps: headlights are on.
        glow: how bright lamps look.
    """

    sunny: np.ndarray
    shady: np.ndarray
    vehicle: Illumination
    has_lamps: bool
    glow: float

    @classmethod
    def of(cls, scene: Scene) -> Light:
        """The light of a scene."""
        rng = np.random.default_rng([scene.seed, 41])
        azimuth, height = np.radians([scene.sun_azimuth_deg, scene.sun_height_deg])
        sun = np.array(
            [np.sin(azimuth) * np.cos(height), np.cos(azimuth) * np.cos(height), np.sin(height)]
        )
        level, tint, glow = {
            "day": (rng.uniform(0.95, 1.35), rng.normal(0, 0.03, 3), 0.0),
            "dusk": (rng.uniform(0.34, 0.72), rng.normal(0, 0.07, 3), rng.uniform(0.4, 0.9)),
            "night": (rng.uniform(0.09, 0.26), rng.normal(0, 0.08, 3), rng.uniform(0.8, 1.3)),
        }[scene.light]
        sunny = level * (1 + tint)
        cool = np.array([1.08, 1.0, 0.94]) if scene.shadow > 0.05 else np.ones(3)
        shady = sunny * (1 - scene.shadow) * cool
        direct = np.clip(sunny - shady, 0, None) * 1.15
        vehicle = Illumination(sun, shady * 1.12, direct)
        return cls(sunny, shady, vehicle, scene.light != "day", float(glow))


def ground_light(
    scene: Scene,
    light: Light,
    ground: Ground,
    lit: np.ndarray,
    lamps: list[tuple[float, float]],
    sun: float,
) -> np.ndarray:
    """float32 [h, w, 3]: the factor on the ground's colours.

    Args:
        scene: what is rendered.
        light: of it.
        ground: of it.
        lit: float32 [h, w], where the sun reaches.
        lamps: x and y of street lamps.
        sun: 1 full sun, 0 behind a cloud.
    """
    shady = light.shady.astype(np.float32)
    factor = shady + (lit * np.float32(sun))[..., None] * (light.sunny - light.shady)
    if light.has_lamps:
        rng = np.random.default_rng([scene.seed, 42])
        colour = np.array([0.55, 0.8, 1.0]) * rng.uniform(0.3, 0.8)
        colour = colour * (1.0 if scene.light == "night" else 0.25)
        for x, y in lamps:
            away = np.square(ground.x - x) + np.square(ground.y - y)
            pool = np.exp(-np.nan_to_num(away, nan=1e6) / rng.uniform(60, 140))
            factor = factor + pool[..., None] * colour
    return np.asarray(factor, np.float32)


@lru_cache(maxsize=256)
def _glow(radius: int, stretch: int) -> np.ndarray:
    """float32 [h, w, 1], 1 in the middle, fading to 0."""
    reach = radius * 4
    v, u = np.mgrid[-reach * stretch : reach * stretch + 1, -reach : reach + 1]
    away = np.hypot(u, v / stretch) / radius
    value = np.exp(-np.square(away) * 1.6) + 0.22 * np.exp(-away * 1.1) - 0.22 * np.exp(-4.4)
    return np.clip(value, 0, None).astype(np.float32)[..., None]


def add_glow(
    picture: np.ndarray, at: np.ndarray, radius: float, colour: np.ndarray, stretch: int = 1
) -> None:
    """Add a lamp's light to a float32 picture [h, w, 3] around a pixel."""
    glow = _glow(int(np.clip(round(radius), 1, 24)), stretch)
    height, width = glow.shape[:2]
    left, top = round(float(at[0])) - width // 2, round(float(at[1])) - height // 2
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, picture.shape[1]), min(top + height, picture.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    part = glow[y0 - top : y1 - top, x0 - left : x1 - left]
    picture[y0:y1, x0:x1] += part * colour.astype(np.float32)


def light_lamps(
    picture: np.ndarray,
    scene: Scene,
    light: Light,
    canvas: Canvas,
    mesh: Mesh,
    state: tuple[float, float, float, float],
    seen_at: np.ndarray,
    number: int,
) -> None:
    """Add head and tail lamps of one vehicle, and their mirror images on a wet road.

    Args:
        picture: float32 [h, w, 3], the frame with its margin; changed.
        scene: what is rendered.
        light: of it.
        canvas: of it.
        mesh: the vehicle's shape.
        state: x, y, heading, speed.
        seen_at: int16 [h, w] of the canvas, which vehicle is seen there.
        number: the vehicle's id.
    """
    x, y, heading, speed = state
    facing = np.array([np.sin(heading), np.cos(heading)])
    camera = canvas.camera
    to_camera = camera.position[:2] - np.array([x, y])
    ahead = float(facing @ to_camera) / (float(np.hypot(*to_camera)) + 1e-9)
    brakes = 1.7 if speed < 2 else 1.0
    for lamps, side, colour, size in (
        (mesh.head, ahead, np.array([235.0, 245, 255]), 0.14),
        (mesh.tail, -ahead, np.array([30.0, 30, 200]) * brakes, 0.07),
    ):
        if side < 0.05:
            continue
        world = turn(lamps, x, y, heading)
        spots, depth = canvas.place(world)
        mirrored, _ = canvas.place(world * [1, 1, -1])
        for spot, far, image in zip(spots, depth, mirrored, strict=True):
            column, row = int(spot[0]), int(spot[1])
            inside = 0 <= row < seen_at.shape[0] and 0 <= column < seen_at.shape[1]
            hidden = inside and seen_at[row, column] != number
            strength = light.glow * (0.4 + 0.6 * side) * (0.12 if hidden else 1.0)
            radius = camera.focal_px * size / max(far, 1.0) + 1.0 + 1.5 * light.glow
            at = (spot + 0.5) / canvas.scale - 0.5
            add_glow(picture, at, radius, colour * strength)
            if scene.wet > 0.05 and not hidden:
                below = (image + 0.5) / canvas.scale - 0.5
                add_glow(picture, below, radius * 0.8, colour * strength * 0.35 * scene.wet, 4)


def beam(
    target: np.ndarray,
    camera: Camera,
    canvas: Canvas,
    mesh: Mesh,
    state: tuple[float, float, float, float],
) -> None:
    """Mark in a uint8 image (half the frame's size with margin) what the headlights reach."""
    x, y, heading, _ = state
    front = float(mesh.head[:, 1].max())
    for reach, near, wide, value in (
        (26.0, 0.9, 3.0, 60),
        (13.0, 0.9, 2.2, 120),
        (6, 0.9, 1.4, 190),
    ):
        own = np.array(
            [
                [-near, front + 0.3, 0],
                [near, front + 0.3, 0],
                [wide, front + reach * 0.7, 0],
                [wide * 0.5, front + reach, 0],
                [-wide * 0.5, front + reach, 0],
                [-wide, front + reach * 0.7, 0],
            ]
        )
        spots, depth = canvas.place(turn(own, x, y, heading))
        if depth.min() < 0.5:
            continue
        fixed = np.round(spots / canvas.scale / 2 * 8).astype(np.int32)
        held = target.copy()
        cv2.fillConvexPoly(held, fixed, value, 8, 3)
        np.maximum(target, held, out=target)


def is_in_view(placed: Placed, shape: tuple[int, int], reach: float = 0.0) -> bool:
    """Whether any of a vehicle lies on the canvas, or at most ``reach`` pixels beside it."""
    x0, y0, x1, y1 = placed.corners
    return bool(x1 > -reach and y1 > -reach and x0 < shape[1] + reach and y0 < shape[0] + reach)

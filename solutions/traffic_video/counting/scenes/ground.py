"""What the camera sees of the ground: asphalt, markings, kerb, verge, sky; nothing that stands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from .camera import Camera, Road
from .scene import Scene
from .textures import sample


@dataclass(frozen=True)
class Canvas:
    """The larger and finer picture on which a scene is painted before it becomes a frame.

    Args:
        camera: of the picture.
        scale: pixels of the canvas in one of the picture.
        margin: pixels of the picture around it, so that the camera can shake.
        shape: height, width of the canvas.
    """

    camera: Camera
    scale: int
    margin: int
    shape: tuple[int, int]

    @classmethod
    def of(cls, scene: Scene, camera: Camera) -> Canvas:
        """Twice as fine as the picture, up to 640 wide; with room for what the camera shakes."""
        scale = 2 if scene.width <= 640 else 1
        turn = np.radians(3 * scene.jitter_deg) * scene.width / 2
        margin = int(np.ceil(3 * scene.jitter_px + turn)) + 2
        shape = ((scene.height + 2 * margin) * scale, (scene.width + 2 * margin) * scale)
        return cls(camera, scale, margin, shape)

    def place(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metres [..., 3] to canvas pixels [..., 2] and depths [...]."""
        pixels, depth = self.camera.project(points)
        return (pixels + self.margin + 0.5) * self.scale - 0.5, depth

    def ground(self) -> tuple[np.ndarray, np.ndarray]:
        """float64 x and y [h, w] of the ground under each canvas pixel; NaN in the sky."""
        height, width = self.shape
        u = (np.arange(width) + 0.5) / self.scale - 0.5 - self.margin
        v = (np.arange(height) + 0.5) / self.scale - 0.5 - self.margin
        spots = self.camera.ground(np.stack(np.meshgrid(u, v), axis=-1))
        return spots[..., 0], spots[..., 1]


@dataclass(frozen=True)
class Ground:
    """The painted ground.

    Args:
        albedo: float32 [h, w, 3], blue, green, red, 0 to 255, in bright light.
        x: float64 [h, w], metres, NaN in the sky.
        y: float64 [h, w].
        beside: float64 [h, w], metres from the road's middle.
        is_sky: bool [h, w].
    """

    albedo: np.ndarray
    x: np.ndarray
    y: np.ndarray
    beside: np.ndarray
    is_sky: np.ndarray


def paint_ground(scene: Scene, road: Road, canvas: Canvas) -> Ground:
    """Paint the ground of a scene, float32, before any light falls on it."""
    rng = np.random.default_rng([scene.seed, 21])
    x, y = canvas.ground()
    is_sky = np.isnan(x)
    x0, y0 = np.where(is_sky, 0.0, x), np.where(is_sky, 0.0, y)
    beside = x0 - np.asarray(road.middle(y0))
    # What one pixel covers, in metres; finer grain than that must fade, or it glitters.
    away = np.hypot(x0 - canvas.camera.position[0], y0 - canvas.camera.position[1])
    slant = np.hypot(away, canvas.camera.position[2])
    grain = (slant / canvas.camera.focal_px / canvas.scale).astype(np.float32)
    albedo = _verge(scene, rng, beside, y0, grain)
    half, shoulder = road.half_m[0], scene.shoulder_m
    tarmac = _tarmac(scene, road, rng, beside, y0, grain)
    is_road = _soft(half + shoulder - np.abs(beside), grain)
    kerb_width = float(rng.choice([0.0, 0.25, 0.3, 1.6]))
    kerb = _soft(half + shoulder + kerb_width - np.abs(beside), grain)
    stone = float(rng.uniform(110, 185)) + 7 * sample(5, beside / 6, y0 / 6)[..., None]
    if kerb_width:
        albedo += kerb[..., None] * (stone - albedo)
    albedo += is_road[..., None] * (tarmac - albedo)
    _mark(albedo, scene, road, rng, beside, y0, grain)
    if canvas.shape[0] and is_sky.any():
        albedo[is_sky] = _sky(rng, canvas.shape)[is_sky]
    far = np.clip((away - 120) / 500, 0, 0.7) * ~is_sky
    albedo += far[..., None] * (np.array([185, 180, 175]) - albedo)
    return Ground(albedo.astype(np.float32), x, y, beside, is_sky)


def _soft(inside_m: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """1 inside, 0 outside, a pixel's width between."""
    return np.clip(inside_m / grain + 0.5, 0, 1).astype(np.float32)


def _fading(size_m: float, grain: np.ndarray) -> np.ndarray:
    return np.clip(size_m / (grain * 4), 0, 1)


def _tarmac(
    scene: Scene,
    road: Road,
    rng: np.random.Generator,
    beside: np.ndarray,
    y: np.ndarray,
    grain: np.ndarray,
) -> np.ndarray:
    tone = float(rng.uniform(82, 148))
    tint = np.array([1.0, 1.0, 1.0]) + rng.normal(0, 0.018, 3)
    value = np.full(beside.shape, tone, np.float32)
    value += tone * 0.035 * sample(1, beside / 31, y / 97, 0.4)
    value += tone * 0.045 * sample(2, beside / 11, y / 17, 0.8) * _fading(0.2, grain)
    value += (
        tone
        * rng.uniform(0.03, 0.09)
        * sample(3, beside / 5.3, y / 5.9, 1.4)
        * _fading(0.04, grain)
    )
    streak = rng.uniform(0.0, 0.1) * tone
    for lane in road.lanes:
        from_middle = beside - lane.offset_m
        value -= streak * np.exp(-np.square(from_middle / 0.45))
        for track in (-0.85, 0.85):
            value += 0.4 * streak * np.exp(-np.square((from_middle - track) / 0.3))
    for _ in range(int(rng.integers(0, 5))):
        at, along = rng.uniform(-road.half_m[0], road.half_m[0]), rng.uniform(*road.y_range)
        size_x, size_y = rng.uniform(0.6, 2.2), rng.uniform(1.0, 8.0)
        patch = _soft(size_x - np.abs(beside - at), grain)
        patch *= _soft(size_y - np.abs(y - along), grain * 2)
        value += patch * float(rng.normal(0, 0.12)) * tone
    for _ in range(int(rng.integers(0, 6))):
        at, lean = rng.uniform(-road.half_m[0], road.half_m[0]), rng.normal(0, 0.05)
        wave = 0.3 * sample(4, y * 0 + at, y / 60, 0.6)
        crack = np.clip(1 - np.abs(beside - at - lean * y - wave) / np.maximum(grain, 0.03), 0, 1)
        value -= crack * tone * 0.18 * np.clip(0.03 / grain + 0.2, 0, 1)
    if scene.shoulder_m and rng.random() < 0.6:
        edge = _soft(np.abs(beside) - road.half_m[0] - 0.1, grain)
        value += edge * float(rng.normal(0, 0.1)) * tone
    value *= 1 - 0.4 * scene.wet
    return value[..., None] * tint


def _verge(
    scene: Scene, rng: np.random.Generator, beside: np.ndarray, y: np.ndarray, grain: np.ndarray
) -> np.ndarray:
    kinds = np.array([(62, 105, 92), (45, 88, 70), (92, 118, 134), (128, 134, 138), (70, 84, 92)])
    out = np.zeros((*beside.shape, 3), np.float32)
    fine = sample(6, beside / 7.1, y / 6.7, 1.3) * _fading(0.1, grain)
    coarse = sample(7, beside / 53, y / 61, 0.6)
    for is_right in (False, True):
        side = (beside > 0) == is_right
        colour = kinds[rng.integers(len(kinds))] * rng.uniform(0.6, 1.15)
        other = kinds[rng.integers(len(kinds))] * rng.uniform(0.6, 1.1)
        rough = float(rng.uniform(0.04, 0.2))
        mixed = np.clip(0.5 + coarse * 0.6 + rng.normal(0, 0.6), 0, 1)[..., None]
        shade = (1 + rough * fine + 0.12 * coarse)[..., None]
        out[side] = ((mixed * other + (1 - mixed) * colour) * shade)[side]
    return np.clip(out, 8, 240)


def _mark(
    albedo: np.ndarray,
    scene: Scene,
    road: Road,
    rng: np.random.Generator,
    beside: np.ndarray,
    y: np.ndarray,
    grain: np.ndarray,
) -> None:
    """Lane lines and edge lines, worn in places."""
    white = np.array([218, 222, 222]) * rng.uniform(0.8, 1.05)
    yellow = np.array([60, 165, 205]) * rng.uniform(0.8, 1.1)
    wear = np.clip(0.8 + 0.25 * sample(8, beside / 11, y / 23), 0.25, 1) * rng.uniform(0.6, 1)
    period = float(rng.choice([6.0, 9.0, 12.0]))
    dash = period * float(rng.uniform(0.3, 0.5))
    width = float(rng.uniform(0.1, 0.17))

    def line(at: float, colour: np.ndarray, dashed: bool) -> None:
        cover = np.clip((width / 2 - np.abs(beside - at)) / grain + 0.5, 0, 1)
        cover = cover * np.minimum(1.0, width / grain)
        if dashed:
            phase = np.mod(y, period)
            cover = cover * np.clip((dash - phase) / (grain * 3) + 0.5, 0, 1)
            cover = cover * np.clip(phase / (grain * 3) + 0.5, 0, 1)
        albedo[...] += (cover * wear)[..., None] * (colour - albedo)

    lanes = road.lanes
    for left, right in pairwise(lanes):
        gap = right.offset_m - left.offset_m - scene.lane_width_m
        middle = (left.offset_m + right.offset_m) / 2
        if left.direction == right.direction:
            line(middle, white, True)
        elif gap < 0.3:
            line(middle - 0.12, yellow, False)
            line(middle + 0.12, yellow, rng.random() < 0.3)
        else:
            island = np.clip((gap / 2 - 0.25 - np.abs(beside - middle)) / grain + 0.5, 0, 1)
            stone = np.array([70, 100, 90]) if gap > 2 else np.array([150, 152, 154])
            albedo[...] += island[..., None] * (stone - albedo)
            line(middle - gap / 2, yellow, False)
            line(middle + gap / 2, yellow, False)
    if rng.random() < 0.8:
        line(-road.half_m[0] + 0.1, white if rng.random() < 0.6 else yellow, False)
        line(road.half_m[0] - 0.1, white if rng.random() < 0.6 else yellow, False)
    if scene.cycle_s:
        for direction in (-1, 1):
            own = [lane for lane in lanes if lane.direction == direction]
            if own:
                stop = _stop_y(scene, road, direction)
                inside = np.zeros(beside.shape, bool)
                for lane in own:
                    inside |= np.abs(beside - lane.offset_m) < scene.lane_width_m / 2 - 0.2
                bar = np.clip((0.25 - np.abs(y - stop)) / (grain * 2) + 0.5, 0, 1) * inside
                albedo[...] += (bar * wear)[..., None] * (white - albedo)


def _stop_y(scene: Scene, road: Road, direction: int) -> float:
    length = road.y_range[1] - road.y_range[0]
    s = scene.stop_line * length
    return road.y_range[0] + s if direction > 0 else road.y_range[1] - s


def _sky(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64)
    clouds = np.clip(0.5 + 0.5 * sample(9, u / 1900, v / 700, 0.3) + rng.normal(0, 0.6), 0, 1)
    blue = np.array([225, 195, 160]) * rng.uniform(0.85, 1.1)
    sky = blue + clouds[..., None] * (np.array([232, 232, 230]) - blue)
    return np.asarray(cv2.GaussianBlur(np.clip(sky, 0, 250).astype(np.float32), (0, 0), 3))

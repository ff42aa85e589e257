"""What stands beside the road: trees, buildings, fences, posts, sign bridges; and their shade."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera, Road
from .ground import Canvas, Ground
from .scene import Scene
from .textures import sample


@dataclass(frozen=True)
class Standing:
    """Something that stands and is painted over what is behind it.

    Args:
        x: where it stands, metres.
        y: likewise.
        left: first column of its patch on the canvas.
        top: first row.
        colour: uint8 [h, w, 3], in bright light.
        mask: uint8 [h, w], 255 where it covers.
        leaves: whether the wind moves it.
    """

    x: float
    y: float
    left: int
    top: int
    colour: np.ndarray
    mask: np.ndarray
    leaves: bool = False

    def paint(self, canvas: np.ndarray) -> None:
        """Over a canvas uint8 [h, w, 3]."""
        height, width = self.mask.shape
        patch = canvas[self.top : self.top + height, self.left : self.left + width]
        cv2.copyTo(self.colour, self.mask, patch)

    def clear(self, numbers: np.ndarray) -> None:
        """Set 0 where it covers, in an image [h, w]."""
        height, width = self.mask.shape
        numbers[self.top : self.top + height, self.left : self.left + width][self.mask > 0] = 0


@dataclass(frozen=True)
class Scenery:
    """All that stands in a scene.

    Args:
        behind: what can hide no vehicle, from far to near.
        front: what can.
        lit: float32 [h, w] of the canvas, 1 where the sun reaches the ground, 0 in shade.
        lamps: x and y of street lamps, metres.
    """

    behind: list[Standing]
    front: list[Standing]
    lit: np.ndarray
    lamps: list[tuple[float, float]]


def furnish(scene: Scene, road: Road, canvas: Canvas, ground: Ground) -> Scenery:
    """Put up what stands in a scene."""
    rng = np.random.default_rng([scene.seed, 31])
    edge = road.half_m[0] + scene.shoulder_m
    near_side = _near_side(canvas.camera, road, edge)
    lit = np.ones(canvas.shape, np.float32)
    things: list[Standing | None] = []
    for _ in range(scene.buildings):
        things.append(_building(rng, scene, road, canvas, edge, near_side))
    if rng.random() < 0.5:
        things += _fence(rng, road, canvas, edge, near_side)
    look = _Foliage.of(rng)
    for _ in range(scene.trees):
        side = int(rng.choice([-1, 1])) if near_side == 0 else -near_side
        spot = side * (edge + rng.gamma(2.0, 2.2) + 1.0)
        y = float(rng.uniform(road.y_range[0], road.y_range[1] + 25))
        size = float(rng.uniform(1.6, 4.6))
        things.append(_tree(rng, look, canvas, road, spot, y, size))
        _shade(lit, rng, scene, road, ground, spot, y, size)
    lamps = []
    for _ in range(scene.lamps):
        side = int(rng.choice([-1, 1])) if near_side == 0 else -near_side
        y = float(rng.uniform(*road.y_range))
        things.append(_post(rng, canvas, road, side * (edge + 0.8), y, 8.0, 0.09))
        lamps.append((float(road.middle(y)) + side * (edge - 1.0), y))
    front: list[Standing | None] = []
    if near_side:
        for _ in range(scene.posts):
            front.append(_before(rng, scene, road, canvas, near_side * (edge + 0.7), "post"))
        for _ in range(scene.front_trees):
            spot = near_side * (edge + float(rng.uniform(1.0, 4.0)))
            front.append(_before(rng, scene, road, canvas, spot, "tree"))
    if scene.gantry:
        front.append(_gantry(rng, road, canvas, edge))
    behind = sorted((t for t in things if t is not None), key=lambda t: -_away(t, canvas.camera))
    if scene.shadow < 0.05:
        lit[...] = 1.0
    lit = cv2.GaussianBlur(lit, (0, 0), 1.2)
    return Scenery(behind, [thing for thing in front if thing is not None], lit, lamps)


def _away(thing: Standing, camera: Camera) -> float:
    return float(np.hypot(thing.x - camera.position[0], thing.y - camera.position[1]))


def _near_side(camera: Camera, road: Road, edge: float) -> int:
    """-1 or 1 where the camera stands beside the road on that side, 0 where it is above it."""
    beside = camera.position[0] - float(road.middle(float(camera.position[1])))
    return int(np.sign(beside)) if abs(beside) > edge else 0


def _patch(canvas: Canvas, low: np.ndarray, high: np.ndarray) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom within the canvas; None when outside."""
    left, top = np.maximum(np.floor(low).astype(int), 0).tolist()
    right = int(min(np.ceil(high[0]), canvas.shape[1]))
    bottom = int(min(np.ceil(high[1]), canvas.shape[0]))
    if right - left < 2 or bottom - top < 2:
        return None
    return left, top, right, bottom


@dataclass(frozen=True)
class _Foliage:
    dark: np.ndarray
    bright: np.ndarray
    contrast: float

    @classmethod
    def of(cls, rng: np.random.Generator) -> _Foliage:
        dark = np.array([18, 34, 26]) * rng.uniform(0.6, 1.8)
        bright = np.array([62, 122, 92]) + rng.normal(0, 14, 3)
        return cls(dark, np.clip(bright * rng.uniform(0.7, 1.2), 20, 220), rng.uniform(0.5, 1.2))


def _tree(
    rng: np.random.Generator,
    look: _Foliage,
    canvas: Canvas,
    road: Road,
    spot: float,
    y: float,
    size: float,
    trunk: float | None = None,
) -> Standing | None:
    x = float(road.middle(y)) + spot
    lift = float(rng.uniform(0.1, 0.7)) * size if trunk is None else trunk
    middle = np.array([[x, y, lift + size], [x, y, 0.0]])
    pixels, depth = canvas.place(middle)
    if depth.min() < 2.0:
        return None
    radius = canvas.camera.focal_px * canvas.scale * size / depth[0]
    foot = pixels[1]
    box = _patch(
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


def _shade(
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


def _post(
    rng: np.random.Generator,
    canvas: Canvas,
    road: Road,
    spot: float,
    y: float,
    height: float,
    radius: float,
) -> Standing | None:
    x = float(road.middle(y)) + spot
    pixels, depth = canvas.place(np.array([[x, y, 0.0], [x, y, height]]))
    if depth.min() < 1.5:
        return None
    half = max(1.0, canvas.camera.focal_px * canvas.scale * radius / depth.min())
    box = _patch(canvas, pixels.min(0) - half - 1, pixels.max(0) + half + 2)
    if box is None:
        return None
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    tone = rng.uniform(40, 170)
    ends = np.round(pixels - [left, top]).astype(int).tolist()
    thick = max(1, round(2 * half))
    cv2.line(mask, ends[0], ends[1], 255, thick)
    colour = np.full((*mask.shape, 3), tone, np.uint8)
    shift = max(1, thick // 3)
    ends = [[end[0] + shift, end[1]] for end in ends]
    cv2.line(colour, ends[0], ends[1], (tone * 0.6,) * 3, max(1, thick // 2))
    return Standing(x, y, left, top, colour, mask)


def _before(
    rng: np.random.Generator, scene: Scene, road: Road, canvas: Canvas, spot: float, what: str
) -> Standing | None:
    """A post or tree between camera and road, where it is seen."""
    for _ in range(12):
        y = float(rng.uniform(*road.y_range))
        x = float(road.middle(y)) + spot
        pixel, depth = canvas.camera.project(np.array([x, y, 1.5]))
        if depth > 3 and 0.1 < pixel[0] / scene.width < 0.9 and pixel[1] > 0:
            if what == "post":
                radius = float(rng.uniform(0.08, 0.2))
                return _post(rng, canvas, road, spot, y, float(rng.uniform(4, 9)), radius)
            size = float(rng.uniform(0.6, 1.5))
            look = _Foliage.of(rng)
            return _tree(rng, look, canvas, road, spot, y, size, float(rng.uniform(0, 1.5)))
    return None


def _quad(
    canvas: Canvas, corners: np.ndarray, colour: np.ndarray, at: tuple[float, float]
) -> Standing | None:
    pixels, depth = canvas.place(corners)
    if depth.min() < 1.5:
        return None
    box = _patch(canvas, pixels.min(0) - 1, pixels.max(0) + 2)
    if box is None:
        return None
    left, top, right, bottom = box
    shape = bottom - top, right - left
    goal = (pixels - [left, top]).astype(np.float32)
    height, width = colour.shape[:2]
    start = np.array([[0, height], [width, height], [width, 0], [0, 0]], np.float32)
    turned = cv2.getPerspectiveTransform(start, goal)
    size = shape[1], shape[0]
    seen = cv2.warpPerspective(colour, turned, size, flags=cv2.INTER_AREA)
    whole = np.full(colour.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(whole, turned, size, flags=cv2.INTER_NEAREST)
    return Standing(at[0], at[1], left, top, seen, mask)


def _building(
    rng: np.random.Generator,
    scene: Scene,
    road: Road,
    canvas: Canvas,
    edge: float,
    near_side: int,
) -> Standing | None:
    side = int(rng.choice([-1, 1])) if near_side == 0 else -near_side
    y = float(rng.uniform(road.y_range[0], road.y_range[1] + 30))
    x = float(road.middle(y)) + side * (edge + float(rng.uniform(6, 16)))
    length, height = float(rng.uniform(8, 24)), float(rng.uniform(4, 16))
    wall = np.array(rng.choice([(150, 160, 170), (70, 85, 135), (190, 195, 200), (120, 125, 130)]))
    wall = np.clip(wall * rng.uniform(0.7, 1.1), 20, 235)
    picture = np.tile(wall.astype(np.uint8), (160, 240, 1))
    floors, panes = max(1, int(height / 3.2)), max(2, int(length / 2.6))
    for floor in range(floors):
        for pane in range(panes):
            v0, u0 = int((floor + 0.3) * 160 / floors), int((pane + 0.25) * 240 / panes)
            v1, u1 = int((floor + 0.8) * 160 / floors), int((pane + 0.75) * 240 / panes)
            picture[v0:v1, u0:u1] = rng.uniform(30, 110)
    grain = rng.normal(0, 6, (160, 240, 1))
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        corners = np.array([[x, y, 0], [x, y + length, 0]])
    else:
        corners = np.array([[x, y, 0], [x + side * length, y, 0]])
    top = corners[::-1] + np.array([0.0, 0.0, height])
    return _quad(canvas, np.concatenate([corners, top]), picture, (x, y))


def _fence(
    rng: np.random.Generator, road: Road, canvas: Canvas, edge: float, near_side: int
) -> list[Standing | None]:
    """A rail or fence along the road, in pieces, on the side where it hides nothing."""
    side = int(rng.choice([-1, 1])) if near_side == 0 else -near_side
    height = float(rng.uniform(0.6, 1.5))
    tone = np.array(rng.choice([(150, 150, 150), (60, 90, 50), (80, 95, 110), (40, 50, 40)]))
    picture = np.tile((tone * rng.uniform(0.7, 1.1)).astype(np.uint8), (24, 96, 1))
    picture[:, ::12] = (picture[:, ::12] * 0.6).astype(np.uint8)
    picture[10:14] = (picture[10:14] * 0.8).astype(np.uint8)
    pieces: list[Standing | None] = []
    for y in np.arange(road.y_range[0], road.y_range[1], 6.0):
        ends = [(float(road.middle(v)) + side * (edge + 0.6), v, 0.0) for v in (y, y + 6.0)]
        corners = np.array(ends)
        high = corners[::-1] + np.array([0.0, 0.0, height])
        both = np.concatenate([corners, high])
        pieces.append(_quad(canvas, both, picture, (float(corners[0, 0]), float(y))))
    return pieces


def _gantry(rng: np.random.Generator, road: Road, canvas: Canvas, edge: float) -> Standing | None:
    """A beam with a sign across the road: what drives behind it is hidden for a moment."""
    for _ in range(10):
        y = float(rng.uniform(*road.y_range))
        low, high = 5.2, 5.2 + float(rng.uniform(0.4, 1.6))
        x = float(road.middle(y))
        left, right = x - edge - 1, x + edge + 1
        corners = np.array([[left, y, low], [right, y, low], [right, y, high], [left, y, high]])
        picture = np.full((20, 120, 3), rng.uniform(70, 150), np.uint8)
        at = int(rng.integers(10, 70))
        picture[2:18, at : at + 36] = rng.choice([(90, 100, 40), (130, 70, 30), (160, 160, 160)])
        made = _quad(canvas, corners, picture, (x, y))
        if made is not None and made.mask.shape[0] < canvas.shape[0] / 4:
            return made
    return None

"""What stands beside the road: trees, buildings, fences, posts, sign bridges; and their shade."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera, Road
from .ground import Canvas, Ground
from .scene import Scene
from .standing import Standing, patch_of, quad
from .trees import Foliage, shade, tree


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
    look = Foliage.of(rng)
    for _ in range(scene.trees):
        side = int(rng.choice([-1, 1])) if near_side == 0 else -near_side
        spot = side * (edge + rng.gamma(2.0, 2.2) + 1.0)
        y = float(rng.uniform(road.y_range[0], road.y_range[1] + 25))
        size = float(rng.uniform(1.6, 4.6))
        things.append(tree(rng, look, canvas, road, spot, y, size))
        shade(lit, rng, scene, road, ground, spot, y, size)
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
    box = patch_of(canvas, pixels.min(0) - half - 1, pixels.max(0) + half + 2)
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
            look = Foliage.of(rng)
            return tree(rng, look, canvas, road, spot, y, size, float(rng.uniform(0, 1.5)))
    return None


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
    return quad(canvas, np.concatenate([corners, top]), picture, (x, y))


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
        pieces.append(quad(canvas, both, picture, (float(corners[0, 0]), float(y))))
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
        made = quad(canvas, corners, picture, (x, y))
        if made is not None and made.mask.shape[0] < canvas.shape[0] / 4:
            return made
    return None

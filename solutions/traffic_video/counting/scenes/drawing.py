"""Draws a vehicle's faces, its silhouette and its shadow with OpenCV's polygons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .camera import Camera
from .mesh import GLASS, MATT, Mesh
from .textures import tile

_SHIFT = 3
_NEAR_M = 0.4
_SMALL_PX = 14  # of the canvas; a smaller vehicle is drawn without details
_MOTTLED_PX = 26


@dataclass(frozen=True)
class Illumination:
    """Light on a vehicle.

    Args:
        sun: float64 [3], unit vector towards the sun.
        ambient: float64 [3], blue, green, red: light from everywhere, 1 is a bright day.
        direct: float64 [3]: light from the sun.
    """

    sun: np.ndarray
    ambient: np.ndarray
    direct: np.ndarray


@dataclass(frozen=True)
class Placed:
    """A vehicle placed in a frame.

    Args:
        pixels: int32 [v, 2] of its points on the canvas, in eighths of a pixel.
        world: float64 [v, 3], metres.
        colours: each face's blue, green, red; None for a face that is not seen.
        hulls: int32 [k, 1, 2] of each part, in eighths of a pixel.
        order: parts from the farthest to the nearest.
        corners: left, top, right, bottom on the canvas, pixels.
    """

    pixels: np.ndarray
    world: np.ndarray
    colours: list[list[float] | None]
    hulls: list[np.ndarray]
    order: list[int]
    corners: tuple[float, float, float, float]


def turn(points: np.ndarray, x: float, y: float, heading: float) -> np.ndarray:
    """A vehicle's own metres [..., 3] to the scene's: y is its front, heading from the y axis."""
    cos, sin = np.cos(heading), np.sin(heading)
    out = np.empty_like(points)
    out[..., 0] = points[..., 0] * cos + points[..., 1] * sin + x
    out[..., 1] = points[..., 1] * cos - points[..., 0] * sin + y
    out[..., 2] = points[..., 2]
    return out


def place(
    mesh: Mesh,
    state: tuple[float, float, float, float],
    camera: Camera,
    scale: float,
    shift: float,
    light: Illumination,
    in_sun: float,
) -> Placed | None:
    """Where a vehicle is seen and how each face is lit; None when too near, or behind the camera.

    Args:
        mesh: its shape.
        state: x, y, heading, speed.
        camera: of the picture.
        scale: pixels of the canvas in one of the picture.
        shift: the picture's first pixel on the canvas.
        light: of the scene.
        in_sun: 0 in the shade, 1 in the sun.
    """
    x, y, heading, _ = state
    world = turn(mesh.points, x, y, heading)
    pixels, depth = camera.project(world)
    if depth.min() < _NEAR_M:
        return None
    canvas = (pixels + shift + 0.5) * scale - 0.5
    fixed = np.round(canvas * (1 << _SHIFT)).astype(np.int32)
    normals = turn(mesh.normals, 0.0, 0.0, heading)
    to_camera = camera.position - turn(mesh.middles, x, y, heading)
    low, high = canvas.min(0), canvas.max(0)
    seen = np.einsum("ij,ij->i", normals, to_camera) > 0
    is_small = float(high[1] - low[1]) < _SMALL_PX
    if is_small:
        seen &= ~np.array(mesh.is_detail)
    chosen = np.flatnonzero(seen)
    lit = _lit(mesh, chosen, normals[chosen], to_camera[chosen], light, in_sun).tolist()
    colours: list[list[float] | None] = [None] * len(mesh.faces)
    for face, colour in zip(chosen.tolist(), lit, strict=True):
        colours[face] = colour
    hulls = [cv2.convexHull(fixed[index]) for index in mesh.parts]
    far = [float(depth[index].mean()) for index in mesh.parts]
    # The camera is above: what stands on another part is seen in front of it.
    order = sorted(range(len(hulls)), key=lambda part: (mesh.level[part], -far[part]))
    return Placed(
        fixed,
        world,
        colours,
        hulls,
        order,
        (float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )


def _lit(
    mesh: Mesh,
    chosen: np.ndarray,
    normals: np.ndarray,
    to_camera: np.ndarray,
    light: Illumination,
    in_sun: float,
) -> np.ndarray:
    """float [f, 3]: the colour of each chosen face."""
    material = mesh.material[chosen]
    facing = np.clip(normals @ light.sun, 0, 1)[:, None] * in_sun
    sky = (0.62 + 0.38 * normals[:, 2])[:, None]
    colour = mesh.albedo[chosen] * (light.ambient * sky + light.direct * facing)
    eye = to_camera / np.sqrt(np.einsum("ij,ij->i", to_camera, to_camera))[:, None]
    half = eye + light.sun
    half /= np.sqrt(np.einsum("ij,ij->i", half, half))[:, None] + 1e-9
    shine = np.clip(np.einsum("ij,ij->i", normals, half), 0, 1)
    grazing = 1 - np.clip(np.einsum("ij,ij->i", normals, eye), 0, 1)
    gloss = np.where(material == MATT, 0.0, np.where(material == GLASS, 0.7, 0.8))
    spark = (gloss * shine**24 * 150 * in_sun)[:, None] * light.direct
    colour += spark + (gloss * grazing**3 * 60)[:, None] * light.ambient
    return np.clip(colour, 0, 255)


def draw(canvas: np.ndarray, mesh: Mesh, placed: Placed) -> None:
    """Paint the faces that are seen on a canvas uint8 [h, w, 3]."""
    for part in placed.order:
        for face in mesh.drawn[part]:
            colour = placed.colours[face]
            if colour is not None:
                cv2.fillConvexPoly(canvas, placed.pixels[mesh.faces[face]], colour, 8, _SHIFT)


def mottle(canvas: np.ndarray, ids: np.ndarray, placed: Placed, number: int, seed: int) -> None:
    """Break up even faces of a large vehicle, as reflections and dirt do; canvas is changed."""
    height, width = canvas.shape[:2]
    x0, y0 = max(int(placed.corners[0]), 0), max(int(placed.corners[1]), 0)
    x1, y1 = min(int(placed.corners[2]) + 2, width), min(int(placed.corners[3]) + 2, height)
    if placed.corners[3] - placed.corners[1] < _MOTTLED_PX or x1 <= x0 or y1 <= y0:
        return
    at_y, at_x = seed % 401, seed // 401 % 401
    grain = _reflections()[at_y : at_y + 96, at_x : at_x + 96]
    size = x1 - x0, y1 - y0
    grain = cv2.resize(grain, size, interpolation=cv2.INTER_LINEAR)
    part = canvas[y0:y1, x0:x1]
    changed = cv2.multiply(part, cv2.merge([grain, grain, grain]), scale=1 / 128)
    cv2.copyTo(changed, (ids[y0:y1, x0:x1] == number).astype(np.uint8), part)


@lru_cache(maxsize=1)
def _reflections() -> np.ndarray:
    """uint8 [512, 512], 128 in the mean."""
    return np.clip(128 + 8 * tile(16, 0.75), 90, 170).astype(np.uint8)


def fill(target: np.ndarray, placed: Placed, value: int) -> None:
    """Mark the silhouette in an image of numbers."""
    for hull in placed.hulls:
        cv2.fillConvexPoly(target, hull, value, 8, _SHIFT)


def silhouette_area(placed: Placed) -> int:
    """Pixels of the whole silhouette on the canvas, also outside it, as if nothing hid it."""
    x0, y0 = int(placed.corners[0]) - 1, int(placed.corners[1]) - 1
    width = int(placed.corners[2]) - x0 + 3
    height = int(placed.corners[3]) - y0 + 3
    if width > 6000 or height > 6000:
        return width * height
    own = np.zeros((height, width), np.uint8)
    moved = np.array([x0, y0], np.int32) << _SHIFT
    for hull in placed.hulls:
        cv2.fillConvexPoly(own, hull - moved, 1, 8, _SHIFT)
    return int(cv2.countNonZero(own))


def cast(
    target: np.ndarray,
    mesh: Mesh,
    placed: Placed,
    camera: Camera,
    scale: float,
    shift: float,
    sun: np.ndarray,
) -> None:
    """Mark the shadow on the ground in a uint8 image with 255."""
    flat = placed.world - (placed.world[:, 2] / sun[2])[:, None] * sun
    pixels, depth = camera.project(flat)
    for index in mesh.parts:
        if depth[index].min() < _NEAR_M:
            continue
        canvas = (pixels[index] + shift + 0.5) * scale - 0.5
        fixed = np.round(canvas * (1 << _SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(target, cv2.convexHull(fixed), 255, 8, _SHIFT)

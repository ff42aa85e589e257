"""Draws a vehicle's faces, its silhouette and its shadow with OpenCV's polygons."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .camera import Camera
from .shapes import GLASS, LAMP, MATT, Mesh

_SHIFT = 3
_NEAR_M = 0.4


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
    middles = turn(mesh.middles, x, y, heading)
    to_camera = camera.position - middles
    seen = (normals * to_camera).sum(1) > 0
    colours = _lit(mesh, normals, to_camera, light, in_sun).tolist()
    hulls = [cv2.convexHull(fixed[index]) for index in mesh.parts]
    far = [float(depth[index].mean()) for index in mesh.parts]
    # The camera is above: what stands on another part is seen in front of it.
    order = sorted(range(len(hulls)), key=lambda part: (mesh.level[part], -far[part]))
    low, high = canvas.min(0), canvas.max(0)
    return Placed(
        fixed,
        world,
        [colour if is_seen else None for colour, is_seen in zip(colours, seen, strict=True)],
        hulls,
        order,
        (float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )


def _lit(
    mesh: Mesh, normals: np.ndarray, to_camera: np.ndarray, light: Illumination, in_sun: float
) -> np.ndarray:
    """float [f, 3]: the colour of each face."""
    facing = np.clip(normals @ light.sun, 0, 1)[:, None] * in_sun
    sky = (0.62 + 0.38 * normals[:, 2])[:, None]
    colour = mesh.albedo * (light.ambient * sky + light.direct * facing)
    eye = to_camera / np.linalg.norm(to_camera, axis=1, keepdims=True)
    half = eye + light.sun
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    shine = np.clip((normals * half).sum(1), 0, 1)[:, None]
    grazing = (1 - np.clip((normals * eye).sum(1), 0, 1))[:, None]
    glossy = (mesh.material != MATT)[:, None]
    glass = (mesh.material == GLASS)[:, None]
    gloss = shine**24 * 150 * light.direct * in_sun + grazing**3 * 60 * light.ambient
    colour = colour + glossy * gloss * np.where(glass, 0.7, 0.8)
    lamp = (mesh.material == LAMP)[:, None]
    return np.clip(np.where(lamp, colour * 1.05, colour), 0, 255)


def draw(canvas: np.ndarray, mesh: Mesh, placed: Placed) -> None:
    """Paint the faces that are seen on a canvas uint8 [h, w, 3]."""
    is_small = placed.corners[3] - placed.corners[1] < 14
    by_part: dict[int, list[int]] = {}
    for face, part in enumerate(mesh.part.tolist()):
        by_part.setdefault(part, []).append(face)
    for part in placed.order:
        for face in by_part[part]:
            colour = placed.colours[face]
            if colour is None or (is_small and mesh.material[face] in (LAMP, MATT)):
                continue
            cv2.fillConvexPoly(canvas, placed.pixels[mesh.faces[face]], colour, 8, _SHIFT)


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

"""A pinhole camera above a flat ground, and the road that it looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .scene import Scene


@dataclass(frozen=True)
class Camera:
    """Where the camera is and how it projects.

    Args:
        focal_px: focal length.
        centre: float64 [2], pixel of the axis.
        position: float64 [3], metres.
        rotation: float64 [3, 3]; its rows are the picture's right, down and the axis.

    Example:
        >>> camera = Camera.of(Scene(width=320, height=240))
        >>> camera.project(np.array([[0.0, 0.0, 0.0]]))[0].round(6).tolist()
        [[159.5, 119.5]]
    """

    focal_px: float
    centre: np.ndarray
    position: np.ndarray
    rotation: np.ndarray

    @classmethod
    def of(cls, scene: Scene) -> Camera:
        """The camera of a scene. Pixel (0, 0) is the middle of the first pixel."""
        tilt, yaw, roll = np.radians([scene.tilt_deg, scene.yaw_deg, scene.roll_deg])
        axis = np.array([np.sin(yaw) * np.cos(tilt), np.cos(yaw) * np.cos(tilt), -np.sin(tilt)])
        right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
        down = np.cross(axis, right)
        turned = np.stack(
            [
                np.cos(roll) * right + np.sin(roll) * down,
                np.cos(roll) * down - np.sin(roll) * right,
                axis,
            ]
        )
        away = scene.camera_height_m / np.tan(tilt)
        position = np.array(
            [scene.aim_m - away * np.sin(yaw), -away * np.cos(yaw), scene.camera_height_m]
        )
        focal = scene.width / 2 / np.tan(np.radians(scene.view_deg) / 2)
        centre = np.array([(scene.width - 1) / 2, (scene.height - 1) / 2])
        return cls(float(focal), centre, position, turned)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Metres [..., 3] to pixels [..., 2] and depths [...] in metres (positive in front)."""
        seen = (points - self.position) @ self.rotation.T
        depth = seen[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return self.centre + self.focal_px * seen[..., :2] / safe[..., None], depth

    @property
    def homography(self) -> np.ndarray:
        """float64 [3, 3]: ground (x, y, 1) in metres to (u, v, 1) in pixels, up to scale."""
        inner = np.array(
            [[self.focal_px, 0, self.centre[0]], [0, self.focal_px, self.centre[1]], [0, 0, 1]]
        )
        outer = np.column_stack([self.rotation[:, :2], -self.rotation @ self.position])
        return inner @ outer

    def ground(self, pixels: np.ndarray) -> np.ndarray:
        """Pixels [..., 2] to metres [..., 2] on the ground; NaN at and above the horizon."""
        rays = np.concatenate(
            [(pixels - self.centre) / self.focal_px, np.ones((*pixels.shape[:-1], 1))], axis=-1
        )
        world = rays @ self.rotation
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(world[..., 2] < -1e-4, -self.position[2] / world[..., 2], np.nan)
        return self.position[:2] + reach[..., None] * world[..., :2]


@dataclass(frozen=True)
class Lane:
    """One lane.

    Args:
        index: from the left in the picture of a camera that looks along the road.
        offset_m: of its middle from the road's middle, positive to the right.
        direction: 1 drives away from the camera (y grows), -1 comes.
    """

    index: int
    offset_m: float
    direction: int


@dataclass(frozen=True)
class Road:
    """Lanes of a scene and the stretch of road that the camera sees.

    Args:
        lanes: from left to right.
        half_m: from the middle to the outer edge of the outer lane, on the left and right.
        bend_per_m: curvature.
        y_range: float (from, to), metres; what the camera sees and a little more.
    """

    lanes: tuple[Lane, ...]
    half_m: tuple[float, float]
    bend_per_m: float
    y_range: tuple[float, float]

    def middle(self, y: np.ndarray | float) -> np.ndarray | float:
        """x of the road's middle at y, metres."""
        return self.bend_per_m * np.square(y) / 2

    def heading(self, y: float) -> float:
        """Angle of the road at y, radians, positive to the right."""
        return float(np.arctan(self.bend_per_m * y))

    @classmethod
    def of(cls, scene: Scene, camera: Camera) -> Road:
        """The road of a scene as far as a car is at least 3.5 pixels (of 320) wide."""
        sides = [-1] * scene.lanes_towards, [1] * scene.lanes_away
        order = sides[1] + sides[0] if scene.left_hand else sides[0] + sides[1]
        gap = scene.median_m if scene.lanes_towards and scene.lanes_away else 0.0
        width = scene.lane_width_m
        total = width * len(order) + gap
        lanes, at = [], -total / 2
        for index, direction in enumerate(order):
            if index and direction != order[index - 1]:
                at += gap
            lanes.append(Lane(index, at + width / 2, direction))
            at += width
        bend = scene.bend_per_m
        y_range = _seen_range(scene, camera, total / 2 + scene.shoulder_m, bend)
        return cls(tuple(lanes), (total / 2, total / 2), bend, y_range)


def _seen_range(scene: Scene, camera: Camera, half_m: float, bend: float) -> tuple[float, float]:
    grid = np.stack(
        np.meshgrid(np.linspace(0, scene.width - 1, 60), np.linspace(0, scene.height - 1, 60)),
        axis=-1,
    )
    ground = camera.ground(grid.reshape(-1, 2))
    beside = np.abs(ground[:, 0] - bend * np.square(ground[:, 1]) / 2)
    farthest = camera.focal_px * 1.8 / (3.5 * scene.width / 320)
    away = np.hypot(ground[:, 0] - camera.position[0], ground[:, 1] - camera.position[1])
    y = ground[(beside < half_m) & (away < farthest), 1]
    if not len(y):
        return -10.0, 10.0
    return float(y.min()) - 14.0, float(y.max()) + 6.0

"""Scenes drawn at random, by kind: what networks learn from, and what they are tested on."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core.errors import DataError

from .camera import Camera, Road
from .scene import KINDS, Scene


def random_scene(
    seed: int,
    kind: str = "day",
    width: int = 320,
    height: int = 240,
    fps: float = 25.0,
    seconds: float = 20.0,
    **fixed: Any,
) -> Scene:
    """A scene of a kind, all else drawn at random.

    Args:
        seed: the same seed and kind always give the same scene.
        kind: ``day`` (moderate traffic, mild light), ``shadow`` (low sun, long shadows),
            ``jitter`` (the camera shakes 1.2 to 4 px), ``occlusion`` (dense traffic seen from a low
            camera, trucks, posts and trees before the road), ``queue`` (a signal), ``dusk``,
            ``night`` or ``gain`` (exposure jumps, clouds).
        width: px.
        height: px.
        fps: frames a second.
        seconds: length.
        **fixed: parameters of :class:`Scene` that are not drawn.

    Raises:
        DataError: ``traffic_video.rendering.word`` or ``.range``.

    Example:
        >>> random_scene(3, "night").light, random_scene(3, "day") == random_scene(3, "day")
        ('night', True)
    """
    if kind not in KINDS:
        raise DataError(
            "traffic_video.rendering.word", name="kind", known=", ".join(KINDS), received=kind
        )
    rng = np.random.default_rng([seed, KINDS.index(kind), 71])
    drawn = _any(rng) | _own(rng, kind)
    drawn |= {"width": width, "height": height, "fps": fps, "seconds": seconds}
    while True:
        scene = Scene(seed=seed, kind=kind, **(drawn | _view(rng, kind) | fixed))
        if _road_share(scene) > 0.25 or "tilt_deg" in fixed:
            return scene


def _road_share(scene: Scene) -> float:
    """The part of the picture that shows lanes not too far away, 0 to 1."""
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    across = np.linspace(0, scene.width - 1, 24), np.linspace(0, scene.height - 1, 18)
    spots = camera.ground(np.stack(np.meshgrid(*across), axis=-1).reshape(-1, 2))
    beside = np.abs(spots[:, 0] - np.asarray(road.middle(spots[:, 1])))
    return float(((beside < road.half_m[0]) & (spots[:, 1] < road.y_range[1])).mean())


def _any(rng: np.random.Generator) -> dict[str, Any]:
    """What every kind has."""
    two_way = rng.random() < 0.7
    lanes = int(rng.integers(1, 4))
    return {
        "lanes_towards": lanes,
        "lanes_away": int(rng.integers(1, 4)) if two_way else 0,
        "left_hand": bool(rng.random() < 0.25),
        "lane_width_m": float(rng.uniform(3.0, 3.75)),
        "median_m": float(rng.choice([0.0, 0.4, 1.5, 3.0])),
        "shoulder_m": float(rng.choice([0.3, 1.0, 2.5])),
        "bend_per_m": float(rng.normal(0, 0.0006)) if rng.random() < 0.4 else 0.0,
        "flow_per_lane_h": float(rng.uniform(400, 1000)),
        "speed_kmh": float(rng.uniform(35, 95)),
        "heavy_share": float(rng.uniform(0.02, 0.2)),
        "motorcycle_share": float(rng.uniform(0, 0.06)),
        "slow_share": float(rng.choice([0.0, 0.0, 0.02])),
        "parked": int(rng.choice([0, 0, 1, 3])),
        "empty_s": 0.0,
        "sun_azimuth_deg": float(rng.uniform(-180, 180)),
        "sun_height_deg": float(rng.uniform(35, 70)),
        "shadow": float(rng.choice([0.0, 0.15, rng.uniform(0.2, 0.55)])),
        "lamps": int(rng.integers(0, 4)),
        "trees": int(rng.integers(0, 30)),
        "buildings": int(rng.choice([0, 0, 1, 3, 5])),
        "gantry": int(rng.random() < 0.06),
        "sway_px": float(rng.choice([0.0, 0.4, rng.uniform(0.5, 1.6)])),
        "wet": float(rng.choice([0.0, 0.0, 0.0, 0.5])),
        "noise": float(rng.uniform(1.0, 5.0)),
        "blur_px": float(rng.uniform(0.35, 1.0)),
        "shutter_s": float(rng.choice([0.002, 0.008, 0.02])),
        "jpeg": int(rng.integers(45, 96)),
        "jitter_px": float(rng.choice([0.0, 0.0, 0.15, 0.3])),
        "gain_drift": float(rng.choice([0.0, 0.02, 0.06])),
        "saturation": float(rng.uniform(0.5, 1.2)),
        "contrast": float(rng.uniform(0.85, 1.15)),
    }


def _view(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    """A camera that sees cars at the aim 14 to 46 pixels (of 320) wide."""
    while True:
        low = kind == "occlusion"
        height = float(rng.uniform(4.6, 6.8) if low else rng.uniform(4.8, 13))
        tilt = float(rng.uniform(8, 18) if low else rng.uniform(10, 42))
        pixels_per_m = float(np.exp(rng.uniform(np.log(8), np.log(25))))
        focal = pixels_per_m * height / np.sin(np.radians(tilt))
        view = float(np.degrees(2 * np.arctan(160 / focal)))
        if not 18 <= view <= 82:
            continue
        draw = rng.random()
        wide = 28.0 if draw < 0.65 else (55.0 if draw < 0.88 else 80.0)
        return {
            "camera_height_m": height,
            "tilt_deg": tilt,
            "view_deg": view,
            "yaw_deg": float(rng.uniform(-wide, wide)),
            "roll_deg": float(rng.normal(0, 1.2)),
            "aim_m": float(rng.normal(0, 1.5)),
        }


def _own(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    """What makes the kind."""
    own: dict[str, Any] = {}
    if kind == "day":
        own = {"empty_s": float(rng.choice([0.0, 0.0, 3.0]))}
    elif kind == "shadow":
        own = {
            "shadow": float(rng.uniform(0.45, 0.72)),
            "sun_height_deg": float(rng.uniform(18, 42)),
            "trees": int(rng.integers(6, 34)),
        }
    elif kind == "jitter":
        own = {
            "jitter_px": float(rng.uniform(1.2, 4.0)),
            "jitter_deg": float(rng.uniform(0.05, 0.35)),
        }
    elif kind == "occlusion":
        own = {
            "flow_per_lane_h": float(rng.uniform(700, 1500)),
            "heavy_share": float(rng.uniform(0.15, 0.35)),
            "posts": int(rng.integers(1, 4)),
            "front_trees": int(rng.integers(0, 2)),
            "gantry": int(rng.random() < 0.3),
        }
    elif kind == "queue":
        own = {
            "flow_per_lane_h": float(rng.uniform(500, 1100)),
            "speed_kmh": float(rng.uniform(30, 60)),
            "cycle_s": float(rng.uniform(18, 45)),
            "red_share": float(rng.uniform(0.35, 0.6)),
            "stop_line": float(rng.uniform(0.5, 0.9)),
        }
    elif kind in ("dusk", "night"):
        own = {
            "light": kind,
            "shadow": 0.0,
            "noise": float(rng.uniform(2, 6) if kind == "dusk" else rng.uniform(3, 9)),
            "wet": float(rng.choice([0.0, 0.3, 0.9])),
            "rain": float(rng.choice([0.0, 0.0, 0.0, 0.6])),
            "lamps": int(rng.integers(0, 7)),
            "saturation": float(rng.uniform(0.35, 0.95)),
        }
    elif kind == "gain":
        own = {
            "gain_drift": float(rng.uniform(0.08, 0.25)),
            "gain_step": float(rng.uniform(0.12, 0.45)),
            "clouds": float(rng.choice([0.0, rng.uniform(0.4, 1.0)])),
            "shadow": float(rng.uniform(0.1, 0.55)),
        }
    return own

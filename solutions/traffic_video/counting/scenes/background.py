"""The empty road at any moment: light and clouds, leaves in the wind, what stands."""

from __future__ import annotations

import cv2
import numpy as np

from .camera import Camera, Road
from .drawing import cast, place
from .ground import Canvas, Ground, paint_ground
from .light import Light, ground_light
from .mesh import Mesh
from .scene import Scene
from .scenery import Scenery, furnish
from .textures import sample
from .traffic import Vehicle

_PHASES = 16


class Background:
    """The background of a scene; made once, then a copy a frame.

    Args:
        scene: what is rendered.
        camera: of it.
        road: of it.
        canvas: of it.
        light: of it.
        parked: vehicles that always stand there, for their shadows; they are painted later.
    """

    def __init__(
        self,
        scene: Scene,
        camera: Camera,
        road: Road,
        canvas: Canvas,
        light: Light,
        parked: list[tuple[Vehicle, Mesh]],
    ) -> None:
        self.scene, self.canvas = scene, canvas
        ground = paint_ground(scene, road, canvas)
        self.scenery = furnish(scene, road, canvas, ground)
        lit = self.scenery.lit
        if parked and scene.shadow and scene.light == "day":
            shade = np.zeros(canvas.shape, np.uint8)
            for vehicle, shape in parked:
                state = vehicle.state(road, 0.0)
                assert state is not None
                placed = place(
                    shape, state, camera, canvas.scale, canvas.margin, light.vehicle, 1.0
                )
                if placed is not None:
                    sun = light.vehicle.sun
                    cast(shade, shape, placed, camera, canvas.scale, canvas.margin, sun)
            lit = np.minimum(lit, 1 - cv2.blur(shade, (3, 3)).astype(np.float32) / 255)
        self.lit_bytes = (np.clip(lit, 0, 1) * 255).astype(np.uint8)
        size = canvas.shape[1] // canvas.scale, canvas.shape[0] // canvas.scale
        self.albedo_small = cv2.resize(ground.albedo, size, interpolation=cv2.INTER_AREA)
        rng = np.random.default_rng([scene.seed, 61])
        self.cloud_at = rng.random(3)
        self.cloud_s = rng.uniform(6, 25, 3)
        self.pool = np.ones(canvas.shape, np.float16)
        self.gust = rng.uniform(0.4, 1.2), float(rng.random())
        suns = (1.0, 0.0) if scene.clouds else (1.0,)
        self.pictures = [self._swayed(self._still(ground, lit, light, sun)) for sun in suns]
        level = light.sunny if scene.light == "day" else light.sunny * 1.2
        self.front = sorted(
            (
                type(thing)(
                    thing.x,
                    thing.y,
                    thing.left,
                    thing.top,
                    np.clip(thing.colour * level, 0, 255).astype(np.uint8),
                    thing.mask,
                    thing.leaves,
                )
                for thing in self.scenery.front
            ),
            key=lambda thing: -np.hypot(thing.x - camera.position[0], thing.y - camera.position[1]),
        )

    def _still(self, ground: Ground, lit: np.ndarray, light: Light, sun: float) -> np.ndarray:
        scenery: Scenery = self.scenery
        factor = ground_light(self.scene, light, ground, lit, scenery.lamps, sun)
        self.pool = (factor / np.maximum(light.shady, 1e-3)).mean(-1).astype(np.float16)
        picture = np.clip(ground.albedo * factor, 0, 255).astype(np.uint8)
        bright = light.shady + sun * (light.sunny - light.shady)
        for thing in scenery.behind:
            around = bright
            if light.has_lamps:
                around = bright * 1.1
            colour = np.clip(thing.colour * around, 0, 255).astype(np.uint8)
            height, width = thing.mask.shape
            rows = slice(thing.top, thing.top + height)
            columns = slice(thing.left, thing.left + width)
            cv2.copyTo(colour, thing.mask, picture[rows, columns])
        return picture

    def _swayed(self, picture: np.ndarray) -> list[np.ndarray]:
        """The picture with leaves moved by the wind, one for each phase of a gust."""
        leaves = np.zeros(self.canvas.shape, np.uint8)
        for thing in self.scenery.behind:
            height, width = thing.mask.shape
            part = leaves[thing.top : thing.top + height, thing.left : thing.left + width]
            np.copyto(part, 255 if thing.leaves else 0, where=thing.mask > 0)
        if not self.scene.sway_px or not leaves.any():
            return [picture]
        size = self.scene.sway_px * self.canvas.scale
        soft = cv2.blur(leaves, (9, 9)).astype(np.float32) / 255 * np.float32(size)
        v, u = np.mgrid[0 : leaves.shape[0], 0 : leaves.shape[1]].astype(np.float32)
        reach = 400.0 * self.canvas.scale
        turn_u = 3 * sample(14, u / reach, v / reach, 0.4)
        turn_v = 3 * sample(15, u / reach, v / reach, 0.4)
        out = []
        for phase in np.arange(_PHASES) * 2 * np.pi / _PHASES:
            to_u = u + soft * np.sin(np.float32(phase) + turn_u)
            to_v = v + np.float32(0.5) * soft * np.sin(np.float32(phase) + turn_v)
            out.append(cv2.remap(picture, to_u, to_v, cv2.INTER_LINEAR))
        return out

    def sun(self, t: float) -> float:
        """1 full sun, 0 behind a cloud."""
        if not self.scene.clouds:
            return 1.0
        waves = np.sin(2 * np.pi * (t / self.cloud_s + self.cloud_at)).sum()
        return float(1 - self.scene.clouds * np.clip(0.5 + 0.45 * waves, 0, 1))

    def at(self, t: float) -> np.ndarray:
        """uint8 [h, w, 3] of the canvas, to be painted on."""
        rate, start = self.gust
        turns = rate * t + start + 0.25 * np.sin(t * 0.7 + 6 * start)
        chosen = int(turns % 1 * len(self.pictures[0]))
        if len(self.pictures) == 1:
            return self.pictures[0][chosen].copy()
        sun = self.sun(t)
        sunny, shady = (pictures[chosen] for pictures in self.pictures)
        return np.asarray(cv2.addWeighted(sunny, sun, shady, 1 - sun, 0))

    def lit_at(self, x: float, y: float) -> float:
        """0 where the ground lies in shade, 1 in the sun; 1 outside the picture."""
        spots, _ = self.canvas.place(np.array([[x + dx, y, 0.0] for dx in (-0.7, 0.0, 0.7)]))
        height, width = self.lit_bytes.shape
        values = [
            self.lit_bytes[int(v), int(u)] if 0 <= u < width and 0 <= v < height else 255
            for u, v in spots
        ]
        return float(np.mean(values)) / 255

    def pool_at(self, x: float, y: float) -> float:
        """How much brighter street lamps make the ground at night, 1 for not at all."""
        spots, _ = self.canvas.place(np.array([x, y, 0.0]))
        height, width = self.pool.shape
        u, v = int(spots[0]), int(spots[1])
        return float(self.pool[v, u]) if 0 <= u < width and 0 <= v < height else 1.0

"""Renders a scene frame by frame, with the truth of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cmp_to_key

import cv2
import numpy as np

from .background import Background
from .camera import Camera, Road
from .drawing import Placed, cast, draw, fill, mottle, place, silhouette_area, turn
from .frames import BACKGROUND, SHADOW, VEHICLE, Frame, Seen
from .ground import Canvas
from .light import Light, beam, is_in_view, light_lamps
from .mesh import Mesh
from .scene import Scene
from .sensor import Sensor
from .shapes import mesh
from .smear import smear
from .standing import Standing
from .traffic import Vehicle, simulate


def render(scene: Scene) -> Iterator[Frame]:
    """The frames of a scene in order; the same scene always gives the same frames.

    Example:
        >>> frame = next(iter(render(Scene(seconds=0.1, width=160, height=120))))
        >>> frame.picture.shape, frame.picture.dtype.name, set(frame.mask.ravel()) <= {0, 50, 255}
        ((120, 160, 3), 'uint8', True)
    """
    painter = _Painter(scene)
    for index in range(scene.n):
        yield painter.frame(index)


@dataclass
class _Item:
    vehicle: Vehicle
    mesh: Mesh
    state: tuple[float, float, float, float]
    placed: Placed


class _Painter:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.camera = Camera.of(scene)
        self.road = Road.of(scene, self.camera)
        self.canvas = Canvas.of(scene, self.camera)
        self.light = Light.of(scene)
        self.vehicles = simulate(scene, self.road)
        self.meshes: dict[int, Mesh] = {}
        parked = [(v, mesh(v)) for v in self.vehicles if v.is_parked]
        self.background = Background(scene, self.camera, self.road, self.canvas, self.light, parked)
        self.sensor = Sensor(scene, self.canvas.margin)

    def frame(self, index: int) -> Frame:
        scene, canvas = self.scene, self.canvas
        t = index / scene.fps
        sun = self.background.sun(t)
        picture = self.background.at(t)
        items = self._items(t, sun)
        ids = np.zeros(canvas.shape, np.int16)
        shadow = self._shadows(picture, items, sun)
        self._paint(picture, ids, items)
        size = canvas.shape[1] // canvas.scale, canvas.shape[0] // canvas.scale
        wide = picture
        if canvas.scale > 1:
            wide = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        small_ids = self._smaller(ids)
        if scene.shutter_s:
            for item in items:
                smear(wide, small_ids, item.vehicle.id, self._motion(item), item.placed, canvas)
        wide = wide.astype(np.float32)
        if self.light.has_lamps:
            self._lamps(wide, items, ids, small_ids)
        moved = self.sensor.matrix(index)
        seen_ids = self.sensor.move(small_ids, moved, nearest=True)
        mask = np.where(seen_ids > 0, np.uint8(VEHICLE), np.uint8(BACKGROUND))
        if shadow is not None:
            dark = self.sensor.move(self._half(shadow), moved, nearest=True)
            mask[(dark > 0) & (mask == 0)] = SHADOW
        stored = self.sensor.take(self.sensor.move(wide, moved), index)
        vehicles = self._seen(items, small_ids, moved)
        return Frame(index, t, stored, mask, seen_ids.astype(np.int32), vehicles, moved)

    def _items(self, t: float, sun: float) -> list[_Item]:
        """Vehicles on the canvas (or beside it, for their shadows), from far to near."""
        items = []
        for vehicle in self.vehicles:
            state = vehicle.state(self.road, t)
            if state is None:
                continue
            shape = self.meshes.get(vehicle.id)
            if shape is None:
                shape = self.meshes[vehicle.id] = mesh(vehicle)
            in_sun = sun * self.background.lit_at(state[0], state[1])
            canvas, light = self.canvas, self.light.vehicle
            if self.light.has_lamps:
                pool = self.background.pool_at(state[0], state[1])
                light = replace(light, ambient=light.ambient * pool)
            placed = place(shape, state, self.camera, canvas.scale, canvas.margin, light, in_sun)
            if placed is not None and is_in_view(placed, canvas.shape, 120 * canvas.scale):
                items.append(_Item(vehicle, shape, state, placed))
        camera = self.camera.position

        def behind(a: _Item, b: _Item) -> int:
            for axis, reach in ((1, 0), (0, 1)):
                pa, pb = a.state[axis], b.state[axis]
                size = (a.vehicle.size_m[reach] + b.vehicle.size_m[reach]) / 2
                if abs(pa - pb) > size - 0.3:
                    border = (pa + pb) / 2
                    return -1 if (pa > border) == (camera[axis] < border) else 1
            return 0

        return sorted(items, key=cmp_to_key(behind))

    def _shadows(self, picture: np.ndarray, items: list[_Item], sun: float) -> np.ndarray | None:
        """Darken the road below and beside vehicles; uint8 [h, w], the cast shadows, or None."""
        scene, canvas = self.scene, self.canvas
        strength = scene.shadow * sun
        moving = [item for item in items if not item.vehicle.is_parked]
        below = np.zeros(canvas.shape, np.uint8)
        for item in moving:
            length, width, _ = item.vehicle.size_m
            self._below(below, item.state, length, width)
        below = cv2.blur(below, (5, 5))
        factor = 255 - cv2.multiply(below, np.array([0.62]))
        channels = [factor, factor, factor]
        shadow = None
        if strength > 0.03 and scene.light == "day":
            shadow = np.zeros(canvas.shape, np.uint8)
            sun_at = self.light.vehicle.sun
            for item in moving:
                cast(
                    shadow,
                    item.mesh,
                    item.placed,
                    self.camera,
                    canvas.scale,
                    canvas.margin,
                    sun_at,
                )
            soft = cv2.multiply(cv2.blur(shadow, (3, 3)), self.background.lit_bytes, scale=1 / 255)
            darker = 1 - self.light.shady / np.maximum(self.light.sunny, 1e-6)
            channels = [
                np.minimum(factor, 255 - cv2.multiply(soft, np.array([float(d * sun)])))
                for d in darker
            ]
            if strength > 0.1:
                shadow = np.where(self.background.lit_bytes > 100, shadow, 0).astype(np.uint8)
                for thing in self.background.front:
                    thing.clear(shadow)
            else:
                shadow = None
        cv2.multiply(picture, cv2.merge(channels), dst=picture, scale=1 / 255)
        return shadow

    def _below(
        self,
        target: np.ndarray,
        state: tuple[float, float, float, float],
        length: float,
        width: float,
    ) -> None:
        u, v = width / 2 * 1.02, length / 2 * 0.98
        own = np.array([[-u, -v, 0], [u, -v, 0], [u, v, 0], [-u, v, 0]])
        spots, depth = self.canvas.place(turn(own, *state[:3]))
        if depth.min() > 0.4:
            cv2.fillConvexPoly(target, np.round(spots * 8).astype(np.int32), 255, 8, 3)

    def _paint(self, picture: np.ndarray, ids: np.ndarray, items: list[_Item]) -> None:
        front = list(self.background.front)
        for item in items:
            while front and self._is_behind(front[0], item):
                self._stand(front.pop(0), picture, ids)
            draw(picture, item.mesh, item.placed)
            number = item.vehicle.id
            fill(ids, item.placed, number)
            mottle(picture, ids, item.placed, number, item.vehicle.seed)
            if item.vehicle.is_parked:
                fill(ids, item.placed, 0)
        for thing in front:
            self._stand(thing, picture, ids)

    def _is_behind(self, thing: Standing, item: _Item) -> bool:
        camera = self.camera.position
        far = np.hypot(thing.x - camera[0], thing.y - camera[1])
        near = np.hypot(item.state[0] - camera[0], item.state[1] - camera[1])
        return bool(far > near)

    def _stand(self, thing: Standing, picture: np.ndarray, ids: np.ndarray) -> None:
        thing.paint(picture)
        thing.clear(ids)

    def _smaller(self, ids: np.ndarray) -> np.ndarray:
        """int16 ids at the picture's size: a pixel is a vehicle's where at least half of it is."""
        if self.canvas.scale == 1:
            return ids
        a, b, c, d = ids[::2, ::2], ids[::2, 1::2], ids[1::2, ::2], ids[1::2, 1::2]
        covered = (a > 0).astype(np.uint8) + (b > 0) + (c > 0) + (d > 0)
        return np.where(covered >= 2, np.maximum(np.maximum(a, b), np.maximum(c, d)), np.int16(0))

    def _half(self, shadow: np.ndarray) -> np.ndarray:
        return shadow[::2, ::2] if self.canvas.scale > 1 else shadow

    def _motion(self, item: _Item) -> np.ndarray:
        """float64 [2]: pixels that a vehicle moves while the shutter is open."""
        x, y, heading, speed = item.state
        step = speed * self.scene.shutter_s
        ends = np.array(
            [[x, y, 0.5], [x + step * np.sin(heading), y + step * np.cos(heading), 0.5]]
        )
        pixels, _ = self.camera.project(ends)
        return np.asarray(pixels[1] - pixels[0])

    def _lamps(
        self, wide: np.ndarray, items: list[_Item], ids: np.ndarray, small_ids: np.ndarray
    ) -> None:
        moving = [item for item in items if not item.vehicle.is_parked]
        reach = np.zeros(((wide.shape[0] + 1) // 2, (wide.shape[1] + 1) // 2), np.uint8)
        for item in moving:
            beam(reach, self.camera, self.canvas, item.mesh, item.state)
        soft = cv2.GaussianBlur(reach, (0, 0), 1.5)
        soft = cv2.resize(soft, (wide.shape[1], wide.shape[0])).astype(np.float32) / 255
        soft *= np.where(small_ids > 0, np.float32(0.25), np.float32(1))
        power = 0.8 if self.scene.light == "night" else 0.18
        colour = np.array([0.85, 0.95, 1.0], np.float32) * power
        wide += soft[..., None] * self.background.albedo_small * colour
        for item in moving:
            light_lamps(
                wide,
                self.scene,
                self.light,
                self.canvas,
                item.mesh,
                item.state,
                ids,
                item.vehicle.id,
            )

    def _seen(
        self, items: list[_Item], small_ids: np.ndarray, moved: np.ndarray
    ) -> tuple[Seen, ...]:
        scene, canvas = self.scene, self.canvas
        counts = np.bincount(small_ids.ravel())
        out = []
        for item in items:
            low = (np.array(item.placed.corners) + 0.5) / canvas.scale - 0.5 - canvas.margin
            spots = np.array(
                [[low[0], low[1]], [low[2], low[1]], [low[2], low[3]], [low[0], low[3]]]
            )
            spots = spots @ moved[:, :2].T + moved[:, 2]
            limit = np.array([scene.width, scene.height])
            (x0, y0), (x1, y1) = np.clip(spots.min(0), 0, limit), np.clip(spots.max(0), 0, limit)
            if x1 - x0 <= 0 or y1 - y0 <= 0:
                continue
            foot, _ = self.camera.project(np.array([*item.state[:2], 0.0]))
            foot = moved[:, :2] @ foot + moved[:, 2]
            number = item.vehicle.id
            count = int(counts[number]) if number < len(counts) else 0
            whole = silhouette_area(item.placed) / canvas.scale**2
            out.append(
                Seen(
                    number,
                    item.vehicle.kind,
                    item.vehicle.lane,
                    item.vehicle.direction,
                    item.state[0],
                    item.state[1],
                    item.state[3],
                    (float(foot[0]), float(foot[1])),
                    (float(x0), float(y0), float(x1), float(y1)),
                    float(min(1.0, count / max(whole, 1.0))),
                )
            )
        return tuple(sorted(out, key=lambda seen: seen.id))

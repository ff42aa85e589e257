"""Who drives where and when: arrivals and car-following, apart from how it looks.

Source: Treiber, Hennecke, Helbing, Congested traffic states in empirical observations and
microscopic simulations, Physical Review E 62, 2000 (the intelligent driver model).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Lane, Road
from .scene import Scene

STEP_S = 0.1
CLASSES = ("car", "van", "truck", "bus", "motorcycle")
_WARM_S = 60.0
# Length, width, height in metres: lowest and highest of each class.
_SIZES = {
    "car": ((3.6, 1.62, 1.38), (4.9, 1.88, 1.75)),
    "van": ((4.7, 1.85, 1.9), (6.2, 2.05, 2.6)),
    "truck": ((6.5, 2.25, 2.8), (13.5, 2.5, 4.0)),
    "bus": ((8.5, 2.4, 2.8), (12.0, 2.55, 3.3)),
    "motorcycle": ((1.9, 0.6, 1.5), (2.3, 0.85, 1.75)),
}


@dataclass(frozen=True)
class Vehicle:
    """One vehicle and its whole trip.

    Args:
        id: from 1; unique in the scene.
        kind: one of ``CLASSES``.
        size_m: length, width, height.
        lane: index of its lane; -1 for a parked one.
        direction: 1 away from the camera, -1 coming.
        offset_m: of its middle from the road's middle.
        start_s: when its trip begins.
        y: float64 [steps], metres along the road, every ``STEP_S``.
        speed: float64 [steps], m/s, at least 0.
        seed: of its looks.
    """

    id: int
    kind: str
    size_m: tuple[float, float, float]
    lane: int
    direction: int
    offset_m: float
    start_s: float
    y: np.ndarray
    speed: np.ndarray
    seed: int

    @property
    def is_parked(self) -> bool:
        """Whether it stands beside the road all the time."""
        return self.lane < 0

    def state(self, road: Road, t: float) -> tuple[float, float, float, float] | None:
        """x, y in metres, heading in radians and speed in m/s at time t; None when not there."""
        if self.is_parked:
            y = float(self.y[0])
            heading = road.heading(y) + (0.0 if self.direction > 0 else np.pi)
            return float(road.middle(y)) + self.offset_m, y, heading, 0.0
        at = (t - self.start_s) / STEP_S
        if not 0 <= at <= len(self.y) - 1:
            return None
        below = min(int(at), len(self.y) - 2)
        part = at - below
        y = float(self.y[below] + part * (self.y[below + 1] - self.y[below]))
        speed = float(self.speed[below] + part * (self.speed[below + 1] - self.speed[below]))
        sway = 0.18 * np.sin(y / 23.0 + self.seed % 628 / 100)
        x = float(road.middle(y)) + self.offset_m + float(sway)
        heading = road.heading(y) + (0.0 if self.direction > 0 else np.pi)
        return x, y, heading, speed


def simulate(scene: Scene, road: Road) -> tuple[Vehicle, ...]:
    """All vehicles of a scene, parked ones included, in the order of their ids.

    Example:
        >>> from .camera import Camera
        >>> scene = Scene(seconds=30)
        >>> vehicles = simulate(scene, Road.of(scene, Camera.of(scene)))
        >>> all(v.speed.min() >= 0 for v in vehicles), vehicles[0].id
        (True, 1)
    """
    vehicles: list[Vehicle] = []
    for lane in road.lanes:
        rng = np.random.default_rng([scene.seed, 11, lane.index])
        vehicles += _lane(scene, road, lane, rng, len(vehicles) + 1)
    rng = np.random.default_rng([scene.seed, 12])
    for _ in range(scene.parked):
        side = int(rng.choice([-1, 1]))
        kind, size = _kind(scene, rng)
        edge = road.half_m[0] + size[1] / 2 + 0.3
        y = np.array([rng.uniform(*road.y_range)])
        taken = [v.y[0] for v in vehicles if v.is_parked and np.sign(v.offset_m) == side]
        if any(abs(y[0] - other) < 14 for other in taken):
            continue
        looks = int(rng.integers(1 << 30))
        direction = int(rng.choice([-1, 1]))
        number = len(vehicles) + 1
        still = np.zeros(1)
        vehicles.append(
            Vehicle(number, kind, size, -1, direction, side * edge, 0.0, y, still, looks)
        )
    return tuple(vehicles)


def _kind(scene: Scene, rng: np.random.Generator) -> tuple[str, tuple[float, float, float]]:
    draw = rng.random()
    if draw < scene.heavy_share:
        kind = "truck" if rng.random() < 0.7 else "bus"
    elif draw < scene.heavy_share + scene.motorcycle_share:
        kind = "motorcycle"
    else:
        kind = "car" if rng.random() < 0.82 else "van"
    low, high = np.array(_SIZES[kind])
    part = rng.random() * 0.6 + rng.random(3) * 0.4
    length, width, height = (low + part * (high - low)).tolist()
    return kind, (length, width, height)


class _Driver:
    """A vehicle while it is simulated; s runs from its entry, in its direction."""

    def __init__(self, scene: Scene, rng: np.random.Generator, lane: Lane, start: int) -> None:
        self.kind, self.size = _kind(scene, rng)
        heavy = 0.85 if self.kind in ("truck", "bus") else 1.0
        slow = 0.35 if rng.random() < scene.slow_share else 1.0
        mean = scene.speed_kmh / 3.6
        self.wished = max(1.5, float(rng.normal(mean, 0.1 * mean)) * heavy * slow)
        self.gap_s = float(rng.uniform(0.9, 1.7))
        self.side = float(rng.normal(0, 0.15)) + (
            float(rng.uniform(-0.8, 0.8)) if self.kind == "motorcycle" else 0.0
        )
        self.looks = int(rng.integers(1 << 30))
        self.start = start
        self.speed = self.wished
        self.s = 0.0
        self.past_s: list[float] = []


def _lane(
    scene: Scene, road: Road, lane: Lane, rng: np.random.Generator, first_id: int
) -> list[Vehicle]:
    length = road.y_range[1] - road.y_range[0] + 16
    begin = scene.empty_s if scene.empty_s > 0 else -_WARM_S
    steps = int((scene.seconds - begin) / STEP_S) + 2
    stop_at = 8 + scene.stop_line * (length - 16)
    phase = float(rng.uniform(0, 1))
    active: list[_Driver] = []
    gone: list[_Driver] = []
    mean_gap = 3600 / scene.flow_per_lane_h if scene.flow_per_lane_h else np.inf
    due = float(rng.exponential(mean_gap)) if np.isfinite(mean_gap) else np.inf
    for step in range(max(0, steps)):
        t = step * STEP_S
        waits = active and active[-1].s - active[-1].size[0] < 9 + active[-1].gap_s * 4
        if t >= due and not waits:
            driver = _Driver(scene, rng, lane, step)
            if active:
                room = active[-1].s - active[-1].size[0] - 2
                driver.speed = min(driver.wished, max(active[-1].speed, room / 1.5))
            active.append(driver)
            due = t + 1.0 + float(rng.exponential(max(0.1, mean_gap - 1.0)))
        now = (t + begin) / scene.cycle_s + phase if scene.cycle_s else 1.0
        is_red = bool(scene.cycle_s) and now % 1 < scene.red_share
        ahead: _Driver | None = None
        for driver in active:
            driver.past_s.append(driver.s)
            driver.speed, driver.s = _follow(driver, ahead, stop_at if is_red else None)
            ahead = driver
        while active and active[0].s - active[0].size[0] / 2 > length:
            gone.append(active.pop(0))
    vehicles: list[Vehicle] = []
    for driver in sorted(gone + active, key=lambda driver: driver.start):
        start_s = begin + driver.start * STEP_S
        if len(driver.past_s) < 2 or start_s + len(driver.past_s) * STEP_S < 0:
            continue
        s = np.array(driver.past_s) - 8
        y = road.y_range[0] + s if lane.direction > 0 else road.y_range[1] - s
        vehicles.append(
            Vehicle(
                first_id + len(vehicles),
                driver.kind,
                driver.size,
                lane.index,
                lane.direction,
                lane.offset_m + driver.side,
                start_s,
                y,
                np.abs(np.gradient(y)) / STEP_S,
                driver.looks,
            )
        )
    return vehicles


def _follow(driver: _Driver, ahead: _Driver | None, stop: float | None) -> tuple[float, float]:
    """Speed and place after one step; s is the vehicle's middle."""
    half = driver.size[0] / 2
    speed = driver.speed
    free = 1.6 * (1 - (speed / driver.wished) ** 4)
    hold = 0.0
    gaps: list[tuple[float, float]] = []
    if ahead is not None:
        gaps.append((ahead.s - ahead.size[0] / 2 - driver.s - half, ahead.speed))
    if stop is not None and driver.s + half < stop:
        distance = stop - driver.s - half
        if distance > speed * speed / 10:
            gaps.append((distance, 0.0))
    for gap, other in gaps:
        wished = 2.0 + speed * driver.gap_s + speed * (speed - other) / (2 * np.sqrt(1.6 * 2.5))
        hold = max(hold, 1.6 * (max(0.0, wished) / max(gap, 0.3)) ** 2)
    after = max(0.0, speed + float(np.clip(free - hold, -8.0, 2.5)) * STEP_S)
    moved = (speed + after) / 2 * STEP_S
    if gaps:
        moved = min(moved, max(0.0, min(gap for gap, _ in gaps) - 0.4))
    return after, driver.s + moved

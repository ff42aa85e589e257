"""Shapes of cars, vans, trucks, buses and motorcycles; each vehicle has one of its own."""

from __future__ import annotations

import numpy as np

from .mesh import GLASS, LAMP, MATT, PAINT, Builder, Mesh, loft, plate_at
from .traffic import Vehicle

# Blue, green, red, and how often: white, silver, grey, black, blue, red, green, beige, yellow.
_PAINTS = np.array(
    [
        (222, 226, 226),
        (172, 172, 168),
        (104, 104, 102),
        (36, 34, 33),
        (110, 70, 44),
        (40, 36, 128),
        (56, 74, 48),
        (134, 160, 178),
        (40, 170, 214),
    ],
    float,
)
_OFTEN = np.array([0.2, 0.19, 0.16, 0.19, 0.09, 0.07, 0.03, 0.05, 0.02])


def mesh(vehicle: Vehicle) -> Mesh:
    """The shape of a vehicle, always the same for the same one.

    Example:
        >>> still = np.zeros(2)
        >>> car = Vehicle(1, "car", (4.4, 1.8, 1.5), 0, 1, 0.0, 0.0, still, still, seed=3)
        >>> shape = mesh(car)
        >>> np.ptp(shape.points, axis=0).round(1).tolist()
        [1.8, 4.4, 1.5]
    """
    rng = np.random.default_rng([vehicle.seed, 5])
    build = {"truck": _truck, "bus": _bus, "motorcycle": _motorcycle}.get(vehicle.kind, _car)
    return build(vehicle, rng)


def _paint(rng: np.random.Generator) -> np.ndarray:
    chosen = _PAINTS[rng.choice(len(_PAINTS), p=_OFTEN)]
    return np.clip(chosen * rng.uniform(0.8, 1.12) + rng.normal(0, 7, 3), 18, 240)


def _wheels(
    b: Builder, left: int, right: int, half: float, at: list[float], radius: float, rim: float
) -> None:
    for face, x in ((left, -half), (right, half)):
        for y in at:
            b.disc(face, np.array([x, y, radius]), radius, 22)
            b.disc(face, np.array([x, y, radius]), radius * 0.55, rim)


def _face_of_car(b: Builder, front: int, rear: int, rng: np.random.Generator) -> None:
    lamp = rng.uniform(0.16, 0.26)
    low = rng.uniform(0.5, 0.62)
    b.detail(front, (0.02, 0.0, 0.98, 0.22), 30, MATT)
    b.detail(front, (0.28, low, 0.72, 0.9), rng.uniform(25, 70), MATT)
    b.detail(front, (0.03, low, lamp, 0.92), (225, 228, 225), LAMP)
    b.detail(front, (1 - lamp, low, 0.97, 0.92), (225, 228, 225), LAMP)
    b.detail(front, (0.39, 0.26, 0.61, 0.4), (200, 205, 205), MATT)
    b.detail(rear, (0.02, 0.0, 0.98, 0.2), 34, MATT)
    b.detail(rear, (0.02, 0.55, lamp, 0.95), (38, 34, 150), LAMP)
    b.detail(rear, (1 - lamp, 0.55, 0.98, 0.95), (38, 34, 150), LAMP)
    b.detail(rear, (0.38, 0.45, 0.62, 0.62), (200, 205, 205), MATT)


def _glass(b: Builder, face: int, area: tuple[float, float, float, float], tone: float) -> None:
    """A window: dark below, with the sky's reflection above."""
    u0, v0, u1, v1 = area
    b.detail(face, area, tone, GLASS)
    split = v0 + 0.55 * (v1 - v0)
    b.detail(face, (u0, split, u1, v1), tone * 1.5 + 12, GLASS)


def _car(vehicle: Vehicle, rng: np.random.Generator) -> Mesh:
    length, width, height = vehicle.size_m
    b = Builder()
    paint = _paint(rng)
    half, front, rear = width / 2, length / 2, -length / 2
    is_van = vehicle.kind == "van"
    style = "van" if is_van else str(rng.choice(["saloon", "hatch", "suv", "pickup"]))
    belt = height * (0.5 if is_van else rng.uniform(0.56, 0.62))
    nose = belt - height * rng.uniform(0.04, 0.14)
    sill = height * 0.13
    low = plate_at(half, rear + 0.05, front - 0.05, sill, sill)
    high = plate_at(half * 0.96, rear, front, belt - 0.02, nose)
    # The ends of the two plates make the bumpers: the lower one is a little shorter.
    ends = loft(b, low, high, paint, PAINT, 0, 0.3 if not is_van else 0.18)
    for side in ends[2:4]:
        b.detail(side, (0, 0, 1, 0.2), paint * 0.35, MATT)
        b.detail(side, (0, 0.2, 1, 0.62), paint * 0.84, PAINT)
    b.detail(ends[4], (0.1, 0.72, 0.9, 0.97), np.clip(paint * 1.06 + 4, 0, 245), PAINT)
    _face_of_car(b, ends[0], ends[1], rng)
    radius = min(0.36, height * 0.21) * rng.uniform(0.92, 1.1)
    axle = length * 0.3
    _wheels(b, ends[2], ends[3], half * 1.0, [axle, -axle], radius, rng.uniform(60, 150))
    start = {"van": 0.33, "saloon": 0.2, "hatch": 0.23, "suv": 0.22, "pickup": 0.2}[style]
    end = {"van": -0.49, "saloon": -0.36, "hatch": -0.47, "suv": -0.49, "pickup": -0.1}[style]
    slope = {"van": 0.1, "saloon": 0.15, "hatch": 0.13, "suv": 0.1, "pickup": 0.1}[style]
    back = {"van": 0.01, "saloon": 0.12, "hatch": 0.07, "suv": 0.03, "pickup": 0.03}[style]
    foot = plate_at(half * 0.93, end * length, start * length, belt - 0.02, nose)
    foot[2:, 2] = nose + (belt - nose) * 0.5
    roof = plate_at(
        half * (0.86 if is_van else 0.76),
        (end + back) * length,
        (start - slope) * length,
        height,
        height,
    )
    faces = loft(b, foot, roof, paint, PAINT, 1, 0.14)
    tone = rng.uniform(26, 62)
    _glass(b, faces[0], (0.06, 0.08, 0.94, 0.92), tone)
    has_windows = not is_van or rng.random() < 0.4
    if not is_van or rng.random() < 0.6:
        _glass(b, faces[1], (0.1, 0.2, 0.9, 0.9), tone * 0.9)
    # Left faces run from front to rear, right ones from rear to front.
    for side, flip in ((faces[2], True), (faces[3], False)):
        spans = [(0.04, 0.46), (0.5, 0.95)] if has_windows else [(0.68, 0.95)]
        for u0, u1 in spans:
            area = (1 - u1, 0.18, 1 - u0, 0.88) if flip else (u0, 0.18, u1, 0.88)
            _glass(b, side, area, tone * 0.85)
    b.detail(faces[4], (0.08, 0.06, 0.92, 0.94), np.clip(paint * 1.05 + 5, 0, 245), PAINT)
    if rng.random() < 0.25:
        b.detail(faces[4], (0.22, 0.4, 0.78, 0.78), 32, GLASS)
    lamps = np.array([[-half * 0.75, front, nose * 0.85], [half * 0.75, front, nose * 0.85]])
    tails = np.array([[-half * 0.8, rear, belt * 0.8], [half * 0.8, rear, belt * 0.8]])
    return b.done(lamps, tails)


def _truck(vehicle: Vehicle, rng: np.random.Generator) -> Mesh:
    length, width, height = vehicle.size_m
    b = Builder()
    half, front, rear = width / 2, length / 2, -length / 2
    cab = min(2.3, length * 0.3)
    paint = _paint(rng)
    box = rng.choice([0, 1])
    load = np.array([205, 208, 208]) * rng.uniform(0.6, 1.1) if box else _paint(rng)
    load = np.clip(load, 20, 238)
    floor = 0.95
    ground = plate_at(half * 0.9, rear + 0.2, front - cab, 0.35, 0.35)
    deck = plate_at(half * 0.9, rear + 0.2, front - cab, floor, floor)
    frame = loft(b, ground, deck, np.full(3, 38.0), MATT)
    axles = [rear + 1.2, rear + 2.4] if length > 8 else [rear + 1.3]
    _wheels(b, frame[2], frame[3], half * 0.92, axles, 0.48, 70)
    back_end = front - cab - 0.25
    cargo = loft(
        b,
        plate_at(half, rear, back_end, floor, floor),
        plate_at(half, rear, back_end, height, height),
        load,
        PAINT,
        1,
    )
    b.detail(cargo[1], (0.48, 0.02, 0.52, 0.98), load * 0.6, MATT)
    b.detail(cargo[1], (0.02, 0.0, 0.98, 0.07), 40, MATT)
    for side in cargo[2:4]:
        b.detail(side, (0, 0, 1, 0.06), load * 0.45, MATT)
        if rng.random() < 0.5:
            b.detail(side, (0.2, 0.35, 0.75, 0.7), _paint(rng), PAINT)
    top = min(height - 0.1, rng.uniform(2.2, 3.0))
    body = loft(
        b,
        plate_at(half * 0.97, front - cab, front - 0.05, 0.4, 0.4),
        plate_at(half * 0.93, front - cab, front - 0.3, top, top),
        paint,
        PAINT,
        1,
        0.15,
    )
    b.detail(body[0], (0.0, 0.0, 1.0, 0.14), 40, MATT)
    _glass(b, body[0], (0.06, 0.52, 0.94, 0.88), rng.uniform(26, 55))
    b.detail(body[0], (0.25, 0.18, 0.75, 0.42), rng.uniform(30, 80), MATT)
    b.detail(body[0], (0.04, 0.16, 0.2, 0.28), (225, 228, 225), LAMP)
    b.detail(body[0], (0.8, 0.16, 0.96, 0.28), (225, 228, 225), LAMP)
    for side, area in ((body[2], (0.1, 0.55, 0.6, 0.86)), (body[3], (0.4, 0.55, 0.9, 0.86))):
        _glass(b, side, area, 34)
    _wheels(b, body[2], body[3], half * 0.97, [front - cab * 0.55], 0.48, 70)
    lamps = np.array([[-half * 0.8, front, 0.9], [half * 0.8, front, 0.9]])
    tails = np.array([[-half * 0.85, rear, 0.95], [half * 0.85, rear, 0.95]])
    return b.done(lamps, tails)


def _bus(vehicle: Vehicle, rng: np.random.Generator) -> Mesh:
    length, width, height = vehicle.size_m
    b = Builder()
    half, front, rear = width / 2, length / 2, -length / 2
    paint = _paint(rng)
    body = loft(
        b,
        plate_at(half, rear, front, 0.35, 0.35),
        plate_at(half * 0.96, rear + 0.1, front - 0.15, height, height),
        paint,
        PAINT,
        0,
        0.18,
    )
    stripe = _paint(rng)
    _glass(b, body[0], (0.05, 0.42, 0.95, 0.85), 36)
    b.detail(body[0], (0.2, 0.88, 0.8, 0.97), 26, MATT)
    b.detail(body[0], (0.03, 0.12, 0.18, 0.22), (225, 228, 225), LAMP)
    b.detail(body[0], (0.82, 0.12, 0.97, 0.22), (225, 228, 225), LAMP)
    _glass(b, body[1], (0.12, 0.5, 0.88, 0.82), 34)
    b.detail(body[1], (0.03, 0.15, 0.14, 0.3), (38, 34, 150), LAMP)
    b.detail(body[1], (0.86, 0.15, 0.97, 0.3), (38, 34, 150), LAMP)
    panes = max(3, int(length / 1.6))
    for side in body[2:4]:
        b.detail(side, (0, 0.2, 1, 0.36), stripe, PAINT)
        for pane in range(panes):
            area = (0.03 + pane * 0.94 / panes, 0.45, 0.03 + (pane + 0.9) * 0.94 / panes, 0.82)
            b.detail(side, area, rng.uniform(28, 60), GLASS)
    b.detail(body[4], (0.3, 0.6, 0.7, 0.85), paint * 0.75, PAINT)
    _wheels(b, body[2], body[3], half, [front - 2.4, rear + 2.6], 0.48, 75)
    lamps = np.array([[-half * 0.8, front, 0.85], [half * 0.8, front, 0.85]])
    tails = np.array([[-half * 0.9, rear, 1.0], [half * 0.9, rear, 1.0]])
    return b.done(lamps, tails)


def _motorcycle(vehicle: Vehicle, rng: np.random.Generator) -> Mesh:
    length, width, height = vehicle.size_m
    b = Builder()
    front, rear = length / 2, -length / 2
    paint = _paint(rng)
    bike = loft(
        b,
        plate_at(0.1, rear + 0.1, front - 0.1, 0.1, 0.1),
        plate_at(0.16, rear, front - 0.3, 0.85, 1.0),
        paint * 0.6,
        PAINT,
    )
    _wheels(b, bike[2], bike[3], 0.1, [front - 0.32, rear + 0.32], 0.32, 40)
    coat = np.clip(_paint(rng) * 0.7, 20, 200)
    half = width / 2
    loft(
        b,
        plate_at(half * 0.7, -0.45, 0.25, 0.65, 0.65),
        plate_at(half, -0.3, 0.1, height - 0.32, height - 0.32),
        coat,
        MATT,
        1,
    )
    loft(
        b,
        plate_at(0.13, -0.2, 0.12, height - 0.34, height - 0.34),
        plate_at(0.1, -0.16, 0.06, height, height),
        _paint(rng),
        PAINT,
        2,
    )
    lamp = np.array([[0.0, front - 0.2, 0.85]] * 2)
    return b.done(lamp, np.array([[0.0, rear + 0.05, 0.75]] * 2))

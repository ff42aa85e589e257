"""Shapes as a few convex parts, each with its faces and what is drawn on them.

A shape's own coordinates are x to its right, y to its front, z up, from the middle of where it
stands, in metres. Parts are drawn from the one that is farthest to the nearest; the faces of one
convex part never hide each other, so what is drawn on a face follows right after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

PAINT, GLASS, MATT, LAMP = 0, 1, 2, 3


@dataclass
class Mesh:
    """One vehicle's shape.

    Args:
        points: float64 [v, 3], metres.
        parts: for each part the indices of its points (its silhouette is their convex hull).
        level: int [parts]; a part stands on those of lower levels.
        faces: corners of each face; convex, flat.
        part: int [f], the part of each face.
        parent: int [f], the face that a detail is drawn on, or the face itself.
        albedo: float64 [f, 3], blue, green, red, 0 to 255.
        material: int [f], ``PAINT``, ``GLASS``, ``MATT`` or ``LAMP``.
        head: float64 [2, 3], the headlamps; both in the same place for a motorcycle.
        tail: float64 [2, 3], the tail lamps.
        normals: float64 [f, 3], outwards.
        middles: float64 [f, 3].
        drawn: for each part its faces in the order of drawing.
        is_detail: bool [f], drawn on another face.
    """

    points: np.ndarray
    parts: list[np.ndarray]
    level: list[int]
    faces: list[np.ndarray]
    part: np.ndarray
    parent: np.ndarray
    albedo: np.ndarray
    material: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    normals: np.ndarray = field(init=False)
    middles: np.ndarray = field(init=False)
    drawn: list[list[int]] = field(init=False)
    is_detail: list[bool] = field(init=False)

    def __post_init__(self) -> None:
        corners = [self.points[face] for face in self.faces]
        self.middles = np.array([c.mean(0) for c in corners])
        normals = np.array([np.cross(c[1] - c[0], c[2] - c[0]) for c in corners])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        inside = np.array([self.points[index].mean(0) for index in self.parts])[self.part]
        outwards = np.sign(((self.middles - inside) * normals).sum(1, keepdims=True))
        own = normals * np.where(outwards == 0, 1.0, outwards)
        self.normals = own[self.parent]
        self.middles = self.middles[self.parent]
        parts = range(len(self.parts))
        self.drawn = [np.flatnonzero(self.part == part).tolist() for part in parts]
        self.is_detail = (self.parent != np.arange(len(self.faces))).tolist()


class Builder:
    """Puts a shape together, part by part and face by face."""

    def __init__(self) -> None:
        self.points: list[np.ndarray] = []
        self.parts: list[list[int]] = []
        self.level: list[int] = []
        self.rows: list[tuple[np.ndarray, int, int, tuple[float, ...], int]] = []
        self.frames: dict[int, np.ndarray] = {}

    def _add(self, corners: np.ndarray) -> np.ndarray:
        start = len(self.points)
        self.points += list(corners)
        return np.arange(start, start + len(corners))

    def part(self, level: int) -> None:
        """Begin a part that stands on those of lower levels."""
        self.parts.append([])
        self.level.append(level)

    def face(
        self,
        corners: np.ndarray,
        albedo: np.ndarray,
        material: int,
        frame: np.ndarray | None = None,
    ) -> int:
        """A face; details are placed in ``frame``, four corners, where it has other corners."""
        index = self._add(np.asarray(corners, float))
        self.parts[-1] += index.tolist()
        at = len(self.rows)
        self.rows.append((index, len(self.parts) - 1, at, tuple(albedo), material))
        self.frames[at] = np.asarray(corners if frame is None else frame, float)
        return at

    def detail(
        self,
        face: int,
        area: tuple[float, float, float, float],
        albedo: object,
        material: int,
    ) -> None:
        """On a face of four corners (low left, low right, high right, high left): u0 v0 u1 v1."""
        a, b, c, d = self.frames[face]
        u0, v0, u1, v1 = area

        def at(u: float, v: float) -> np.ndarray:
            low, high = a + u * (b - a), d + u * (c - d)
            return np.asarray(low + v * (high - low))

        index = self._add(np.array([at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)]))
        part = self.rows[face][1]
        colour = np.broadcast_to(np.asarray(albedo, float), 3)
        self.rows.append((index, part, face, tuple(colour.tolist()), material))

    def disc(self, face: int, middle: np.ndarray, radius: float, albedo: object) -> None:
        """A wheel in the plane x = constant."""
        angle = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        ring = np.stack([0 * angle, radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        index = self._add(middle + ring)
        self.parts[self.rows[face][1]] += index.tolist()
        colour = np.broadcast_to(np.asarray(albedo, float), 3)
        self.rows.append((index, self.rows[face][1], face, tuple(colour.tolist()), MATT))

    def done(self, head: np.ndarray, tail: np.ndarray) -> Mesh:
        """The shape, with its headlamps and tail lamps, float64 [2, 3] each."""
        # A detail comes right after its face.
        order = sorted(range(len(self.rows)), key=lambda i: (self.rows[i][2], i))
        place = {old: new for new, old in enumerate(order)}
        rows = [self.rows[i] for i in order]
        return Mesh(
            np.array(self.points),
            [np.unique(index) for index in self.parts],
            self.level,
            [row[0] for row in rows],
            np.array([row[1] for row in rows]),
            np.array([place[row[2]] for row in rows]),
            np.array([row[3] for row in rows], float),
            np.array([row[4] for row in rows]),
            head,
            tail,
        )


def loft(
    b: Builder,
    low: np.ndarray,
    high: np.ndarray,
    albedo: np.ndarray,
    material: int,
    level: int = 0,
    chamfer: float = 0.0,
) -> tuple[int, int, int, int, int]:
    """A part between two rectangles, whose upright edges may be cut off.

    Args:
        b: takes the part.
        low: float64 [4, 3], the lower rectangle, of :func:`plate_at`.
        high: float64 [4, 3], the upper one.
        albedo: float64 [3], blue, green, red, 0 to 255.
        material: of all faces.
        level: the part stands on those of lower levels.
        chamfer: what is cut off at each edge, metres.

    Returns:
        the faces front, rear, left, right and top, for details.
    """
    b.part(level)
    lower, upper = _chamfered(low, chamfer), _chamfered(high, chamfer)
    walls = []
    for i in range(8):
        j = (i + 1) % 8
        corners = np.array([lower[i], lower[j], upper[j], upper[i]])
        is_there = float(np.linalg.norm(corners[0] - corners[1])) > 1e-6
        walls.append(b.face(corners, albedo, material) if is_there else -1)
    top = b.face(upper if chamfer else high, albedo, material, high)
    return walls[5], walls[1], walls[7], walls[3], top


def _chamfered(plate: np.ndarray, size: float) -> np.ndarray:
    """Each corner of a rectangle [4, 3] becomes two: float64 [8, 3], the same way round."""
    out = []
    for k in range(4):
        for other in (plate[k - 1], plate[(k + 1) % 4]):
            way = other - plate[k]
            long = float(np.linalg.norm(way))
            out.append(plate[k] + way / long * min(size, 0.45 * long))
    return np.array(out)


def plate_at(half: float, rear: float, front: float, z_rear: float, z_front: float) -> np.ndarray:
    """float64 [4, 3], a rectangle: rear left, rear right, front right, front left."""
    return np.array(
        [
            (-half, rear, z_rear),
            (half, rear, z_rear),
            (half, front, z_front),
            (-half, front, z_front),
        ]
    )

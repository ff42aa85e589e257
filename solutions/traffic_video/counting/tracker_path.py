"""Where a vehicle has been: few points that keep the shape of its way."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[float, float, float, float]


@dataclass
class Path:
    """Places in order of time, the last one where it is now.

    A point is added when the thing has moved a step since the one before: a box that trembles
    makes no way. When there are too many, the one goes that changes the way least (Visvalingam and
    Whyatt 1993).

    Args:
        points: time in seconds, x, y and the size of the thing at each.

    Example:
        >>> path = Path()
        >>> for n in range(9):
        ...     _ = path.go(float(n), float(n), 0.0, size=9.0, step=1.0, most=4)
        >>> [x for _, x, _, _ in path.points]
        [0.0, 6.0, 7.0, 8.0]
    """

    points: list[Point] = field(default_factory=list)

    def go(self, time_s: float, x: float, y: float, size: float, step: float, most: int) -> bool:
        """Whether the place is a step from the last one; then it is added.

        Args:
            time_s: when.
            x: where; ``y`` likewise.
            size: of the thing, pixels.
            step: pixels that make a step.
            most: points that are kept, at least 4.
        """
        if self.points:
            _, last_x, last_y, _ = self.points[-1]
            if (x - last_x) ** 2 + (y - last_y) ** 2 < step**2:
                return False
        self.points.append((time_s, x, y, size))
        if len(self.points) > most:
            # The last step is still to be told as it was.
            least = min(range(1, len(self.points) - 2), key=self._bend)
            del self.points[least]
        return True

    def _bend(self, at: int) -> float:
        """Twice the area of the triangle that a point makes with its neighbours."""
        (_, ax, ay, _), (_, bx, by, _), (_, cx, cy, _) = self.points[at - 1 : at + 2]
        return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay))

    def beside(self, x: float, y: float) -> list[Point]:
        """The same way for a thing that stands elsewhere now and went along, nearest last.

        The distance between both grows and shrinks as the size does: both came from far away.

        Args:
            x: where it stands when this one stands at its last point; ``y`` likewise.
        """
        _, last_x, last_y, last_size = self.points[-1]
        return [
            (t, px + (x - last_x) * size / last_size, py + (y - last_y) * size / last_size, size)
            for t, px, py, size in self.points
        ]

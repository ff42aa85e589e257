"""One thing that is followed: where it is, how fast, and whether it is a vehicle yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from .size_classes import UNKNOWN_SIZE
from .tracker_path import Path, Point
from .tracker_told import Told

# A vehicle changes its speed by less than this many of its own lengths a second, each second.
# Where frames lie further apart than this, by as many times more: who comes near is the faster in
# the picture the nearer, which shows in long gaps.
_ACCELERATION, _SHORT_S = 3.0, 0.08
# A box is so much off the thing in it, as a share of its size, and in pixels at least.
_BOX_NOISE, _LEAST_NOISE = 0.06, 0.7
# How unsure the speed of a thing seen once is, in pictures' diagonals a second.
_FIRST_SPEED = 0.6
# The seconds over which its size is a mean, and what frames say of its size class.
_SIZE_S, _CLASS_S = 0.3, 1.0
# A box so many times smaller than a track is one of several vehicles that it was taken for.
_PARTED = 1.6
NOBODY = -1


@dataclass
class Track:
    """A thing that is followed by a Kalman filter of constant velocity, each axis by itself.

    Args:
        x: its middle, pixels of the shrunk picture; ``y`` likewise.
        width: of its box; ``height`` likewise.
        time_s: of the last frame.
        seen_s: when it was last seen.
        sure: how surely it is a vehicle, 0 to 1, the mean of what was seen.
        path: where its foot has been.
        backlog: what will be told of its past once it has an id.
        before: the way that it came while another vehicle hid it, as far as can be told.
        number: its id; ``NOBODY`` until it is confirmed.
        hits: frames in which it was seen by itself.
        vx: speed in pixels a second; ``vy`` likewise.
        p_place: variance of the place; ``p_both`` with the speed, ``p_speed`` of the speed.
        merged: whether it shares one blob with others now.
        is_beside: whether it came up where another vehicle is, and may be a part of it.
        motorcycle: how likely it is one, 0 to 1; ``car`` and ``heavy`` likewise; NaN not known.
    """

    x: float
    y: float
    width: float
    height: float
    time_s: float
    seen_s: float
    sure: float
    path: Path = field(default_factory=Path)
    backlog: list[Told] = field(default_factory=list)
    before: list[Point] = field(default_factory=list)
    number: int = NOBODY
    hits: int = 1
    vx: float = 0.0
    vy: float = 0.0
    p_place: float = 1.0
    p_both: float = 0.0
    p_speed: float = 1.0
    merged: bool = False
    is_beside: bool = False
    motorcycle: float = math.nan
    car: float = math.nan
    heavy: float = math.nan

    @property
    def size(self) -> float:
        """Geometric mean of width and height, pixels."""
        return math.sqrt(max(self.width * self.height, 1.0))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0 y0 x1 y1."""
        w, h = self.width / 2, self.height / 2
        return self.x - w, self.y - h, self.x + w, self.y + h

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands on the road: the middle of the lower edge."""
        return self.x, self.y + self.height / 2

    @property
    def speed(self) -> float:
        """Pixels a second."""
        return math.hypot(self.vx, self.vy)

    @property
    def size_class(self) -> int:
        """Number of the likeliest of ``SIZES``, or ``UNKNOWN_SIZE``."""
        told = (self.motorcycle, self.car, self.heavy)
        return UNKNOWN_SIZE if math.isnan(self.car) else told.index(max(told))

    @property
    def is_confirmed(self) -> bool:
        """Whether it has an id."""
        return self.number != NOBODY

    def begin(self, diagonal: float, flow: tuple[float, float] | None) -> None:
        """Set what is known of the speed of a thing seen once.

        Args:
            diagonal: of the picture, pixels.
            flow: the usual speed of vehicles there, pixels a second; None where none came by.
        """
        self.p_place = self._noise() ** 2
        unsure = _FIRST_SPEED * diagonal
        if flow is not None:
            self.vx, self.vy = flow
            unsure = 0.5 * math.hypot(*flow) + 0.05 * diagonal
        self.p_speed = unsure**2

    def predict(self, time_s: float) -> None:
        """Go on to a time at the same speed."""
        gap = max(time_s - self.time_s, 0.0)
        self.x += self.vx * gap
        self.y += self.vy * gap
        push = (_ACCELERATION * max(gap / _SHORT_S, 1.0) * self.size) ** 2
        self.p_place += 2 * gap * self.p_both + gap**2 * self.p_speed + push * gap**4 / 4
        self.p_both += gap * self.p_speed + push * gap**3 / 2
        self.p_speed += push * gap**2
        self.time_s = time_s

    def ahead(self, time_s: float, size: tuple[int, int]) -> Told:
        """What is told of it a moment later, at the same speed; nothing of it changes.

        Args:
            time_s: the moment.
            size: height and width of the shrunk picture, which its foot stays in.
        """
        gap = time_s - self.time_s
        across, down = self.vx * gap, self.vy * gap
        x0, y0, x1, y1 = self.box
        box = (x0 + across, y0 + down, x1 + across, y1 + down)
        x = min(max(self.foot[0] + across, 0.0), size[1] - 1.0)
        y = min(max(self.foot[1] + down, 0.0), size[0] - 1.0)
        told = (self.number, time_s, box, (x, y), self.speed, self.sure)
        return Told(*told, size=self.size_class)

    def correct(
        self, box: tuple[float, float, float, float], sure: float, sizes: Sequence[float]
    ) -> None:
        """Take what was seen of it by itself, x0 y0 x1 y1, at the time of the prediction.

        Args:
            box: in pixels.
            sure: how surely it is a vehicle.
            sizes: how likely it is of each of ``SIZES``.
        """
        self.pull((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0)
        gap = self.time_s - self.seen_s
        share = max(1.0 - math.exp(-gap / _SIZE_S), 1.0 / (self.hits + 1))
        self.width += share * (box[2] - box[0] - self.width)
        self.height += share * (box[3] - box[1] - self.height)
        self.sure += share * (sure - self.sure)
        self._resize(sizes, max(1.0 - math.exp(-gap / _CLASS_S), 1.0 / (self.hits + 1)))
        self.hits += 1
        self.seen_s = self.time_s
        self.merged = False

    def pull(self, x: float, y: float, doubt: float) -> None:
        """Correct place and speed by a place seen; ``doubt`` widens what it may be off."""
        noise = (doubt * self._noise()) ** 2
        total = self.p_place + noise
        gain, speed_gain = self.p_place / total, self.p_both / total
        off_x, off_y = x - self.x, y - self.y
        self.x += gain * off_x
        self.y += gain * off_y
        self.vx += speed_gain * off_x
        self.vy += speed_gain * off_y
        self.p_speed -= speed_gain * self.p_both
        self.p_both *= 1.0 - gain
        self.p_place *= 1.0 - gain

    def _resize(self, sizes: Sequence[float], share: float) -> None:
        if math.isnan(sizes[0]):
            return
        if math.isnan(self.car):
            self.motorcycle, self.car, self.heavy = sizes
            return
        self.motorcycle += share * (sizes[0] - self.motorcycle)
        self.car += share * (sizes[1] - self.car)
        self.heavy += share * (sizes[2] - self.heavy)

    def appeared(self, point: Point) -> Told:
        """What is told of it at a point of its way on which another one hid it."""
        time_s, x, y, size = point
        scale = size / self.size
        width, height = self.width * scale, self.height * scale
        box = (x - width / 2, y - height, x + width / 2, y)
        return Told(self.number, time_s, box, (x, y), self.speed, self.sure)

    def numbers(self) -> list[float]:
        """All plain values in the order of :data:`NAMES`, for the exported memory."""
        return [float(getattr(self, name)) for name in NAMES]

    @classmethod
    def of(
        cls, numbers: list[float], path: Path, backlog: list[Told], before: list[Point]
    ) -> Track:
        """What :meth:`numbers` gave."""
        values = dict(zip(NAMES, numbers, strict=True))
        whole = {name: int(values.pop(name)) for name in ("number", "hits")}
        told = {name: bool(values.pop(name)) for name in ("merged", "is_beside")}
        own = {**values, **whole, **told}
        return cls(**own, path=path, backlog=backlog, before=before)  # type: ignore[arg-type]

    def _noise(self) -> float:
        return max(_BOX_NOISE * self.size, _LEAST_NOISE)


NAMES = tuple(one.name for one in fields(Track) if one.name not in ("path", "backlog", "before"))


def distances(tracks: list[Track], boxes: np.ndarray) -> np.ndarray:
    """Pixels between where tracks [n] are expected and boxes [m, 4], float64 [n, m].

    Between their middles; to a box much smaller than the track between their feet: of two vehicles
    that were taken for one, the nearer one is it, as its foot was the foot of both.
    """
    own = np.array([track.box for track in tracks]).reshape(-1, 4)
    seen = boxes.astype(np.float64)
    middles = _apart((own[:, :2] + own[:, 2:]) / 2, (seen[:, :2] + seen[:, 2:]) / 2)
    feet = _apart(_feet(own), _feet(seen))
    area = (own[:, 2:] - own[:, :2]).prod(axis=1)
    parted = _PARTED * (seen[:, 2:] - seen[:, :2]).prod(axis=1)[None] < area[:, None]
    return np.where(parted, feet, middles)


def _feet(boxes: np.ndarray) -> np.ndarray:
    return np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)


def _apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.hypot(*(first[:, None] - second[None]).transpose(2, 0, 1))

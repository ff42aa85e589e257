"""What a tracker tells of a vehicle, and the same as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .size_classes import UNKNOWN_SIZE
from .tracker_path import Point


@dataclass(frozen=True)
class Told:
    """One vehicle at one time, in pixels of the shrunk picture.

    Args:
        number: its id.
        time_s: when; earlier than the frame for its backlog.
        box: x0 y0 x1 y1.
        foot: where it stands on the road, x y.
        speed: pixels a second.
        sure: 0 to 1.
        path: its way up to then, time x y size each; empty without a new step.
        fresh: how many steps at the end of its way are new.
        size: number of one of ``SIZES``, or ``UNKNOWN_SIZE``.
    """

    number: int
    time_s: float
    box: tuple[float, float, float, float]
    foot: tuple[float, float]
    speed: float
    sure: float
    path: tuple[Point, ...] = ()
    fresh: int = 0
    size: int = UNKNOWN_SIZE

    def named(self, number: int) -> Told:
        """The same under an id."""
        return replace(self, number=number)


def thinned(told: list[Told], most: int) -> list[Told]:
    """At most so many of them, from the first to the last: of the older half every second goes."""
    if len(told) <= most:
        return told
    half = len(told) // 2
    return [*told[:1], *told[2:half:2], *told[half:]]


def packed(held: Sequence[Sequence[Told]]) -> dict[str, np.ndarray]:
    """What is held of each track as plain arrays."""
    every = [told for one in held for told in one]
    rows = [[*_plain(one), one.speed, one.sure, one.fresh, one.size] for one in every]
    return {
        "held": np.array([len(one) for one in held], np.int64),
        "told": np.array(rows, np.float64).reshape(-1, 12),
        "told_steps": np.array([len(one.path) for one in every], np.int64),
        "steps": np.array([p for one in every for p in one.path], np.float64).reshape(-1, 4),
    }


def unpacked(arrays: Mapping[str, np.ndarray]) -> list[list[Told]]:
    """What :func:`packed` made of it."""
    steps = iter([(t, x, y, size) for t, x, y, size in arrays["steps"].tolist()])
    every = []
    for row, count in zip(arrays["told"].tolist(), arrays["told_steps"].tolist(), strict=True):
        number, time_s, x0, y0, x1, y1, foot_x, foot_y, speed, sure, fresh, size = row
        path = tuple(next(steps) for _ in range(count))
        place = (x0, y0, x1, y1), (foot_x, foot_y)
        own = int(number), time_s, *place, speed, sure, path
        every.append(Told(*own, fresh=int(fresh), size=int(size)))
    rest = iter(every)
    return [[next(rest) for _ in range(count)] for count in arrays["held"].tolist()]


def _plain(told: Told) -> tuple[float, ...]:
    return (told.number, told.time_s, *told.box, *told.foot)

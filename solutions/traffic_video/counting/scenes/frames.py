"""What the renderer gives: a picture and the truth of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BACKGROUND, SHADOW, VEHICLE = 0, 50, 255


@dataclass(frozen=True)
class Seen:
    """A vehicle in a frame.

    Args:
        id: as in ``Frame.ids``.
        kind: one of ``CLASSES``.
        lane: its lane's index; -1 for a parked vehicle, which is background.
        direction: 1 away from the camera, -1 coming.
        x_m: of the middle of where it stands on the ground.
        y_m: likewise.
        speed_ms: metres a second, at least 0.
        foot_xy: that middle in pixels of this frame, also where it lies outside.
        box_xyxy: of its whole silhouette, cut at the frame's edges, pixels of this frame.
        visible: seen part of its whole silhouette, 0 to 1.
    """

    id: int
    kind: str
    lane: int
    direction: int
    x_m: float
    y_m: float
    speed_ms: float
    foot_xy: tuple[float, float]
    box_xyxy: tuple[float, float, float, float]
    visible: float

    @property
    def is_parked(self) -> bool:
        """Whether it stands there all the time."""
        return self.lane < 0


@dataclass(frozen=True)
class Frame:
    """A frame and its truth.

    Args:
        index: from 0.
        time_s: since the scene's start.
        picture: uint8 [h, w, 3], blue, green, red.
        mask: uint8 [h, w]: 0 background (parked vehicles too), 50 cast shadow, 255 vehicle.
        ids: int32 [h, w]: the vehicle that is seen, 0 for none.
        vehicles: those that lie at least partly in the frame.
        moved: float64 [2, 3]: pixels of the camera at rest to pixels of this frame.
    """

    index: int
    time_s: float
    picture: np.ndarray
    mask: np.ndarray
    ids: np.ndarray
    vehicles: tuple[Seen, ...]
    moved: np.ndarray

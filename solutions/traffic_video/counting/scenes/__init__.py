"""Our own renderer of road scenes seen by a fixed camera, with the truth of every frame."""

from .frames import Frame, Seen
from .random_scenes import random_scene
from .rendering import render
from .scene import KINDS, Scene
from .truth import (
    Crossing,
    MaskCrossing,
    best_visible,
    calibration,
    calibration_points,
    counts,
    crossings,
    mask_crossings,
)

__all__ = [
    "KINDS",
    "Crossing",
    "Frame",
    "MaskCrossing",
    "Scene",
    "Seen",
    "best_visible",
    "calibration",
    "calibration_points",
    "counts",
    "crossings",
    "mask_crossings",
    "random_scene",
    "render",
]

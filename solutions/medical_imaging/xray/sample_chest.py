"""Draws one simulated chest X-ray: attenuation summed up tissue by tissue, then shown as grey.

No anatomy atlas and no real picture stands behind it: ellipses, arcs and noise, enough that a
network has to look inside the lungs, and that a person sees what is meant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIDE = 128


class Body(NamedTuple):
    """What stays between two pictures of one person, all in shares of the picture's half width."""

    width: float
    lung_width: float
    lung_height: float
    heart: float
    ribs: int
    tilt: float


def draw_body(rng: np.random.Generator) -> Body:
    """A person."""
    return Body(
        width=rng.uniform(0.78, 0.98),
        lung_width=rng.uniform(0.28, 0.36),
        lung_height=rng.uniform(0.55, 0.7),
        heart=rng.uniform(0.2, 0.3),
        ribs=int(rng.integers(7, 10)),
        tilt=rng.normal(0, 0.03),
    )


def draw(rng: np.random.Generator, body: Body, consolidations: int) -> np.ndarray:
    """One picture of a person.

    Args:
        rng: of all chances: position, exposure, grain, and where the consolidations lie.
        body: the person.
        consolidations: how many parts of the lungs are filled; 0 for a picture without a finding.

    Returns:
        uint8 [128, 128], high is dense.
    """
    import cv2

    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    x, y = x + rng.normal(0, 0.03) + body.tilt * y, y + rng.normal(0, 0.04)
    lungs = _lungs(x, y, body)
    torso = _soft(1.0 - np.abs(x) / (body.width * (0.86 + 0.14 * np.clip(y + 0.6, 0, 1))), 0.04)
    shoulders = _soft((y + 0.92 - 0.5 * np.abs(x) ** 2) / 1.0, 0.05)
    neck = _soft(1.0 - np.abs(x) / 0.2, 0.05) * (y < -0.6)
    inside = np.maximum(torso * shoulders, neck)
    dense = inside * (0.62 - 0.4 * lungs)
    dense += 0.16 * inside * _soft(1.0 - np.abs(x) / 0.11, 0.3)
    heart = ((x - 0.13) / body.heart) ** 2 + ((y - 0.28) / (1.25 * body.heart)) ** 2
    dense += 0.17 * _soft(1.0 - heart, 0.15)
    dense += lungs * (_bones(x, y, body) + 0.05 * _clouds(rng, 6) + 0.04 * _clouds(rng, 20))
    for _ in range(consolidations):
        dense += lungs * _consolidation(rng, x, y, body)
    grey = dense.clip(0, None) ** rng.uniform(0.8, 1.25) * rng.uniform(200, 260)
    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.0))
    grey += rng.normal(0, rng.uniform(2, 7), grey.shape) + rng.uniform(4, 14)
    picture = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return cv2.putText(picture, "R", (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 220, 1)


def _soft(inside: np.ndarray, edge: float) -> np.ndarray:
    """0..1, 1 where ``inside`` is clearly above 0."""
    return 1.0 / (1.0 + np.exp(-np.clip(inside / edge, -30, 30)))


def _lungs(x: np.ndarray, y: np.ndarray, body: Body) -> np.ndarray:
    """How much of each place is lung, 0..1."""
    found = np.zeros_like(x)
    for side in (-1, 1):
        # Narrower towards the top, and cut off by the dome of the diaphragm below.
        middle = side * (0.42 + 0.05 * y)
        width = body.lung_width * (1.0 + 0.25 * np.clip(y, -1, 0.5))
        oval = 1.0 - ((x - middle) / width) ** 2 - (np.abs(y + 0.05) / body.lung_height) ** 2.6
        dome = 0.62 + 0.05 * side - 0.35 * (x - middle) ** 2 / body.lung_width
        found = np.maximum(found, _soft(oval, 0.12) * _soft(dome - y, 0.04))
    return found


def _bones(x: np.ndarray, y: np.ndarray, body: Body) -> np.ndarray:
    """Ribs and collar bones, added density."""
    spacing = 1.35 / body.ribs
    bend = y - 0.5 * (np.abs(x) - 0.42) ** 2 + 0.25 * np.abs(x)
    ribs = np.cos(2 * np.pi * bend / spacing).clip(0, None) ** 6
    collar = np.exp(-(((y + 0.62 - 0.25 * np.abs(x)) / 0.035) ** 2))
    return 0.09 * ribs + 0.16 * collar


def _clouds(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Smooth noise with about so many cells a side, mean 0, standard deviation 1."""
    import cv2

    coarse = rng.normal(0, 1, (cells, cells))
    return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _consolidation(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, body: Body
) -> np.ndarray:
    """A part of a lung that is filled: dense, cloudy, with a soft edge; sometimes hardly seen."""
    side = rng.choice((-1, 1))
    middle_x = side * 0.42 + rng.uniform(-0.5, 0.5) * body.lung_width
    middle_y = rng.uniform(-0.4, 0.45)
    size_x, size_y = rng.uniform(0.1, 0.28, 2)
    distance = ((x - middle_x) / size_x) ** 2 + ((y - middle_y) / size_y) ** 2
    cloudy = np.clip(1.0 + 0.35 * _clouds(rng, 14), 0, None)
    return rng.uniform(0.14, 0.5) * np.exp(-distance) * cloudy

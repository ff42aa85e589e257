"""How much an area differs from the next one in all its aspects together.

Each aspect (light, roughness) changes a little everywhere on a good part, and some change together.
In units of what good parts change, a small step of several aspects at once is a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .channels import EDGE, STEPS, WAYS

_LEAST_PLACES = 30
# Added to roughness before the logarithm.
_SMOOTH = 1e-3
_LEAST_CHANGE = 1e-6


def areas_of(aspects: np.ndarray, looked_at: np.ndarray | None = None) -> list[np.ndarray]:
    """Each place's surroundings.

    Args:
        aspects: of each cell, light (a logarithm) first and roughness, float32 [rows, columns, A].
        looked_at: which cells are inspected, bool [rows, columns]; None for all.

    Returns:
        for each of ``STEPS`` the mean light, less that of the whole picture, and the logarithm of
        the mean roughness of the square of so many cells, float32 [rows, columns, A]; not a number
        where it reaches into the picture's edge or into what is not inspected.

    Example:
        >>> wide, wider = areas_of(np.ones((20, 24, 5), np.float32))
        >>> [int(np.isfinite(area[10, :, 0]).sum()) for area in (wide, wider)]
        [15, 11]
    """
    there = np.zeros(aspects.shape[:2], np.float32)
    there[EDGE:-EDGE, EDGE:-EDGE] = 1.0
    if looked_at is not None:
        there *= looked_at
    known = np.where(there > 0, np.moveaxis(aspects, -1, 0), np.float32(0))
    known[0] -= known[0].sum() / max(there.sum(), 1.0)
    known[0] *= there
    found = []
    for step in STEPS:
        area, whole = _means(known, step), _means(there[None], step)[0]
        # Sums that run along a row may round just below nothing.
        area[1:] = np.log(np.maximum(area[1:], 0.0) + _SMOOTH)
        area[:, whole < 1 - 1e-3] = np.nan
        found.append(np.moveaxis(area, 0, -1))
    return found


def _means(maps: np.ndarray, side: int) -> np.ndarray:
    """The mean of the square around each place of maps [A, rows, columns], nothing beyond them."""
    size, beyond = (side, side), cv2.BORDER_CONSTANT
    return np.stack([cv2.boxFilter(one, -1, size, borderType=beyond) for one in maps])


def moments_of(areas: Sequence[np.ndarray]) -> np.ndarray:
    """How much, and how much together, a picture's aspects change.

    Args:
        areas: from :func:`areas_of`.

    Returns:
        mean products, float64 [ways * steps, A, A]; not a number where too little can be compared.
    """
    depth = areas[0].shape[-1]
    found = np.full((len(WAYS) * len(STEPS), depth, depth), np.nan)
    for number, change in enumerate(_changes(areas)):
        some = change[np.isfinite(change[..., 0])]
        if len(some) >= _LEAST_PLACES:
            found[number] = some.T @ some / len(some)
    return found


@dataclass(frozen=True, eq=False)
class Units:
    """What good parts usually change from one area to the next.

    Args:
        whiten: what makes the changes of aspects uncorrelated and of one spread, float32
            [ways * steps, A, A]; not a number where no part was large enough to tell.
        weights: how much each way counts, float32 [ways], together 1. Along the grain of a ground
            or rolled surface good parts hardly change, and what does tells most.
    """

    whiten: np.ndarray
    weights: np.ndarray

    @classmethod
    def fit(cls, moments: np.ndarray, groups: np.ndarray) -> Units:
        """From good parts.

        Args:
            moments: of n pictures, from :func:`moments_of`, [n, ways * steps, A, A].
            groups: the part of each picture [n]; a part with several pictures counts once.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> streaks = rng.normal(0, 1, (1, 40, 5)) + rng.normal(0, 0.1, (40, 40, 5))
            >>> moments = moments_of(areas_of(np.exp(streaks).astype(np.float32)))
            >>> down, across = Units.fit(moments[None], np.zeros(1)).weights
            >>> bool(down > 10 * across)
            True
        """
        _, group, size = np.unique(groups, return_inverse=True, return_counts=True)
        known = np.isfinite(moments)
        shares = known / size[group][:, None, None, None]
        total = shares.sum(axis=0)
        mean = (np.nan_to_num(moments) * shares).sum(axis=0) / np.maximum(total, 1e-9)
        whiten = np.full_like(mean, np.nan)
        for number, one in enumerate(mean):
            if total[number, 0, 0] > 0:
                floor = _LEAST_CHANGE * (1 + np.trace(one))
                whiten[number] = np.linalg.cholesky(np.linalg.inv(one + floor * np.eye(len(one))))
        light = np.where(total[:, 0, 0] > 0, mean[:, 0, 0] + _LEAST_CHANGE, np.nan)
        tells = np.nan_to_num(1 / light).reshape(len(WAYS), -1).mean(axis=1)
        weights = tells / tells.sum() if tells.any() else np.full(len(WAYS), 1 / len(WAYS))
        return cls(whiten.astype(np.float32), weights.astype(np.float32))

    def distances(self, areas: Sequence[np.ndarray]) -> np.ndarray:
        """How large the change around each place is, 1 for a usual one.

        Args:
            areas: from :func:`areas_of`.

        Returns:
            float32 [rows, columns, ways * steps]; not a number where nothing can be compared.
        """
        # Aspects first, as they lie in memory: a few long rows take less than many short ones.
        found = [
            np.sqrt((np.tensordot(whiten.T, np.moveaxis(change, -1, 0), 1) ** 2).mean(axis=0))
            for change, whiten in zip(_changes(areas), self.whiten, strict=True)
        ]
        return np.moveaxis(np.stack(found), 0, -1)


def _changes(areas: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What lies after each place less what lies before it, [rows, columns, A], by way and step."""
    found = []
    for axis in range(len(WAYS)):
        for area, step in zip(areas, STEPS, strict=True):
            along = np.moveaxis(np.asarray(area, np.float32), axis, 0)
            change = np.full_like(along, np.nan)
            if len(along) > step:
                half = step // 2
                change[half : len(along) - step + half] = along[step:] - along[:-step]
            found.append(np.moveaxis(change, 0, axis))
    return found

"""Says which pictures are no X-ray like those that a network was trained on, before it is asked.

A network answers for every picture, also for a road. The gate compares a picture with the training
pictures in five figures and refuses what lies too far out:

- *likeness*: how much its shapes stand where theirs do, and not where they stand in turned, cut up
  or inverted ones, or in drawn surfaces;
- *pattern*: what is left of it that no mixture of their main components gives;
- *mixture*: how usual that mixture is;
- *contrast* and *detail*: how strongly and how finely its grey values change.

Nothing here knows of chests: what is usual is learned from the pictures given, of any classes.
NumPy alone, no network. The statistics are in :mod:`.gate_features`, fitting in
:mod:`.gate_fitting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .gate_features import Described, describe

_ROWS = 3
PARTS = ("likeness", "pattern", "mixture", "contrast", "detail")


@dataclass(frozen=True, eq=False)
class Gate:
    """A fitted gate.

    Args:
        mean: of the training thumbnails, float32 [D].
        components: their main components, float16 [K, D].
        spread: standard deviation along each, float32 [K].
        weights: of the likeness, float32 [D + shapes].
        centre: of the five figures, float64 [5].
        scale: standard deviation of each, float64 [5].
        precision: inverse of their covariance, float64 [5, 5].
        limits: of the likeness by itself and of the five together; what is refused lies beyond.
        fitted_on: ``{"rate", "train", "valid", "refused"}``: the rate asked for, how many pictures,
            and the share of the validation pictures, as they are, that is refused.
        origin: what the files of the training pictures were, from :func:`.gate_records.origin`.

    Example:
        >>> rows = np.linspace(0, 255, 28)[:, None]
        >>> noise = np.random.default_rng(0).normal(0, 12, (80, 28, 28))
        >>> ramps = np.clip(rows + noise, 0, 255).astype(np.uint8)[..., None]
        >>> gate = Gate.fit(ramps[:60], ramps[60:])
        >>> gate.judge(np.concatenate([ramps[:1], 255 - ramps[:1]]))[1].tolist()
        [True, False]
    """

    mean: np.ndarray
    components: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    precision: np.ndarray
    limits: np.ndarray
    fitted_on: Mapping[str, Any]
    origin: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        train_x: np.ndarray,
        valid_x: np.ndarray,
        rate: float = 0.02,
        seed: int = 0,
        origin: Mapping[str, Any] | None = None,
    ) -> Gate:
        """What is usual, from training pictures; how far is too far, from validation pictures.

        Both are taken as they are and gently varied, as another device or a tilted patient might
        have made them: the gate shall refuse what is something else, not what is a little worse.

        Args:
            train_x: uint8 [n, H, W, C], of all classes, at least 20.
            valid_x: uint8 [m, H, W, C]; the training pictures again where there are none.
            rate: share of the validation pictures and their varied copies that is refused. Of the
                pictures as they are about half of it (``fitted_on`` tells).
            seed: of variation and drawn surfaces.
            origin: what the files of the training pictures were.

        Raises:
            DataError: ``medical_imaging.gate.too_few``.
        """
        from .gate_fitting import fit

        return cls(**fit(train_x, valid_x, rate, seed), origin=dict(origin or {}))

    @cached_property
    def _components(self) -> np.ndarray:
        """As they are multiplied with, float32 [D, K]."""
        return np.ascontiguousarray(self.components.T, np.float32)

    def judge(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far pictures lie out.

        Args:
            x: uint8 [n, H, W, C], as they enter the network.

        Returns:
            the distance as a multiple of the limit, float32 [n]; whether it is at most 1, bool
            [n]; and which of ``PARTS`` adds most to it, strings [n].
        """
        deviation = (self.figures(describe(x)) - self.centre) / self.scale
        ratios = self.distances(deviation) / self.limits
        distance = ratios.max(axis=1).astype(np.float32)
        part = np.abs(deviation).argmax(axis=1)
        part[ratios[:, 0] >= ratios[:, 1]] = 0
        return distance, distance <= 1, np.array(PARTS)[part]

    def figures(self, described: Described) -> np.ndarray:
        """The five figures [n, 5] of described pictures, in the order of ``PARTS``."""
        away = described.thumbnails - self.mean
        inside = _products(away, self._components)
        left = (away**2).sum(axis=1) - (inside**2).sum(axis=1)
        pattern = np.sqrt(np.maximum(left, 0) / away.shape[1])
        mixture = np.sqrt(((inside / self.spread) ** 2).mean(axis=1))
        all_shapes = np.concatenate([described.thumbnails, described.shapes], axis=1)
        columns = (
            _products(all_shapes, self.weights[:, None])[:, 0],
            np.log(pattern + 1e-3),
            np.log(mixture + 1e-3),
            described.contrast,
            described.detail,
        )
        return np.stack(columns, axis=1).astype(np.float64)

    def distances(self, deviation: np.ndarray) -> np.ndarray:
        """Of figures [n, 5] in standard deviations: likeness alone, and all together, [n, 2]."""
        both = np.einsum("ni,ij,nj->n", deviation, self.precision, deviation)
        # Nothing is too much like an X-ray.
        alone = np.maximum(-deviation[:, 0], 0)
        return np.stack([alone, np.sqrt(np.maximum(both, 0))], axis=1)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What was learned: a JSON dictionary, and arrays of some 200 KB."""
        about = {"fitted_on": dict(self.fitted_on), "origin": dict(self.origin)}
        return about, {
            "mean": self.mean,
            "components": self.components,
            "spread": self.spread,
            "weights": self.weights,
            "centre": self.centre,
            "scale": self.scale,
            "precision": self.precision,
            "limits": self.limits,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Gate:
        """The gate that :meth:`state` described."""
        return cls(**arrays, fitted_on=state["fitted_on"], origin=state.get("origin", {}))


def _products(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """``rows [n, D] @ matrix [D, K]``, a few rows at a time.

    Larger products wake the linear algebra library's threads, whose waiting costs more CPU time
    than the whole gate (measured), while other batches are scored beside this one.
    """
    parts = [rows[at : at + _ROWS] @ matrix for at in range(0, len(rows), _ROWS)]
    return np.concatenate(parts) if parts else np.empty((0, matrix.shape[1]), np.float32)

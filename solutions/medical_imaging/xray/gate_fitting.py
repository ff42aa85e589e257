"""Fits the gate: what is usual in training pictures, and how far from it validation ones lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core.errors import DataError
from lepton_core.training.augmentation import Augmentation, augment

from .gate import Gate
from .gate_features import Described, describe
from .gate_foreign import foreign_pictures

# As much as another device, a hurried exposure or a tilted patient would change.
GENTLE = Augmentation(
    flip_left_right=False,
    shift=0.03,
    brightness=0.07,
    contrast=0.2,
    rotation=7.0,
    zoom=0.07,
    aspect=0.04,
    gamma=0.2,
    blur=0.02,
    noise=0.035,
)
_LEAST = 20
_COMPONENTS = 100
_RIDGE = 0.1
# So many described pictures at least; few training pictures are varied several times.
_ENOUGH = 1000
_MOST_COPIES = 20


def fit(train_x: np.ndarray, valid_x: np.ndarray, rate: float, seed: int) -> dict[str, Any]:
    """The arguments of :class:`~.gate.Gate`; see :meth:`~.gate.Gate.fit`."""
    if not 0 < rate < 1:
        raise ValueError(f"rate lies in 0..1. Received: rate={rate!r}")
    if len(train_x) < _LEAST:
        raise DataError("medical_imaging.gate.too_few", n=len(train_x), least=_LEAST)
    generator = np.random.default_rng(seed)
    usual = _described(train_x, generator)
    mean, components, spread = _main_components(usual.thumbnails, len(train_x))
    weights = _likeness(usual, describe(foreign_pictures(train_x, generator)))
    unlimited: dict[str, Any] = {
        "mean": mean,
        "components": components,
        "spread": spread,
        "weights": weights,
        "centre": np.zeros(5),
        "scale": np.ones(5),
        "precision": np.eye(5),
        "limits": np.ones(2),
        "fitted_on": {},
    }
    figures = Gate(**unlimited).figures(usual)
    centre, scale = figures.mean(axis=0), figures.std(axis=0) + 1e-6
    usual_away = (figures - centre) / scale
    # A figure that never varies would have no inverse.
    correlation = usual_away.T @ usual_away / len(usual_away) + 1e-3 * np.eye(5)
    precision = np.linalg.inv(correlation)
    unlimited |= {"centre": centre, "scale": scale, "precision": precision}
    held = valid_x if len(valid_x) else train_x
    limits = _limits(Gate(**unlimited), held, rate, generator)
    gate = Gate(**(unlimited | {"limits": limits}))
    refused = float((~gate.judge(held)[1]).mean())
    about = {"rate": rate, "train": len(train_x), "valid": len(valid_x), "refused": refused}
    return unlimited | {"limits": limits, "fitted_on": about}


def _described(x: np.ndarray, generator: np.random.Generator) -> Described:
    """Pictures as they are and varied, described."""
    copies = int(np.clip(-(-_ENOUGH // len(x)) - 1, 1, _MOST_COPIES))
    parts = [describe(x), *(describe(augment(x, GENTLE, generator)) for _ in range(copies))]
    return Described(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _main_components(
    thumbnails: np.ndarray, pictures: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = thumbnails.mean(axis=0)
    away = thumbnails - mean
    values, vectors = np.linalg.eigh((away.T @ away).astype(np.float64) / len(away))
    # More components than a quarter of the pictures would hold the pictures, not what is usual.
    kept = slice(-1, -1 - max(min(_COMPONENTS, pictures // 4), 1), -1)
    spread = np.sqrt(np.maximum(values[kept], 1e-6)).astype(np.float32)
    return mean, vectors[:, kept].T.astype(np.float16), spread


def _likeness(usual: Described, foreign: Described) -> np.ndarray:
    """Weights whose sum is high for usual pictures and low for foreign ones, by ridge regression.

    Each side counts the same, however many pictures it has.
    """
    sides = [np.concatenate([d.thumbnails, d.shapes], axis=1) for d in (usual, foreign)]
    middle = sum(side.mean(axis=0, dtype=np.float64) for side in sides) / 2
    away = [(side - middle).astype(np.float32) for side in sides]
    spread = np.sqrt(sum((side**2).mean(axis=0) for side in away) / 2) + 1e-3
    away = [side / spread for side in away]
    together = sum((side.T @ side).astype(np.float64) / len(side) for side in away)
    apart = (away[0].mean(axis=0) - away[1].mean(axis=0)).astype(np.float64)
    together += _RIDGE * np.trace(together) / len(together) * np.eye(len(together))
    return (np.linalg.solve(together, apart) / spread).astype(np.float32)


def _limits(
    gate: Gate, held: np.ndarray, rate: float, generator: np.random.Generator
) -> np.ndarray:
    """Limits of both distances, each passed by as many pictures, and by ``rate`` in all."""
    figures = gate.figures(_described(held, generator))
    found = gate.distances((figures - gate.centre) / gate.scale)
    low, high = 0.0, rate
    for _ in range(30):
        middle = (low + high) / 2
        beyond = (found > np.quantile(found, 1 - middle, axis=0)).any(axis=1).mean()
        low, high = (low, middle) if beyond > rate else (middle, high)
    return np.maximum(np.quantile(found, 1 - low, axis=0), 1e-6)

"""Anomaly maps as color: how strange each place is, in the same measure in every picture."""

from __future__ import annotations

import numpy as np

from lepton_core.decision.outlier import Outlier


def strange_level(decision: Outlier, maps: np.ndarray) -> float:
    """What no more good parts reach anywhere in the map than may fail.

    Without held-out good parts: the strangest place of a usual one of these maps.

    Args:
        decision: with the held-out good parts' strangest places.
        maps: float [h, w] or [n, h, w].
    """
    if decision.places.groups:
        return decision.places.threshold(decision.asked)
    return float(np.median(np.asarray(maps).max(axis=(-2, -1))))


def strangeness(found: np.ndarray, usual: float, strange: float) -> np.ndarray:
    """A map in 0..1: none is what is usual, half what hardly any good part has anywhere.

    Args:
        found: float [h, w].
        usual: what most places have.
        strange: of :func:`strange_level`.

    Example:
        >>> strangeness(np.array([[1.0, 2.0, 3.0, 9.0]]), 1.0, 3.0).tolist()
        [[0.0, 0.25, 0.5, 1.0]]
    """
    share = (found - usual) / max(2 * (strange - usual), 1e-9)
    return np.asarray(np.clip(share, 0.0, 1.0))

"""How much a model doubts a picture, from the probabilities that it gives."""

from __future__ import annotations

import numpy as np


def margin_doubt(probabilities: np.ndarray) -> np.ndarray:
    """One less the lead of the likeliest class over the next, float64 [n], 0 to 1.

    Args:
        probabilities: float [n, C] of C classes, at least two.

    Source:
        Scheffer et al., Active Hidden Markov Models for Information Extraction, 2001.

    Example:
        >>> margin_doubt(np.array([[0.9, 0.1, 0.0], [0.4, 0.4, 0.2]])).round(3).tolist()
        [0.2, 1.0]
    """
    two = np.partition(np.asarray(probabilities, np.float64), -2, axis=1)[:, -2:]
    return 1.0 - (two[:, 1] - two[:, 0])

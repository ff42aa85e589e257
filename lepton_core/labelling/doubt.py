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


def entropy_doubt(probabilities: np.ndarray) -> np.ndarray:
    """Entropy as a share of the largest possible one, float64 [n], 0 to 1.

    Args:
        probabilities: float [n, C] of C classes, at least two.

    Source:
        Shannon, A Mathematical Theory of Communication, 1948.

    Example:
        >>> entropy_doubt(np.array([[1.0, 0.0], [0.5, 0.5]])).round(3).tolist()
        [0.0, 1.0]
    """
    p = np.asarray(probabilities, np.float64)
    logs = np.log(np.maximum(p, 1e-12))
    found: np.ndarray = -(p * logs).sum(axis=1) / np.log(p.shape[1])
    return np.maximum(found, 0.0)


def disagreement(views: np.ndarray) -> np.ndarray:
    """How far several views of each picture contradict each other, float64 [n], 0 to 1.

    The entropy of their mean less their mean entropy: nought where all views say the same, however
    unsure they are; most where each is sure of something else.

    Args:
        views: probabilities, float [V, n, C].

    Source:
        Houlsby et al., Bayesian Active Learning for Classification and Preference Learning, 2011.

    Example:
        >>> one, other = [[1.0, 0.0]], [[0.0, 1.0]]
        >>> disagreement(np.array([one, other])).round(3).tolist()
        [1.0]
        >>> disagreement(np.array([[[0.5, 0.5]], [[0.5, 0.5]]])).round(3).tolist()
        [0.0]
    """
    each = np.mean([entropy_doubt(view) for view in views], axis=0)
    return np.maximum(entropy_doubt(np.mean(views, axis=0)) - each, 0.0)

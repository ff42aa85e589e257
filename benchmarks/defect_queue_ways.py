"""Ways to choose what is labelled next: what `lepton queue` does, and what was tried beside it."""

from __future__ import annotations

import numpy as np
from defect_queue_network import Network

from lepton_core.labelling.doubt import margin_doubt
from lepton_core.labelling.spread import k_centre

WAYS = ("random", "margin", "margin3+spread", "margin3+said", "views", "spread")


def choose(
    way: str, network: Network, x: np.ndarray, labelled: np.ndarray, n: int, seed: int
) -> np.ndarray:
    """Which ``n`` pictures of the pool are labelled next."""
    rest = np.setdiff1d(np.arange(len(x)), labelled)
    if way == "random":
        return np.random.default_rng([seed, len(labelled)]).permutation(rest)[:n]
    p, pooled = network.seen(x[rest])
    if way == "views":
        turned = [p, *(network.probabilities(view) for view in views(x[rest]))]
        return rest[np.argsort(-disagreement(np.stack(turned)), kind="stable")[:n]]
    if way == "spread":
        return rest[k_centre(pooled, n, known=network.seen(x[labelled])[1])]
    doubt = margin_doubt(p)
    if way == "margin":
        return rest[np.argsort(-doubt, kind="stable")[:n]]
    times, _, kind = way.removeprefix("margin").partition("+")
    among = np.argsort(-doubt, kind="stable")[: n * int(times)]
    seen = pooled if kind == "spread" else np.log(p + 1e-6)
    return rest[among[k_centre(seen[among], n, first=0)]]


def views(x: np.ndarray) -> list[np.ndarray]:
    """Mirrored copies, and copies moved by a sixteenth of the side."""
    step = max(x.shape[1] // 16, 1)
    moved = [np.roll(x, by, axis) for axis in (1, 2) for by in (step, -step)]
    return [x[:, ::-1], x[:, :, ::-1], *moved]


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

"""A logit to a calibrated probability by two numbers, and how sure these numbers are."""

from __future__ import annotations

import numpy as np

_LEAST_SLOPE = 1e-3

Spread = tuple[float, float, float]


def platt(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and offset by Newton's method on Platt's smoothed targets.

    Args:
        scores: logits, float64 [n].
        labels: 0 or 1 [n]; both occur.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """
    positives = labels.sum()
    high = (positives + 1.0) / (positives + 2.0)
    low = 1.0 / (len(labels) - positives + 2.0)
    target = np.where(labels == 1, high, low)
    centre, scale = scores.mean(), max(scores.std(), 1e-6)
    design = np.stack([(scores - centre) / scale, np.ones_like(scores)], axis=1)
    rate = positives / len(labels)
    weights = np.array([1.0, np.log(rate / (1 - rate))])
    for _ in range(50):
        p = 0.5 * (1 + np.tanh(0.5 * (design @ weights)))
        gradient = design.T @ (p - target)
        curvature = (design * (p * (1 - p) + 1e-12)[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        weights -= step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    slope = weights[0] / scale
    if slope < _LEAST_SLOPE:
        # A score that ranks backwards cannot be calibrated: its order is kept, everyone gets
        # nearly the base rate, and the figures tell.
        return _LEAST_SLOPE, float(np.log(rate / (1 - rate)) - _LEAST_SLOPE * centre)
    return float(slope), float(weights[1] - slope * centre)


def platt_spread(
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> Spread:
    """How much the calibration changes when other records had been held out.

    Slope and offset are fitted again on resamples of whole groups.

    Args:
        scores: logits [n] of the held-out records.
        labels: 0 or 1 [n].
        groups: the patient, card or machine of each record, [n]; each its own without.
        resamples: how many.
        seed: of the resamples.

    Returns:
        the variance of the slope, its covariance with the offset, and the offset's variance, about
        the values fitted on all records: what gives the variance of any calibrated logit.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Example:
        >>> scores, labels = np.linspace(-4, 4, 200), np.arange(200) % 40 > 19
        >>> few, many = (platt_spread(np.tile(scores, k), np.tile(labels, k)) for k in (1, 9))
        >>> many[2] < few[2]
        True
    """
    given, truth = np.asarray(scores, np.float64), np.asarray(labels).astype(np.int64)
    names = np.arange(len(given)) if groups is None else np.unique(groups, return_inverse=True)[1]
    # Rows of each group, one after the other.
    order = np.argsort(names, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(names))[:-1])
    whole = np.array(platt(given, truth))
    generator = np.random.default_rng(seed)
    away = []
    for _ in range(resamples):
        rows = np.concatenate([parts[i] for i in generator.integers(0, len(parts), len(parts))])
        if 0 < truth[rows].sum() < len(rows):
            away.append(np.array(platt(given[rows], truth[rows])) - whole)
    if not away:
        return (0.0, 0.0, 0.0)
    found = np.stack(away).T @ np.stack(away) / len(away)
    return float(found[0, 0]), float(found[0, 1]), float(found[1, 1])

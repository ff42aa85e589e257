"""Bins through which a network reads numbers, as trees do through thresholds, in NumPy."""

from __future__ import annotations

import numpy as np


def fit_bins(features: np.ndarray, n_bins: int) -> np.ndarray:
    """Bins of each feature: two thirds follow its quantiles, one third its range.

    Args:
        features: float32 [N, F], rows of the training split only.
        n_bins: bins a feature; where values are few, some stay unused.

    Returns:
        float32 [F, n_bins, 2], lower edge and width; width 0 is unused.
    """
    n_even = n_bins // 3
    quantiles = np.quantile(features, np.linspace(0.0, 1.0, n_bins - n_even + 1), axis=0)
    bins = np.zeros((features.shape[1], n_bins, 2), dtype=np.float32)
    for feature in range(features.shape[1]):
        low, high = quantiles[0, feature], quantiles[-1, feature]
        # Rare values carry the frauds and lie beyond every quantile: hence the even edges.
        edges = np.concatenate([quantiles[:, feature], np.linspace(low, high, n_even + 1)])
        edges = np.unique(np.round((edges - low) / max(high - low, 1e-9), 3))
        edges = low + (high - low) * edges[: n_bins + 1]
        bins[feature, : len(edges) - 1] = np.stack([edges[:-1], np.diff(edges)], axis=1)
    return bins


def bin_weights(bins: np.ndarray) -> list[np.ndarray]:
    """Weights of a dense layer with a hard sigmoid that gives the share of each bin passed.

    ``clip((x - low) / width, 0, 1)`` is ``clip(y / 6 + 1/2, 0, 1)`` of a matrix product y.

    Args:
        bins: float32 [F, n_bins, 2], from `fit_bins`.

    Returns:
        kernel float32 [F, F * n_bins] and bias float32 [F * n_bins].
    """
    n_features, n_bins, _ = bins.shape
    low, width = bins[..., 0], bins[..., 1]
    slope = np.where(width > 0, 6.0 / np.maximum(width, 1e-9), 0.0)
    kernel = np.zeros((n_features, n_features, n_bins), dtype=np.float32)
    kernel[np.arange(n_features), np.arange(n_features)] = slope
    return [kernel.reshape(n_features, -1), (-low * slope - 3.0).astype(np.float32).ravel()]

"""Alternating least squares against the equations it solves."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.retail_recommender.next_item import least_squares


@pytest.mark.parametrize("together", [1, 400_000])
def test_each_row_solves_its_own_equations(monkeypatch, together):
    monkeypatch.setattr(least_squares, "_TOGETHER", together)
    rng = np.random.default_rng(0)
    fixed = rng.standard_normal((60, 8)).astype(np.float32)
    # From no interaction to more than the width, unordered.
    pairs = [(row, int(other)) for row in range(9) for other in rng.permutation(60)[: row * 6]]
    rows, others = np.array(pairs)[rng.permutation(len(pairs))].T
    found = least_squares.solve(rows, others, 10, fixed, confidence=3.0, strength=0.5)
    for row in range(10):
        y = fixed[others[rows == row]].astype(np.float64)
        left = fixed.T @ fixed + 0.5 * np.eye(8) + 3 * y.T @ y
        np.testing.assert_allclose(found[row], np.linalg.solve(left, 4 * y.sum(axis=0)), atol=2e-4)


def test_customers_of_one_taste_find_each_others_items():
    rng = np.random.default_rng(1)
    taste = np.arange(40) % 2
    bought = (rng.random((40, 30)) < 0.4) & (taste[:, None] == np.arange(30) % 2)
    users, items = np.nonzero(bought)
    customers, goods = least_squares.alternate(users, items, (40, 30), width=4)
    scores = customers @ goods.T
    own = (taste[:, None] == np.arange(30) % 2) & ~bought
    other = taste[:, None] != np.arange(30) % 2
    assert scores[own].mean() > scores[other].mean() + 0.3

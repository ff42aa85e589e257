"""The network: padding says nothing, lengths are free, and each review is learned from once."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.retail_recommender.reviews.config import ModelConfig

CONFIG = ModelConfig(embedding=4, filters=3, members=2)


@pytest.fixture(scope="module")
def network():
    return pytest.importorskip("solutions.retail_recommender.reviews.model")


def tokens(seed: int = 0, n: int = 70) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = np.zeros((n, 80), np.int32)
    for row, size in enumerate(rng.integers(1, 81, n)):
        made[row, :size] = rng.integers(1, 50, size)
    return made


def test_padding_says_nothing(network) -> None:
    model = network.build(CONFIG, 50, 0.3)
    some = tokens()[:, :20]
    padded = np.pad(some, ((0, 0), (0, 15)))
    evidence = np.ones((len(some), 1), np.float32)
    short, long = (np.asarray(model([x, evidence])) for x in (some, padded))
    assert np.allclose(short, long, atol=1e-6)


def test_the_share_of_the_evidence(network) -> None:
    model = network.build(CONFIG, 50, 0.25)
    one, two = (np.asarray(model([tokens(), np.full((70, 1), v, np.float32)])) for v in (0.0, 4.0))
    assert np.allclose(two - one, 1.0, atol=1e-5)


def test_each_review_once_an_epoch_and_the_first_two_lots_differ_in_length(network) -> None:
    given = tokens()
    for seed in range(5):
        data = network.LikeLengths(given, np.arange(70), 16, seed)
        seen = np.concatenate([data[at][1] for at in range(len(data))])
        assert sorted(seen.tolist()) == list(range(70))
        assert data[0][0].shape[1] != data[1][0].shape[1]
        for at in range(len(data)):
            lot, rows = data[at]
            assert all((lot[k] != 0).sum() == (given[r] != 0).sum() for k, r in enumerate(rows))
        # Of like length: much less padding than in the order they came.
        assert sum(data[at][0].size for at in range(len(data))) < 0.85 * given.size

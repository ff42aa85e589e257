"""Several times ahead: each has an interval of its own that covers."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.decision import Ahead, from_json
from lepton_core.errors import DataError
from lepton_core.spec import FURTHER, Column, Spec

LEVELS = (0.05, 0.5, 0.95)


def made(n: int, spread: tuple[float, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles that are one wide whatever the truth's spread, [n, times, 3], and truths."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(50, 150, (n, len(spread)))
    truth = centre + rng.normal(0, 1, centre.shape) * spread
    return np.stack([centre - 1, centre, centre + 1], axis=2), truth


def test_each_time_ahead_covers_by_itself() -> None:
    scores, truth = made(2000, (2.0, 10.0))
    decision = Ahead((5.0, 60.0), LEVELS).fitted(scores, truth)
    scores, truth = made(2000, (2.0, 10.0), seed=1)
    low, _, high = decision.ends(scores)
    covered = ((truth >= low) & (truth <= high)).mean(axis=0)
    np.testing.assert_allclose(covered, 0.9, atol=0.02)
    assert decision.margins[1] > decision.margins[0]


def test_unknown_truths_count_nothing() -> None:
    scores, truth = made(400, (2.0, 2.0))
    some = truth.copy()
    some[200:, 1] = np.nan
    decision = Ahead((5.0, 60.0), LEVELS)
    assert decision.fitted(scores, some).margins[0] == decision.fitted(scores, truth).margins[0]
    with pytest.raises(DataError):
        decision.fitted(scores, np.full_like(truth, np.nan))


def test_a_value_lies_within_its_ends_and_above_the_limit() -> None:
    scores = np.array([[[9.0, -3.0, 2.0]]])  # crossed
    decision = Ahead((5.0,), LEVELS, margins=(-1.5,), low_limit=0.0)
    low, value, high = decision.ends(scores)
    assert 0 <= low[0, 0] <= value[0, 0] <= high[0, 0]


def test_it_survives_json_and_names_its_columns() -> None:
    decision = Ahead((5.0, 7.5), LEVELS, margins=(1.0, 2.0), flags=("a", "b"), fitted_on={"n": 3})
    assert from_json(decision.to_json()) == decision
    assert decision.further_outputs()[3:] == ("value_7.5", "low_7.5", "high_7.5")
    columns = decision.apply({"score": np.zeros((2, 2, 3)), "notes": np.array([0.0, 3.0])})
    assert columns["reason"].to_pylist() == ["", "a; b"]
    assert columns["review"].tolist() == [False, True]


@pytest.mark.parametrize("minutes", [(), (0.0,), (15.0, 5.0)])
def test_times_ahead_ascend_from_above_zero(minutes: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        Ahead(minutes, LEVELS)


def test_outputs_are_filled_in_their_place() -> None:
    spec = Spec((Column("record_id", "string"), Column(FURTHER, "float32"), Column("b", "string")))
    assert spec.filled(("value_5",)).names == ("record_id", "value_5", "b")
    assert spec.filled(()).names == ("record_id", "b")

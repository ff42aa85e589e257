"""Recent ids: as many as promised, the oldest give way, whatever the batches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.recent import RecentIds


def filled(n: int, cut: int, capacity: int = 640) -> RecentIds:
    recent = RecentIds(capacity)
    for start in range(0, n, cut):
        rows = np.arange(start, min(start + cut, n))
        ids, scores = [f"r{row}" for row in rows], rows.astype(np.float32)
        if cut == 1:
            recent.remember_one(ids[0], scores)
        else:
            recent.remember(pa.array(ids), {"score": scores})
    return recent


@pytest.mark.parametrize("n", [100, 640, 641, 650, 5000])
def test_what_is_left_does_not_depend_on_the_cut(n: int) -> None:
    whole = filled(n, n).export()
    for cut in (1, 7, 500):
        other = filled(n, cut).export()
        assert all(np.array_equal(whole[name], other[name]) for name in whole)


def test_the_last_ones_are_known_and_the_oldest_are_not() -> None:
    recent = filled(5000, 1)
    assert all(f"r{row}" in recent for row in range(5000 - 640, 5000))
    assert not any(f"r{row}" in recent for row in range(4300))
    positions, scores = recent.recall(pa.array(["r4999", "r1"]))
    assert (positions.tolist(), scores.tolist()) == ([0], [[4999.0]])

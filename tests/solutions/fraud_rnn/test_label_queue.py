"""Labels count when their delay has passed, in order, however the stream is cut."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.fraud_rnn.transactions.label_queue import FIELDS, LabelQueue, Labels

DELAY = 7.0


def labels(day: np.ndarray, rows: np.ndarray) -> Labels:
    """One label a row, told apart by its slot."""
    given = {"release": day[rows] + DELAY, "slot": rows, "day": day[rows]}
    given |= {"label": rows % 2, "evidence": day[rows] / 2}
    return {name: given[name].astype(kind) for name, kind in FIELDS.items()}


def run(day: np.ndarray, cut: int) -> list[tuple[int, int]]:
    """Row before which a label counts, and the label, in order."""
    queue, told, clock = LabelQueue(), [], -np.inf
    for start in range(0, len(day), cut):
        now = np.maximum.accumulate(np.maximum(day[start : start + cut], clock))
        clock = float(now[-1])
        rows = np.arange(start, min(start + cut, len(day)))
        due = queue.due(now, labels(day, rows), rows - start)
        told += list(zip((due["position"] + start).tolist(), due["slot"].tolist(), strict=True))
        again = LabelQueue()
        again.restore(queue.export())
        queue = again
    return told


@pytest.mark.parametrize("jitter", [0.0, 3.0], ids=["in order of time", "out of order"])
def test_every_cut_gives_the_same_labels_at_the_same_rows(jitter: float) -> None:
    rng = np.random.default_rng(2)
    day = np.sort(rng.uniform(0, 40, 5000)) + rng.uniform(-jitter, jitter, 5000)
    whole = run(day, 5000)
    assert run(day, 1) == run(day, 700) == whole
    clock = np.maximum.accumulate(day)
    for row, label in whole:
        # At the first row after its own whose clock has passed the delay.
        assert row > label
        assert clock[row] >= day[label] + DELAY
        assert row - 1 == label or clock[row - 1] < day[label] + DELAY
    late = set(range(5000)) - {label for _, label in whole}
    assert all(day[label] + DELAY > clock[-1] or label == 4999 for label in late)


def test_one_at_a_time_they_come_in_the_same_order() -> None:
    day = np.linspace(0, 30, 3000)
    queue = LabelQueue()
    rows = np.arange(3000)
    assert not len(queue.due(np.zeros(3000), labels(day, rows), rows)["slot"])
    popped = []
    while queue.is_due(20.0):
        popped.append(queue.pop()[0])
    assert popped == [row for row in range(3000) if day[row] + DELAY <= 20.0]

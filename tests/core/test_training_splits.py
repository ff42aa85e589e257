"""No row is in two parts, no group crosses, no test window starts before labels are known."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.training.splits import Split, group_split, random_split, time_split


def transactions(days: int = 60, a_day: int = 6) -> np.ndarray:
    steps = np.arange(days * a_day) * (86_400_000_000 // a_day)
    return np.datetime64("2018-04-01T00:00", "us") + steps.astype("timedelta64[us]")


def every_split() -> list[Split]:
    cards = np.random.default_rng(0).integers(0, 40, 1000)
    return [
        time_split(transactions(), train_days=7, valid_days=3, delay_days=7, test_days=7),
        random_split(1000, valid=0.1, test=0.2, seed=3, stratify=cards % 3),
        group_split(cards, valid=0.2, test=0.3, seed=3),
    ]


@pytest.mark.parametrize("split", every_split(), ids=["time", "random", "group"])
def test_parts_are_disjoint(split: Split) -> None:
    parts = [set(split.train.tolist()), set(split.valid.tolist()), set(split.test.tolist())]
    assert all(parts)
    assert len(set.union(*parts)) == sum(map(len, parts))


def test_a_row_in_two_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="one part"):
        Split(np.array([0, 1]), np.array([], int), np.array([1]))


@pytest.mark.parametrize("seed", range(5))
def test_no_group_crosses_and_the_parts_have_about_their_size(seed: int) -> None:
    cards = np.array([f"card-{n}" for n in np.random.default_rng(seed).zipf(1.5, 5000) % 300])
    split = group_split(cards, valid=0.15, test=0.25, seed=seed)
    parts = [set(cards[rows]) for rows in (split.train, split.valid, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert len(split.train) + len(split.valid) + len(split.test) == 5000
    largest = np.unique(cards, return_counts=True)[1].max() / 5000
    assert abs(len(split.test) / 5000 - 0.25) <= largest / 2 + 1e-9


def test_the_test_window_starts_after_the_label_delay() -> None:
    times = transactions()
    split = time_split(
        times,
        train_days=7,
        valid_days=3,
        delay_days=7,
        test_days=5,
        start=datetime(2018, 4, 11, 2, tzinfo=timezone(timedelta(hours=2))),
    )
    assert times[split.train].min() == np.datetime64("2018-04-11")
    assert times[split.train].max() < times[split.valid].min()
    assert times[split.test].min() - times[split.valid].max() >= np.timedelta64(7, "D")
    assert times[split.test].min() == np.datetime64("2018-04-28")
    assert times[split.test].max() < np.datetime64("2018-05-03")
    assert len(split.train) == 7 * 6


def test_times_may_come_from_arrow_and_out_of_order() -> None:
    times = transactions()
    order = np.random.default_rng(0).permutation(times.size)
    column = pa.chunked_array([pa.array(times[order], pa.timestamp("us", tz="UTC"))])
    windows = {"train_days": 7, "delay_days": 7, "test_days": 7}
    split = time_split(column, **windows)
    expected = time_split(times, **windows)
    assert sorted(order[split.test]) == expected.test.tolist()
    assert split.valid.size == 0


def test_an_empty_window_is_named() -> None:
    with pytest.raises(DataError, match="2018-04-01") as caught:
        time_split(transactions(days=10), train_days=7, delay_days=7, test_days=7)
    assert caught.value.values["part"] == "test"


def test_every_class_keeps_its_share() -> None:
    classes = np.repeat([0, 1], [9_000, 1_000])
    split = random_split(10_000, valid=0.1, test=0.2, seed=0, stratify=classes)
    for rows, size in ((split.train, 7000), (split.valid, 1000), (split.test, 2000)):
        assert len(rows) == size
        assert classes[rows].mean() == pytest.approx(0.1)


def test_seed_and_rows_decide_the_fingerprint() -> None:
    one, same, other = (random_split(100, valid=0.1, test=0.1, seed=s) for s in (1, 1, 2))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()
    swapped = Split(one.train, one.test, one.valid)
    assert swapped.fingerprint() != one.fingerprint()

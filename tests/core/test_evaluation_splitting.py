"""Splits of records: who is with whom, that nothing of the file's order matters, and refusals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.splitting import GroupSplit, RandomSplit, TimeSplit
from lepton_core.training.splits import Split

DAY_US = 86_400_000_000
N = 1000


@pytest.fixture(scope="module")
def records() -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "record_id": [f"r{number:04d}" for number in rng.permutation(N)],
            "time": pa.array(np.sort(rng.integers(0, 100, N)) * DAY_US, pa.timestamp("us", "UTC")),
            "site": pa.array(rng.integers(0, 60, N).astype(str), mask=rng.random(N) < 0.05),
            "label": pa.array((rng.random(N) < 0.1).astype(np.int64), mask=rng.random(N) < 0.2),
        }
    )


PROTOCOLS = (RandomSplit("label"), GroupSplit("label", "site"), TimeSplit("label", "time"))


def ids(records: pa.Table, rows: np.ndarray) -> set[str]:
    return set(records["record_id"].take(pa.array(rows)).to_pylist())


def parts(split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return split.train, split.valid, split.test


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_labelled_row_is_in_one_part_of_about_the_asked_size(
    protocol: Protocol, records: pa.Table
) -> None:
    split = protocol.split(records)
    known = np.flatnonzero(pa.compute.is_valid(records["label"]).to_numpy())
    assert np.array_equal(np.sort(np.concatenate(parts(split))), known)
    for rows, share in zip(parts(split), (0.65, 0.15, 0.2), strict=True):
        assert len(rows) / len(known) == pytest.approx(share, abs=0.04)
        assert np.array_equal(rows, np.sort(rows))
    assert protocol.describe()["name"] == protocol.name


@pytest.mark.parametrize("protocol", PROTOCOLS[::2], ids=lambda protocol: protocol.name)
def test_the_order_of_the_file_does_not_matter(protocol: Protocol, records: pa.Table) -> None:
    order = np.random.default_rng(1).permutation(N)
    shuffled = records.take(pa.array(order))
    for mine, theirs in zip(
        parts(protocol.split(records)), parts(protocol.split(shuffled)), strict=True
    ):
        assert ids(records, mine) == ids(shuffled, theirs)


def test_a_random_split_keeps_the_mix_and_follows_its_seed(records: pa.Table) -> None:
    label = records["label"].to_numpy()
    split = RandomSplit("label").split(records)
    rates = [label[rows].mean() for rows in parts(split)]
    assert max(rates) - min(rates) < 0.01
    again, other = (RandomSplit("label", seed=seed).split(records) for seed in (0, 1))
    assert again.fingerprint() == split.fingerprint() != other.fingerprint()


def test_a_label_of_words_is_stratified_too(records: pa.Table) -> None:
    words = pa.compute.if_else(pa.compute.equal(records["label"], 1), "broken", "sound")
    named = records.set_column(records.column_names.index("label"), "label", words)
    assert RandomSplit("label").split(named).fingerprint() == (
        RandomSplit("label").split(records).fingerprint()
    )


def test_a_group_is_never_torn_apart(records: pa.Table) -> None:
    split = GroupSplit("label", "site").split(records)
    site = np.array(records["site"].to_pylist(), object)
    groups = [{name for name in site[rows] if name is not None} for rows in parts(split)]
    assert all(groups)
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    # Records without a group stand alone, and do not all land in one part.
    alone = [sum(name is None for name in site[rows]) for rows in parts(split)]
    assert sum(count > 0 for count in alone) > 1


def test_time_runs_one_way_and_a_moment_stays_together(records: pa.Table) -> None:
    split = TimeSplit("label", "time").split(records)
    day = records["time"].cast(pa.int64()).to_numpy() // DAY_US
    assert day[split.train].max() < day[split.valid].min()
    assert day[split.valid].max() < day[split.test].min()


def test_the_gap_is_left_out_before_the_test(records: pa.Table) -> None:
    split = TimeSplit("label", "time", gap_days=10).split(records)
    day = records["time"].cast(pa.int64()).to_numpy() // DAY_US
    assert day[split.valid].max() < day[split.test].min() - 10
    without = TimeSplit("label", "time").split(records)
    assert np.array_equal(split.test, without.test)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_records_without_labels_or_too_few_are_refused(
    protocol: Protocol, records: pa.Table
) -> None:
    at = records.column_names.index("label")
    unknown = records.set_column(at, "label", pa.nulls(N, pa.int64()))
    for table, key in ((unknown, "split.no_labels"), (records.slice(0, 2), "split.empty_part")):
        with pytest.raises(DataError) as caught:
            protocol.split(table)
        assert caught.value.key == key

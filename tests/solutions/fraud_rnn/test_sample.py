"""The simulator's frauds are what it says they are, and the shipped sample is its output."""

import numpy as np
import pyarrow.compute as pc
import pytest

from lepton_core.checking import check
from lepton_core.data.lookup import shipped_folder
from lepton_core.records import read_table
from solutions.fraud_rnn.transactions.sample import PATTERNS, generate, write
from solutions.fraud_rnn.transactions.task import TASK

US_A_DAY = 86_400_000_000


@pytest.fixture(scope="module")
def sample():
    return generate(seed=0)


def columns(table, pattern=None):
    if pattern is not None:
        table = table.filter(pc.equal(table["pattern"], pattern))
    columns = {name: table[name].to_numpy() for name in ("card", "terminal", "amount")}
    return columns | {"day": table["time"].cast("int64").to_numpy() / US_A_DAY}


def test_the_same_seed_gives_the_same_table_and_another_seed_another(sample):
    assert generate(seed=0).equals(sample)
    assert not generate(seed=1).equals(sample)


def test_every_record_passes_the_tasks_own_check(sample):
    checked = check(sample, TASK.inputs)
    assert len(checked.rejects) == 0
    assert checked.table.num_rows == sample.num_rows


def test_ids_are_unique_and_times_in_order_within_the_span(sample):
    assert pc.count_distinct(sample["record_id"]).as_py() == sample.num_rows
    days = columns(sample)["day"]
    assert (np.diff(days) >= 0).all()
    assert days[-1] - np.floor(days[0]) < 120


def test_amounts_are_whole_cents(sample):
    cents = sample["amount"].to_numpy() * 100
    np.testing.assert_allclose(cents, np.round(cents), atol=1e-6)


def test_fraud_is_rare_in_every_week_and_every_pattern_occurs_in_each_month(sample):
    label = sample["label"].to_numpy()
    day = columns(sample)["day"]
    assert 0.008 < label.mean() < 0.015
    week = ((day - np.floor(day[0])) // 7).astype(int)
    shares = np.bincount(week, label)[:17] / np.bincount(week)[:17]
    assert (shares > 0.003).all()
    assert (shares < 0.025).all()
    for pattern in PATTERNS[1:]:
        months = ((columns(sample, pattern)["day"] - np.floor(day[0])) // 30).astype(int)
        assert set(months) == {0, 1, 2, 3}


def test_the_label_is_one_exactly_where_a_pattern_stands(sample):
    is_fraud = pc.not_equal(sample["pattern"], "").to_numpy()
    np.testing.assert_array_equal(is_fraud, sample["label"].to_numpy() == 1)


def test_a_stolen_card_pays_far_more_than_its_owner_over_a_few_days(sample):
    genuine, stolen = columns(sample, ""), columns(sample, "stolen_card")
    usual = {c: np.median(genuine["amount"][genuine["card"] == c]) for c in set(stolen["card"])}
    ratios = [a / usual[c] for a, c in zip(stolen["amount"], stolen["card"], strict=True)]
    assert np.median(ratios) > 3
    for card in set(stolen["card"]):
        days = stolen["day"][stolen["card"] == card]
        assert days.max() - days.min() <= 4


def test_a_stolen_card_is_blocked_and_its_owner_waits_three_days_for_another(sample):
    genuine, stolen = columns(sample, ""), columns(sample, "stolen_card")
    busiest = sorted(set(stolen["card"]), key=lambda c: -(genuine["card"] == c).sum())[:20]
    for card in busiest:
        frauds = stolen["day"][stolen["card"] == card]
        own = np.concatenate([[-np.inf], genuine["day"][genuine["card"] == card], [np.inf]])
        waits = np.diff(own) >= 3
        # Blocked at most four days after the first fraud, and not before the last.
        fits = (own[:-1] <= frauds[0] + 4) & (own[1:] >= frauds[-1] + 3)
        assert (waits & fits).any()


def test_a_compromised_terminal_charges_ordinary_amounts_for_at_most_four_weeks(sample):
    genuine, taken = columns(sample, ""), columns(sample, "terminal")
    assert 0.8 < np.median(taken["amount"]) / np.median(genuine["amount"]) < 1.3
    assert len(set(taken["terminal"])) >= 10
    for terminal in set(taken["terminal"]):
        days = taken["day"][taken["terminal"] == terminal]
        assert days.max() - days.min() <= 28


def test_card_testing_is_tiny_amounts_in_quick_order_and_then_a_large_one(sample):
    testing = columns(sample, "card_testing")
    for card in set(testing["card"]):
        of_card = testing["card"] == card
        amounts, days = testing["amount"][of_card], testing["day"][of_card]
        if days[-1] - np.floor(columns(sample)["day"][0]) > 119:
            continue
        tiny = amounts < 3
        n_tiny = int(tiny.sum())
        assert 3 <= n_tiny <= 8
        assert tiny[:n_tiny].all()
        assert 1 <= (~tiny).sum() <= 2
        assert np.diff(days[:n_tiny]).max() * 1440 < 5


def test_cards_shop_near_home_at_few_terminals(sample):
    genuine = columns(sample, "")
    card, terminal = genuine["card"], genuine["terminal"]
    shares = []
    for one in np.unique(card)[:100]:
        counts = np.unique(terminal[card == one], return_counts=True)[1]
        shares.append(np.sort(counts)[::-1][:20].sum() / counts.sum())
    assert np.median(shares) > 0.6


@pytest.mark.parametrize("name", ["cards", "terminals", "days"])
def test_a_world_too_small_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        generate(**{name: 5})


def test_the_shipped_sample_is_what_the_simulator_writes(tmp_path, sample):
    shipped = shipped_folder() / "fraud_sample"
    write(tmp_path)
    stored = read_table(shipped / "transactions.parquet")
    assert stored.equals(sample)
    for name in ("transactions.parquet", "transactions_10k.csv"):
        made, kept = read_table(tmp_path / name), read_table(shipped / name)
        assert made.equals(kept)
    assert (shipped / "transactions.parquet").stat().st_size <= 3_000_000
    assert (shipped / "transactions_10k.csv").stat().st_size <= 700_000


def test_the_csv_to_score_holds_the_last_records_and_no_truth(sample):
    rows = read_table(shipped_folder() / "fraud_sample" / "transactions_10k.csv")
    assert rows.column_names == ["record_id", "time", "card", "terminal", "amount"]
    checked = check(rows, TASK.inputs).table
    last = check(sample.slice(sample.num_rows - 10_000), TASK.inputs).table
    for name in rows.column_names:
        assert checked[name].equals(last[name])

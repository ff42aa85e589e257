"""The Handbook's protocol, by hand and on its own data."""

import os
from pathlib import Path

import numpy as np
import pytest

from solutions.fraud_rnn.transactions.protocol import (
    HANDBOOK_TEST,
    HANDBOOK_VALIDATION,
    HandbookProtocol,
    card_precision,
)

DAY_US = 86_400_000_000


def test_a_compromised_card_leaves_the_test_the_day_after_its_fraud_is_known():
    days = np.arange(21)
    card = np.repeat([1, 2, 3], 21)
    time_us = np.tile(days, 3) * DAY_US
    label = np.zeros(63, dtype=np.int8)
    label[0 * 21 + 2] = 1  # card 1: in training, out of every test day
    label[1 * 21 + 9] = 1  # card 2: in the delay, known one delay and a day later
    label[2 * 21 + 15] = 1  # card 3: in the test itself, known only after it
    (fold,) = HandbookProtocol(("1970-01-01",)).split(time_us, card, label)
    assert (time_us[fold.train] // DAY_US).tolist() == list(range(7)) * 3
    assert (time_us[fold.test & (card == 1)] // DAY_US).tolist() == []
    assert (time_us[fold.test & (card == 2)] // DAY_US).tolist() == [14, 15, 16]
    assert (time_us[fold.test & (card == 3)] // DAY_US).tolist() == list(range(14, 21))
    assert fold.end_us == 21 * DAY_US


def test_validation_ends_before_the_test_folds_are_tested():
    last = np.datetime64(max(HANDBOOK_VALIDATION.folds)) + 21
    first_tested = np.datetime64(min(HANDBOOK_TEST.folds)) + 14
    assert last <= first_tested


def test_card_precision_counts_cards_by_their_highest_score_and_blocks_the_found():
    #        day 0: cards 1 (fraud, twice), 2, 3        day 1: cards 1 (fraud), 2 (fraud), 3
    card = np.array([1, 1, 2, 3, 1, 2, 3])
    time_us = np.array([0, 0, 0, 0, 1, 1, 1]) * DAY_US
    label = np.array([0, 1, 0, 0, 1, 1, 0])
    score = np.array([0.9, 0.1, 0.5, 0.4, 0.99, 0.2, 0.8])
    # Day 0: card 1 is top and a hit. Day 1: card 1 is blocked, card 3 is top and no hit.
    assert card_precision(time_us, card, label, score, top_cards=1) == 0.5
    # Day 0: cards 1, 2: one hit of two. Day 1: cards 3, 2: one hit of two.
    assert card_precision(time_us, card, label, score, top_cards=2) == 0.5
    # Fewer cards than can be looked at: the divisor stays.
    assert card_precision(time_us, card, label, score, top_cards=4) == 0.25


@pytest.mark.real_data
@pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set")
def test_the_first_test_fold_has_the_handbooks_counts():
    import pyarrow.parquet as pq

    table = pq.read_table(
        Path(os.environ["LEPTON_DATA"]) / "fraud_handbook" / "transactions.parquet",
        columns=["TX_DATETIME", "CUSTOMER_ID", "TX_FRAUD"],
    )
    time_us = table["TX_DATETIME"].to_numpy().astype("datetime64[us]").astype(np.int64)
    card, label = table["CUSTOMER_ID"].to_numpy(), table["TX_FRAUD"].to_numpy()
    (fold,) = HandbookProtocol(("2018-07-25",)).split(time_us, card, label)
    assert (fold.train.sum(), label[fold.train].sum()) == (67_240, 598)
    assert (fold.test.sum(), label[fold.test].sum()) == (58_264, 385)

"""Columns of a person's file are guessed by name, then by what they hold; never one for two."""

from __future__ import annotations

import pyarrow as pa

from lepton_core.solution import find_task
from lepton_core.spec import Column, Spec
from lepton_core.ui.column_guess import guess_all

TASK = find_task("fraud_rnn/transactions")


def test_a_banks_export_is_guessed_by_its_values() -> None:
    table = pa.table(
        {
            "Txn No.": ["n1", "n2", "n3", "n4"],
            "Booked at": ["2026-03-01 10:00", "2026-03-01 11:00", "2026-03-02 09:30", "2026-03-03"],
            "Branch": ["Nürnberg", "Nürnberg", "Ulm", "Ulm"],
            "Card (PAN)": ["c1", "c1", "c2", "c2"],
            "Value EUR": ["€ 1,250.00", "€ 3.10", "€ 20.00", "€ 7.99"],
            "Fraud?": ["0", "1", "0", "0"],
        }
    )
    assert guess_all(TASK.inputs, table, {}) == {
        "record_id": "Txn No.",
        "time": "Booked at",
        "card": "Card (PAN)",
        "amount": "Value EUR",
        "label": "Fraud?",
    }


def test_two_columns_that_fit_alike_are_left_to_the_person() -> None:
    spec = Spec((Column("price", "float64"),))
    assert guess_all(spec, pa.table({"a": [1.5, 2.5], "b": [0.5, 0.7]}), {}) == {}


def test_one_column_is_not_guessed_for_two() -> None:
    spec = Spec((Column("low", "float64"), Column("high", "float64")))
    assert guess_all(spec, pa.table({"a": [1.5, 2.5]}), {}) == {}


def test_what_is_known_is_kept_and_its_column_given_to_nobody_else() -> None:
    spec = Spec((Column("amount", "float64"), Column("fee", "float64")))
    table = pa.table({"amount": [1.0, 2.0], "x": [3.0, 4.0]})
    assert guess_all(spec, table, {"fee": "amount"}) == {"fee": "amount", "amount": "x"}


def test_empty_columns_and_files_are_no_guess() -> None:
    spec = Spec((Column("price", "float64"),))
    assert guess_all(spec, pa.table({"a": pa.nulls(3)}), {}) == {}
    assert guess_all(spec, pa.table({"a": pa.array([], pa.float64())}), {}) == {}


def test_what_differs_in_each_order_line_is_not_its_customer() -> None:
    lines = pa.table(
        {"Kunde": ["k1", "k1", "k2"], "Datum": ["2026-01-01", "2026-01-02", "gestern"]}
    )
    spec = find_task("retail_recommender/next_item").inputs.by_rows
    assert spec is not None
    assert "user" not in guess_all(spec, lines, {})

"""Numbers as people write them: read alike everywhere, and never a thousand times too large."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.numbers import read_numbers
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("amount", "float64"),
        Column("count", "int64", required=False),
    )
)


def read(text: str) -> float | str | None:
    values, ambiguous = read_numbers(pa.array([text]))
    value = values[0].as_py()
    assert value is None or not ambiguous[0]
    return "ambiguous" if ambiguous[0] else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,234.50", 1234.5),
        ("1.234,50 €", 1234.5),
        ("¥1,200", 1200.0),
        ("CHF 1'234.50", 1234.5),
        ("CHF 1’234.50", 1234.5),
        ("(45.00)", -45.0),
        ("($1,045.00)", -1045.0),
        ("  20.5  ", 20.5),
        ("\u00a01\u00a0234,50\u00a0kr", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("１，２３４．５０", 1234.5),
        ("￥１２００", 1200.0),
        ("12,34,567.00", 1234567.0),
        ("₹12,34,567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("R$ 1.234,50", 1234.5),
        ("US$ 1,234", 1234.0),
        ("12,5", 12.5),
        ("0,125", 0.125),
        ("1234,567", 1234.567),
        ("1,234.567", 1234.567),
        ("1.234,567", 1234.567),
        ("1.234", 1.234),
        (".5", 0.5),
        ("-$5", -5.0),
        ("$-5", -5.0),
        ("5.00-", -5.0),
        ("−5", -5.0),
        ("+5", 5.0),
        ("12 USD", 12.0),
        ("$5 USD", 5.0),
        ("999,999,999,999.99", 999_999_999_999.99),
    ],
)
def test_what_has_one_meaning_is_read(text: str, value: float) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    "text",
    ["1,234", "100,000", "-1,234", "1,234 €", "1.234 €", "$1.234", "R$ 1,234", "EUR 999,999"],
)
def test_what_may_mean_two_numbers_is_told_and_not_guessed(text: str) -> None:
    assert read(text) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    # A sign of the number itself is missing, doubled, or stands for something else than a number.
    [
        "",
        "$",
        "-",
        "(5",
        "5)",
        "--5",
        "-(5)",
        "5¢",
        "5 %",
        "5k",
        "5²",
        "½",
        "a dozen",
        "12 apples",
        "1,2,3",
        "1,23,4",
        "12 34",
        "1.234.5",
        "1,234.5.6",
        "1'23",
        "01,234",
        "2026-01-01",
        "1:30",
    ],
)
def test_what_is_no_number_is_not_read(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("sign", ["{}", "$ {}", "{} €", "CHF {}"])
@pytest.mark.parametrize("style", [",.", ".,", "'.", "',", " ,", "\u00a0."])
def test_every_amount_in_every_style_is_read_as_it_was_written(sign: str, style: str) -> None:
    amounts = np.random.default_rng(1).uniform(-1e7, 1e7, 300).round(2)
    swap = {",": style[0], ".": style[1]}
    texts = [sign.format("".join(swap.get(c, c) for c in f"{value:,.2f}")) for value in amounts]
    values, ambiguous = read_numbers(pa.array(texts))
    assert values.to_pylist() == amounts.tolist()
    assert not ambiguous.any()


def test_integers_with_separators_are_right_or_ambiguous_never_wrong() -> None:
    whole = np.unique(np.geomspace(1, 1e9, 500).astype(int)).tolist()
    for style in (",", ".", "'", " "):
        texts = [f"{value:,}".replace(",", style) for value in whole]
        # A bare point is how programs write decimals; people who mean thousands add a currency.
        texts = [f"{text} €" for text in texts] if style == "." else texts
        values, ambiguous = read_numbers(pa.array(texts))
        found = zip(values.to_pylist(), ambiguous.tolist(), whole, strict=True)
        assert all(value == true or unsure for value, unsure, true in found)


def cells(amounts: list[str], counts: list[str] | None = None) -> pa.Table:
    ids = [f"r{row}" for row in range(len(amounts))]
    columns = {"record_id": ids, "amount": amounts}
    return pa.table(columns | ({"count": counts} if counts else {}))


def test_a_column_of_a_table_is_read_cell_by_cell_whatever_the_batch() -> None:
    amounts = ["$1,234.50", "2", "1,234", "", "much", "1e3", "(7)", "¥1,200", "nan"]
    checked = check(cells(amounts), SPEC)
    assert checked.rows.tolist() == [0, 1, 5, 6, 7]
    assert checked.table["amount"].to_pylist() == [1234.5, 2.0, 1000.0, -7.0, 1200.0]
    told = {reject.row: reject.reasons[0][0] for reject in checked.rejects}
    assert told == {2: "ambiguous", 3: "null", 4: "type", 8: "not_finite"}
    for row in range(len(amounts)):
        alone = check(cells(amounts).slice(row, 1), SPEC, first_row=row, whole=False)
        there = np.flatnonzero(checked.rows == row)
        assert alone.table["amount"].to_pylist() == checked.table["amount"].take(there).to_pylist()
        assert [r.reasons[0][0] for r in alone.rejects] == ([told[row]] if row in told else [])


def test_the_reason_says_how_to_settle_it() -> None:
    checked = check(cells(["1,234", "5"]), SPEC)
    (reject,) = checked.rejects
    message = reject.to_json()["reasons"][0]["message"]
    assert "1,234" in message
    assert "without thousands separators" in message


def test_a_column_of_ambiguous_numbers_is_refused_record_by_record() -> None:
    checked = check(cells(["1,234", "5,678"]), SPEC)
    assert checked.rejects.counts() == {"ambiguous": 2}
    with pytest.raises(DataError, match="cannot be read as float64"):
        check(cells(["cheap", "dear"]), SPEC)


def test_whole_numbers_take_separators_too_and_stay_whole() -> None:
    counts = ["1'234", "1,234,567", "12.0", "12.5", "1,234", "9007199254740993", "x"]
    checked = check(cells(["1"] * len(counts), counts), SPEC)
    assert checked.table["count"].to_pylist() == [1234, 1234567, 12, 9007199254740993]
    assert [reject.reasons[0][0] for reject in checked.rejects] == ["type", "ambiguous", "type"]

"""Conditions keep the rows they say, treat gaps as not known, and run nothing as Python."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lepton_core.errors import UsageError
from lepton_core.expressions import Condition, names_in

TABLE = pa.table(
    {
        "amount": [5.0, 250.0, None, float("nan"), 100.0],
        "count": pa.array([0, 1, 2, None, 4], pa.int64()),
        "country": ["DE", "FR", "DE", None, "it"],
        "night": [True, False, None, True, False],
        "time": pa.array(
            [datetime(2026, 1, d, 5 * d, tzinfo=UTC) for d in (1, 2, 3, 4)] + [None],
            pa.timestamp("us", tz="UTC"),
        ),
    }
)
TYPES = {field.name: field.type for field in TABLE.schema}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("amount > 100", [1]),
        ("amount >= 100", [1, 4]),
        ("100 <= amount < 250", [4]),
        # A gap is not known: neither a comparison nor its opposite holds.
        ("not amount > 100", [0, 4]),
        ("amount != 5", [1, 4]),
        ("amount is None", [2, 3]),
        ("amount is not None and amount < 10", [0]),
        ("country == 'DE' or amount > 100", [0, 1, 2]),
        ("country in ['DE', 'it']", [0, 2, 4]),
        ("country not in ['DE']", [1, 4]),
        ("(country == 'DE') & ~night", []),
        ("night", [0, 3]),
        ("not night", [1, 4]),
        ("night == False", [1, 4]),
        ("amount * 2 + 1 == 11", [0]),
        ("-amount < -99", [1, 4]),
        ("abs(amount - 250) < 1", [1]),
        # A division by zero is not known, and does not stop the others.
        ("amount / count > 20", [1, 4]),
        ("count / 2 == 0.5", [1]),
        ("contains(country, 'E')", [0, 2]),
        ("starts_with(country, 'F')", [1]),
        ("lower(country) == 'de'", [0, 2]),
        ("hour(time) >= 10", [1, 2, 3]),
        ("weekday(time) == 3", [0]),
        ("time < '2026-01-02T11:00'", [0, 1]),
        ("time >= '2026-01-03'", [2, 3]),
        ("log1p(count) > 1", [2, 4]),
        ("True", [0, 1, 2, 3, 4]),
    ],
)
def test_a_condition_keeps_its_rows(text: str, rows: list[int]) -> None:
    kept = Condition.parse(text, TYPES)(TABLE)
    assert [row for row, keep in enumerate(kept.to_pylist()) if keep] == rows
    assert kept.null_count == 0


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("amount >", "expression.syntax"),
        ("", "expression.syntax"),
        ("amount\0 > 1", "expression.syntax"),
        ("amuont > 1", "expression.unknown_column"),
        ("amount", "expression.not_boolean"),
        ("amount + 1", "expression.not_boolean"),
        ("amount == 'x'", "expression.compare"),
        ("country > 1", "expression.compare"),
        ("country + 1 > 2", "expression.types"),
        ("not amount", "expression.types"),
        ("time > 'yesterday'", "expression.bad_time"),
        ("lower(country, country) == 'x'", "expression.arguments"),
        # Nothing that Python could run gets in.
        ("__import__('os').system('x')", "expression.not_allowed"),
        ("().__class__.__bases__[0]", "expression.not_allowed"),
        ("amount.__class__", "expression.not_allowed"),
        ("open('x')", "expression.not_allowed"),
        ("lambda: 1", "expression.not_allowed"),
        ("[x for x in [1]]", "expression.not_allowed"),
        ("f'{amount}' == '1'", "expression.not_allowed"),
        ("amount ** 99999999 > 1", "expression.not_allowed"),
        ("amount << 2 > 1", "expression.not_allowed"),
        ("(y := 1) > 0", "expression.not_allowed"),
        ("amount > 1 if night else False", "expression.not_allowed"),
        ("amount[0] > 1", "expression.not_allowed"),
        ("(" * 60 + "amount > 1" + ")" * 60 + " and " * 0, None),
        ("not " * 60 + "night", "expression.too_deep"),
        ("-" * 3000 + "amount > 1", "expression.too_long"),
        ("night or " * 300 + "night", "expression.too_long"),
    ],
)
def test_what_cannot_be_is_refused_before_a_record_is_read(text: str, key: str | None) -> None:
    if key is None:
        # Parentheses alone nest nothing.
        Condition.parse(text, TYPES)
        return
    with pytest.raises(UsageError) as caught:
        Condition.parse(text, TYPES)
    assert caught.value.key == key
    for language in ("en", "zh"):
        assert caught.value.text(language)


def test_an_unknown_column_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="amount"):
        Condition.parse("amuont > 1", TYPES)


@pytest.mark.parametrize("columns", [["country"], ["amount", "country"]])
def test_layout_does_not_matter(columns: list[str]) -> None:
    condition = Condition.parse("country == 'DE'", TYPES)
    encoded = TABLE.set_column(
        TABLE.column_names.index("country"), "country", TABLE["country"].dictionary_encode()
    )
    pieces = pa.concat_tables([TABLE.slice(0, 2), TABLE.slice(2)]).select(columns)
    for table in (TABLE, encoded, pieces):
        assert condition(table).to_pylist() == [True, False, True, False, False]
    assert condition(TABLE.slice(0, 0)).to_pylist() == []


def test_a_condition_knows_its_columns_and_its_text() -> None:
    text = "amount > 1 and lower(country) == 'de'"
    condition = Condition.parse(text, TYPES)
    assert condition.names == names_in(text) == {"amount", "country"}
    assert str(condition) == text
    assert pickle.loads(pickle.dumps(condition))(TABLE).to_pylist() == condition(TABLE).to_pylist()

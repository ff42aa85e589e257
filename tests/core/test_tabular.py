"""Rows of a table to a matrix: scaling, gaps, words, and nothing learned after fit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.spec import Column, Spec
from lepton_core.tabular import TablePreprocessor, labels_of

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("fee", "float64"),
        Column("calls", "int64", required=False),
        Column("auto", "bool"),
        Column("plan", "string", required=False),
        Column("left", "int64", "label", required=False),
    )
)


def records(**columns: list[Any]) -> pa.Table:
    given: dict[str, list[Any]] = {
        "record_id": ["a", "b", "c", "d"],
        "fee": [1.0, 2.0, 3.0, 4.0],
        "calls": [0, 4, None, 2],
        "auto": [True, False, True, True],
        "plan": ["x", "x", "y", None],
        "left": [1, 0, None, 0],
    }
    return pa.table(given | columns, schema=SPEC.arrow_schema())


@pytest.fixture
def fitted() -> TablePreprocessor:
    return TablePreprocessor(SPEC, least_rows=1).fit(records())


def x_of(preprocessor: TablePreprocessor, table: pa.Table) -> dict[str, list[float]]:
    """Feature -> its values."""
    x = preprocessor.transform(table).arrays["x"]
    assert x.dtype == np.float32
    assert x.shape == (table.num_rows, len(preprocessor.feature_names))
    return dict(zip(preprocessor.feature_names, x.T.tolist(), strict=True))


def test_only_features_are_used_and_gaps_are_marked(fitted: TablePreprocessor) -> None:
    assert fitted.feature_names == (
        "fee",
        "calls",
        "auto",
        "calls (missing)",
        "plan = x",
        "plan = y",
        "plan (missing)",
    )
    assert fitted.columns == {"fee": [0], "calls": [1, 3], "auto": [2], "plan": [4, 5, 6]}


def test_numbers_are_scaled_by_the_rows_that_have_them(fitted: TablePreprocessor) -> None:
    x = x_of(fitted, records())
    known = np.array([0.0, 4.0, 2.0])
    scaled = (known - known.mean()) / known.std()
    np.testing.assert_allclose(x["calls"], [*scaled[:2], 0.0, scaled[2]], rtol=1e-6)
    assert x["calls (missing)"] == [0.0, 0.0, 1.0, 0.0]
    assert np.mean(x["fee"]) == pytest.approx(0.0, abs=1e-6)
    assert np.std(x["fee"]) == pytest.approx(1.0, abs=1e-6)
    assert np.std(x["auto"]) == pytest.approx(1.0, abs=1e-6)


def test_words_become_a_feature_each(fitted: TablePreprocessor) -> None:
    x = x_of(fitted, records())
    assert x["plan = x"] == [1.0, 1.0, 0.0, 0.0]
    assert x["plan = y"] == [0.0, 0.0, 1.0, 0.0]
    assert x["plan (missing)"] == [0.0, 0.0, 0.0, 1.0]


def test_what_training_never_had_is_nothing_special(fitted: TablePreprocessor) -> None:
    """A new word has no feature; a gap in a column without gaps takes the mean."""
    table = records(plan=["new", "x", "x", "x"])
    assert [x_of(fitted, table)[f"plan {end}"][0] for end in ("= x", "= y", "(missing)")] == [0] * 3
    at = table.column_names.index("fee")
    gap = table.set_column(at, "fee", pa.array([None, 2.0, 3.0, 4.0]))
    assert x_of(fitted, gap)["fee"][0] == 0.0


def test_rare_words_share_a_feature() -> None:
    table = records(plan=["x", "x", "rare", None])
    made = TablePreprocessor(SPEC, least_rows=2).fit(table)
    names = [name for name in made.feature_names if name.startswith("plan")]
    assert names == ["plan = x", "plan (other)", "plan (missing)"]
    x = x_of(made, records(plan=["x", "rare", "new", None]))
    assert [x[name] for name in names] == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    few = TablePreprocessor(SPEC, most_categories=1, least_rows=1).fit(records())
    assert "plan (other)" in few.feature_names
    assert "plan = y" not in few.feature_names


def test_a_missing_word_counts_as_rare_where_training_had_no_gaps() -> None:
    made = TablePreprocessor(SPEC, least_rows=2).fit(records(plan=["x", "x", "x", "rare"]))
    x = x_of(made, records())
    assert x["plan (other)"] == [0.0, 0.0, 1.0, 1.0]


def test_equal_counts_are_in_alphabetical_order() -> None:
    one = TablePreprocessor(SPEC, least_rows=1).fit(records(plan=["b", "a", "b", "a"]))
    other = TablePreprocessor(SPEC, least_rows=1).fit(records(plan=["a", "b", "a", "b"]))
    assert one.feature_names == other.feature_names


def test_a_slip_of_the_pen_stays_in_its_bounds(fitted: TablePreprocessor) -> None:
    x = x_of(fitted, records(fee=[1e12, -1e12, 2.0, 3.0]))
    assert x["fee"][:2] == [10.0, -10.0]


def test_a_constant_is_zero_and_not_noise() -> None:
    made = TablePreprocessor(SPEC, least_rows=1).fit(records(fee=[0.1 + 0.2] * 4))
    assert x_of(made, records(fee=[0.3, 0.3, 0.3, 1.3]))["fee"] == pytest.approx([0, 0, 0, 1.0])


def test_large_numbers_keep_what_distinguishes_them() -> None:
    base = 1.7e9
    made = TablePreprocessor(SPEC, least_rows=1).fit(records(fee=[base + n for n in range(4)]))
    x = x_of(made, records(fee=[base + n for n in range(4)]))
    np.testing.assert_allclose(x["fee"], (np.arange(4) - 1.5) / np.std(np.arange(4)), rtol=1e-5)


def test_state_makes_the_same_again(fitted: TablePreprocessor) -> None:
    state, arrays = fitted.state()
    again = TablePreprocessor.from_state(json.loads(json.dumps(state)), arrays)
    assert again.feature_names == fitted.feature_names
    expected = fitted.transform(records()).arrays["x"]
    assert np.array_equal(again.transform(records()).arrays["x"], expected)
    with pytest.raises(ValueError, match="fit"):
        TablePreprocessor(SPEC).state()


def test_any_cut_and_any_chunks_give_the_same(fitted: TablePreprocessor) -> None:
    n = 5000
    rng = np.random.default_rng(0)
    big = pa.table(
        {
            "record_id": [str(i) for i in range(n)],
            "fee": rng.normal(2, 3, n),
            "calls": pa.array(rng.integers(0, 9, n), mask=rng.random(n) < 0.2),
            "auto": rng.random(n) < 0.5,
            "plan": pa.array(rng.choice(["x", "y", "z"], n), mask=rng.random(n) < 0.2),
            "left": pa.nulls(n, pa.int64()),
        }
    )
    whole = fitted.transform(big).arrays["x"]
    chunked = pa.concat_tables([big.slice(0, 7), big.slice(7, 2100), big.slice(2107)])
    assert np.array_equal(fitted.transform(chunked).arrays["x"], whole)
    parts = [fitted.transform(big.slice(start, 1300)).arrays["x"] for start in range(0, n, 1300)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert fitted.transform(big.slice(0, 0)).arrays["x"].shape == (0, whole.shape[1])


def test_columns_of_ones_own_are_scaled_with_the_others() -> None:
    class Own(TablePreprocessor):
        def derive(self, records: pa.Table) -> pa.Table:
            return records.append_column("double", pa.compute.multiply(records["fee"], 2.0))

    made = Own(SPEC, least_rows=1).fit(records())
    x = x_of(made, records())
    np.testing.assert_allclose(x["double"], x["fee"], rtol=1e-6)


def test_a_time_is_no_feature() -> None:
    spec = Spec((Column("record_id", "string", "id"), Column("when", "timestamp")))
    table = pa.table({"record_id": ["a"], "when": pa.array([0], pa.timestamp("us", "UTC"))})
    with pytest.raises(ValueError, match="when"):
        TablePreprocessor(spec).fit(table)


def test_labels_keep_what_is_not_known_apart() -> None:
    assert labels_of(records(), "left").tolist() == [1, 0, -1, 0]
    assert labels_of(records(), "left").dtype == np.int8

"""What reaches a forecast: only what was known when it was made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from solutions.retail_recommender.demand.coming import asks_nothing, with_coming
from solutions.retail_recommender.demand.config import DataConfig
from solutions.retail_recommender.demand.preprocessing import DemandPreprocessor
from solutions.retail_recommender.demand.sales import read_sales, series_names
from solutions.retail_recommender.demand.sample import generate

CONFIG = DataConfig(horizon=4, lags=8)


@pytest.fixture(scope="module")
def sales() -> pa.Table:
    return generate(seed=2, series=4, periods=120)


@pytest.fixture(scope="module")
def preprocessor(sales: pa.Table) -> DemandPreprocessor:
    return DemandPreprocessor(CONFIG).fit(sales.slice(0, 360))


def whole_series(records: pa.Table, preprocessor: DemandPreprocessor) -> list[int]:
    """The rows of a series that sold in each of its last eight periods, in order of time."""
    steps, names = preprocessor.steps(records), np.array(series_names(records).to_pylist())
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name)
        if steps[rows[-1]] == steps.max() and steps[rows[-1]] - steps[rows[-8]] == 7:
            return rows.tolist()
    raise AssertionError("no series of the sample is whole")


def with_quantity(records: pa.Table, row: int, quantity: float | None) -> pa.Table:
    values = records.column("quantity").to_pylist()
    values[row] = quantity
    at = records.column_names.index("quantity")
    return records.set_column(at, "quantity", pa.array(values, pa.float64()))


def test_what_was_known_later_reaches_no_forecast_made_before(
    sales: pa.Table, preprocessor: DemandPreprocessor
) -> None:
    """The sale of three periods before a record changes its forecasts from one, two and three
    periods before, and not that from four: it was made when that period was not over."""
    mine = whole_series(sales, preprocessor)
    last, row = mine[-1], mine[-4]
    changed = with_quantity(sales, row, 5000.0)
    before, after = (
        {n: v[last] for n, v in preprocessor.transform(t).arrays.items()} for t in (sales, changed)
    )
    told = np.abs(before["features"] - after["features"]).max(axis=1)
    base = np.abs(before["base"] - after["base"])
    assert (told[:3] > 0).all()
    assert (base[:3] > 0).all()
    assert told[3] == 0
    assert base[3] == 0
    # The line of the past: the newest place is one period before.
    moved = np.abs(before["x"] - after["x"]).max(axis=1)
    assert moved[-3] > 0
    assert (moved[:-3] == 0).all()


def test_the_own_sale_of_a_record_reaches_nothing(
    sales: pa.Table, preprocessor: DemandPreprocessor
) -> None:
    last = sales.num_rows - 1
    arrays = preprocessor.transform(sales).arrays
    other = preprocessor.transform(with_quantity(sales, last, 9999.0)).arrays
    for name, values in arrays.items():
        np.testing.assert_array_equal(values[last], other[name][last], name)


def test_a_period_to_come_is_told_from_the_last_sale_as_it_would_have_been_known(
    sales: pa.Table, preprocessor: DemandPreprocessor
) -> None:
    """Three periods of which nothing is known: what is said of the third from the last sale is what
    would have been said of it from there, had the first two been sold in the meantime."""
    asked = sales
    mine = whole_series(sales, preprocessor)[-3:]
    for row in mine:
        asked = with_quantity(asked, row, None)
    prepared = preprocessor.transform(asked)
    known = preprocessor.transform(sales)
    at = int(np.flatnonzero(prepared.kept == mine[-1])[0])
    assert prepared.notes["ahead"][at] == 3
    assert known.notes["ahead"][mine[-1]] == 0
    for place in (2, 3):
        for array in ("features", "base", "scale"):
            mine_now, then = prepared.arrays[array][at], known.arrays[array][mine[-1]]
            np.testing.assert_allclose(mine_now[place], then[place], rtol=1e-5, err_msg=array)


def test_too_far_ahead_is_refused_with_its_reason(
    sales: pa.Table, preprocessor: DemandPreprocessor
) -> None:
    asked = with_coming(sales, replace(CONFIG, horizon=6))
    refused = preprocessor.transform(asked).rejects
    series = len(set(series_names(sales).to_pylist()))
    assert refused.counts() == {"demand_too_far": 2 * series}


def test_a_question_is_not_remembered(preprocessor: DemandPreprocessor, sales: pa.Table) -> None:
    """After the question comes the sale of that very period; neither is refused, and the forecasts
    after it are those without the question."""
    steps = preprocessor.steps(sales)
    is_before = steps < np.unique(steps)[100]
    half, rest = sales.filter(pa.array(is_before)), sales.filter(pa.array(~is_before))
    asked = with_coming(half, CONFIG)
    asked = asked.filter(pc.is_null(asked["quantity"]))
    history = preprocessor.new_history()
    preprocessor.transform(half, history)
    assert not len(preprocessor.transform(asked, history).rejects)
    after = preprocessor.transform(rest, history)
    plain = preprocessor.new_history()
    preprocessor.transform(half, plain)
    expected = preprocessor.transform(rest, plain)
    assert not len(after.rejects)
    np.testing.assert_array_equal(after.arrays["features"], expected.arrays["features"])


@pytest.mark.parametrize(
    ("quantity", "out", "demand", "is_bound"),
    [
        (8.0, None, 8.0, False),
        (6.0, 0.25, 8.0, True),  # a quarter of the week without goods: as much was asked for then
        (1.0, 0.9, np.nan, True),  # too little is known of such a week
        (-2.0, 0.0, 0.0, False),  # more came back than was sold
        (None, None, np.nan, False),  # to come
    ],
)
def test_what_sales_say_of_demand(
    quantity: float | None, out: float | None, demand: float, is_bound: bool
) -> None:
    table = pa.table(
        {
            "quantity": pa.array([quantity], pa.float64()),
            "stock_out": pa.array([out], pa.float64()),
        }
    )
    read = read_sales(table)
    np.testing.assert_equal(read.demand[0], demand)
    assert read.is_bound[0] == is_bound


def test_a_new_series_begins_at_the_level_of_its_category(preprocessor: DemandPreprocessor) -> None:
    first = generate(seed=2, series=4, periods=120).slice(119 * 4, 1)
    at = first.column_names.index("series")
    new = first.set_column(at, "series", pa.array(["nobody-knows"]))
    new = with_quantity(new, 0, None)
    prepared = preprocessor.transform(new)
    learned = preprocessor.learned
    category = new.column("category")[0].as_py()
    start = learned.starts[learned.categories.index(category)]
    assert prepared.arrays["series"][0, 0] == 0
    base = prepared.arrays["base"][0]
    assert (0.4 * start < base).all()
    assert (base < 2.5 * start).all()


def test_the_periods_to_come_take_last_years_holidays(sales: pa.Table) -> None:
    asked = with_coming(sales, CONFIG)
    assert asks_nothing(sales)
    assert not asks_nothing(asked)
    new = asked.filter(pc.is_null(asked["quantity"]))
    weeks = new["time"].unique().to_pylist()
    assert len(weeks) == 4
    a_year = np.timedelta64(364, "D")
    for time, holiday in zip(new["time"].to_numpy(), new["holiday"].to_pylist(), strict=True):
        before = sales.filter(
            pc.equal(
                sales["time"].cast(pa.int64()),
                int((time.astype("datetime64[us]") - a_year).astype(np.int64)),
            )
        )
        assert holiday == before["holiday"][0].as_py()

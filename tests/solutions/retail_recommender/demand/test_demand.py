"""The demand task: the core's checks, and what is true of forecasts of sales."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.decision import Nearest
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from lepton_core.testing.solution import check_task
from solutions.retail_recommender.demand.sales import series_names

TASK = find_task("retail_recommender/demand")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def sales() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, series=6, periods=120, to_come=12)


@pytest.mark.slow
def test_the_task_conforms() -> None:
    check_task(TASK)


def changed(records: pa.Table, name: str, values: list[float | None]) -> pa.Table:
    at = records.column_names.index(name)
    return records.set_column(at, name, pa.array(values, pa.float64()))


def test_every_period_to_come_is_told_with_its_interval(
    pipeline: Pipeline, sales: pa.Table
) -> None:
    scored = pipeline.score(sales)
    to_come = pc.is_null(sales["quantity"]).to_numpy()
    ahead = scored["ahead"]
    assert not len(scored.rejects)
    assert (ahead[~to_come] == 0).all()
    assert sorted(set(ahead[to_come].tolist())) == list(range(1, 13))
    assert (scored["low"] <= scored["value"]).all()
    assert (scored["value"] <= scored["high"]).all()


def test_an_announced_promotion_raises_the_forecast(pipeline: Pipeline, sales: pa.Table) -> None:
    """In the sample each promotion lifts sales by 40% and more."""
    to_come = pc.is_null(sales["quantity"]).to_numpy()
    told = sales.column("promotion").to_pylist()
    without, promoted = (
        [part if is_past else now for now, is_past in zip(told, to_come, strict=True)]
        for part in (0.0, 1.0)
    )
    value = [
        pipeline.score(changed(sales, "promotion", values))["value"][to_come]
        for values in (without, promoted)
    ]
    assert np.median(value[1] / value[0]) > 1.15


def test_the_same_sales_in_other_units_give_the_same_forecast(
    pipeline: Pipeline, sales: pa.Table
) -> None:
    """Ten times as much of everything; what is left of the units is a margin and a floor."""
    quantity = sales.column("quantity").to_pylist()
    ten = changed(sales, "quantity", [None if q is None else 10.0 * q for q in quantity])
    one, other = (pipeline.score(table)["value"] for table in (sales, ten))
    some = one > np.quantile(one, 0.5)
    assert np.median(np.abs(other[some] / (10.0 * one[some]) - 1.0)) < 0.05


def test_a_sold_out_week_lowers_no_forecast(pipeline: Pipeline, sales: pa.Table) -> None:
    """The last known weeks sold nothing because nothing was there: that is no fall of demand."""
    to_come = pc.is_null(sales["quantity"]).to_numpy()
    last = sorted(set(sales["time"].filter(pa.array(~to_come)).to_pylist()))[-2:]
    dry = pc.is_in(sales["time"], pa.array(last, sales["time"].type)).to_numpy(zero_copy_only=False)
    quantity = [
        0.0 if is_dry else q for q, is_dry in zip(sales["quantity"].to_pylist(), dry, strict=True)
    ]
    sold_nothing = changed(sales, "quantity", quantity)
    sold_out = changed(sold_nothing, "stock_out", np.where(dry, 1.0, 0.0).tolist())
    usual, wrong, right = (
        pipeline.score(table)["value"][to_come].sum() for table in (sales, sold_nothing, sold_out)
    )
    assert abs(right / usual - 1.0) < 0.1
    assert wrong < right


def test_a_new_product_is_forecast_and_marked(pipeline: Pipeline, sales: pa.Table) -> None:
    name = series_names(sales)[0].as_py().split("/")[0]
    mine = sales.filter(pc.equal(sales["series"], name)).slice(100)
    at = mine.column_names.index("series")
    new = mine.set_column(at, "series", pa.array(["new thing"] * mine.num_rows))
    scored = pipeline.score(new)
    level = np.nanmean(new.column("quantity").to_numpy())
    assert all("new_series" in reason for reason in scored["reason"])
    to_come = scored["ahead"] > 0
    assert 0.5 * level < scored["value"][to_come].mean() < 2.0 * level


def test_the_intervals_of_one_record_stand_for_where_it_is_known_from() -> None:
    """A record that is known from three periods before says what was said from there."""
    decision = Nearest((1.0, 2.0, 3.0), levels=(0.05, 0.5, 0.95), low_limit=0.0)
    score = np.array([[[9, 10, 11], [8, 10, 12], [7, 10, 13]]], np.float32)
    found = decision.apply({"score": score, "since": np.array([3.0])})
    assert (found["low"][0], found["high"][0], found["ahead"][0]) == (7.0, 13.0, 3)
    assert Nearest.from_json(json.loads(json.dumps(decision.to_json()))) == decision


def test_the_sample_bundle_beats_its_baselines(pipeline: Pipeline) -> None:
    card = pipeline.card
    for figures in card["baselines"].values():
        assert card["metrics"]["wape"]["value"] < figures["wape"]["value"]
    assert 0.85 <= card["metrics"]["coverage90"]["value"] <= 0.95
    assert card["metrics"]["cost_saved"]["low"] > 0


@pytest.mark.real_data
def test_walmart_holds_what_its_card_says() -> None:
    """WAPE below every baseline, and the band covers 85 to 95% of the last twelve weeks."""
    pipeline = load_bundle(TASK.bundle("walmart_weekly"))
    records, _ = load_labelled("walmart_weekly", TASK, {}, lambda text: None)
    report = evaluate_bundle(
        pipeline, records, "walmart_weekly", protocol_of(pipeline, "walmart_weekly")
    )
    assert report.n == 45 * 12
    for key in ("wape", "wape_once"):
        for figures in report.baselines.values():
            assert report.metrics[key].value < figures[key].value
    for key in ("coverage90", "coverage90_once"):
        assert 0.85 <= report.metrics[key].value <= 0.95


@pytest.mark.real_data
def test_days_of_walmart_are_read_before_months() -> None:
    records, dataset = load_labelled("walmart_weekly", TASK, {}, lambda text: None)
    assert dataset is not None
    times = sorted(set(records["time"].to_pylist()))
    assert len(times) == 143
    assert {(b - a).days for a, b in pairwise(times)} == {7}

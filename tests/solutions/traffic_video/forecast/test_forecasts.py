"""What is true of forecasts of traffic, whatever the network."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.solution import find_task
from solutions.traffic_video.counting.measures.counting import COUNTS
from solutions.traffic_video.counting.size_classes import SIZES

TASK = find_task("traffic_video/forecast")
AHEAD = ("5", "15", "30", "60")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    """The last two days of the sample, which the bundle never learned from, at four stations."""
    whole = TASK.hook(TASK.sample)(seed=0)
    last = pc.greater(whole["time"], pa.scalar(datetime(2026, 4, 11, tzinfo=UTC)))
    some = pc.is_in(whole["station"], pa.array(["north-1", "east-1", "south-1", "west-1"]))
    return whole.filter(pc.and_(last, some))


def of(records: pa.Table, station: str) -> pa.Table:
    return records.filter(pc.equal(records.column("station"), station))


def ends(told: Predictions, minutes: str) -> list[np.ndarray]:
    return [told[f"{end}_{minutes}"] for end in ("low", "value", "high")]


def test_each_time_ahead_has_columns_of_its_own(pipeline: Pipeline, records: pa.Table) -> None:
    told = pipeline.score(records)
    names = [f"{end}_{m}" for m in AHEAD for end in ("value", "low", "high")]
    assert list(told.columns) == ["record_id", *names, "review", "reason", "bundle"]
    for minutes in AHEAD:
        low, value, high = ends(told, minutes)
        assert (low >= 0).all()
        assert (low <= value).all()
        assert (value <= high).all()


def test_neither_the_future_nor_another_station_reaches_a_forecast(
    pipeline: Pipeline, records: pa.Table
) -> None:
    whole = pipeline.score(records)["value_15"]
    first = pipeline.score(records.slice(0, 700))["value_15"]
    np.testing.assert_allclose(first, whole[:700], rtol=1e-5)
    mine = pc.equal(records.column("station"), "east-1").to_numpy()
    alone = pipeline.score(of(records, "east-1"))["value_15"]
    np.testing.assert_allclose(alone, whole[mine], rtol=1e-5)


def test_further_ahead_is_less_sure(pipeline: Pipeline, records: pa.Table) -> None:
    told = pipeline.score(records)
    widths = [float((ends(told, m)[2] - ends(told, m)[0]).mean()) for m in AHEAD]
    assert widths[0] < widths[-1]


def test_a_station_that_training_did_not_know_is_forecast_at_its_own_level_and_said(
    pipeline: Pipeline, records: pa.Table
) -> None:
    """By day: at night one vehicle more is half the level."""
    mine = of(records, "north-1")
    name = pa.array(["bridge"] * mine.num_rows)
    ten = pc.multiply(mine.column("count"), 10.0)
    new = pa.table({"time": mine["time"], "station": name, "count": ten})
    told = pipeline.score(new)
    assert set(told["reason"][20:]) == {"new_station"}
    assert told["review"].all()
    hour = pc.hour(mine.column("time")).to_numpy()
    day = (hour >= 8) & (hour < 20)
    ratio = told["value_15"][day].mean() / ten.to_numpy()[day].mean()
    assert 0.8 < ratio < 1.25


def test_a_station_that_stands_still_is_said(pipeline: Pipeline, records: pa.Table) -> None:
    """Nothing counted from noon on, as of a camera that sees no road any more."""
    mine = of(records, "north-1").slice(0, 200)
    count = mine.column("count").to_numpy().copy()
    count[144:] = 0.0
    told = pipeline.score(mine.set_column(3, "count", pa.array(count)))
    assert "stuck" not in " ".join(told["reason"][:144])
    assert all("stuck" in reason for reason in told["reason"][156:190])


def test_counts_after_a_gap_are_forecast_and_said(pipeline: Pipeline, records: pa.Table) -> None:
    mine = of(records, "south-1")
    told = pipeline.score(pa.concat_tables([mine.slice(0, 100), mine.slice(130, 60)]))
    assert told["reason"][100] == "short_past"
    assert told["reason"][-1] == ""
    assert np.isfinite(told["value_60"]).all()


def test_what_comes_late_or_twice_is_refused(pipeline: Pipeline, records: pa.Table) -> None:
    mine = of(records, "north-1").slice(0, 4)
    shuffled = mine.take(pa.array([0, 2, 1, 2, 3]))
    ids = pa.array(["a", "b", "late", "twice", "c"])
    scored = pipeline.score(shuffled.set_column(0, "record_id", ids))
    assert scored["record_id"].tolist() == ["a", "b", "c"]
    assert scored.rejects.counts() == {"late": 1, "same_step": 1}


@pytest.mark.parametrize(
    ("count", "key"), [(None, "null"), (-3.0, "below"), (float("nan"), "not_finite")]
)
def test_a_count_that_cannot_be_is_refused_alone(
    pipeline: Pipeline, records: pa.Table, count: float | None, key: str
) -> None:
    mine = of(records, "north-1").slice(0, 5)
    counts = [*mine.column("count").to_pylist()[:4], count]
    told = pipeline.score(mine.set_column(3, "count", pa.array(counts, pa.float64())))
    assert len(told) == 4
    (reject,) = told.rejects
    assert (reject.row, [one for one, _ in reject.reasons]) == (4, [key])


def test_the_columns_of_the_counting_task_are_read(pipeline: Pipeline, records: pa.Table) -> None:
    """Counts by line, as counting writes them: text of whole numbers, a line for a station."""
    mine = of(records, "north-1").slice(0, 30)
    lines = pa.table(
        {
            "time": mine["time"].cast(pa.string()),
            "station": mine["station"],
            "count": mine["count"].cast(pa.int64()).cast(pa.string()),
        }
    )
    np.testing.assert_array_equal(
        pipeline.score(lines)["value_15"], pipeline.score(mine)["value_15"]
    )


def test_what_counting_writes_is_read_as_it_is(pipeline: Pipeline) -> None:
    """Two directions of a line are two series; a partly watched interval counts for nothing."""
    start = pc.add(
        pa.scalar(datetime(2026, 4, 11, 8, tzinfo=UTC)),
        pa.array(np.repeat(np.arange(20) * 300_000_000, 2), pa.duration("us")),
    )
    count = np.tile([40, 10], 20)
    columns = {
        "start": start,
        "end": pc.add(start, pa.scalar(300_000_000, pa.duration("us"))),
        "line": ["gate"] * 40,
        "direction": ["in", "out"] * 20,
        "lane": [""] * 40,
        "count": count,
        **{size: [None] * 40 for size in SIZES},
        "watched_share": [1.0] * 40,
        "flag": [""] * 40,
    }
    table = pa.table(columns).cast(COUNTS)

    def score(of: pa.Table) -> Predictions:
        return pipeline.score(of.rename_columns({"start": "time", "line": "station"}))

    told = score(table)
    assert len(told) == 40
    assert told["record_id"][0].startswith("gate/in/")
    # Each direction at its own level.
    assert told["value_15"][-2] > 2 * told["value_15"][-1]
    columns |= {"count": [*count[:-2], 1, 10], "flag": [""] * 38 + ["partly", ""]}
    flagged = score(pa.table(columns).cast(COUNTS))
    assert "partly" in flagged["reason"][-2]
    assert flagged["value_15"][-2] == pytest.approx(told["value_15"][-2], rel=0.2)
    assert flagged["value_15"][-1] == told["value_15"][-1]

"""The task: bad input is told by record, an intersection is planned whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.errors import UsageError
from lepton_core.messages import LANGUAGES, has_message, t
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.stream import score_stream
from lepton_core.settings import apply_settings
from lepton_core.solution import find_task
from solutions.traffic_video.signals.columns import NOTES
from solutions.traffic_video.signals.config import Config
from solutions.traffic_video.signals.sample import generate

TASK = find_task("traffic_video/signals")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


def table(*rows: tuple[str, Any, Any], **more: list[Any]) -> pa.Table:
    """Records as intersection, flow and phases, all as text."""
    given = {
        "record_id": [f"r{at}" for at in range(len(rows))],
        "intersection": [row[0] for row in rows],
        "flow": [None if row[1] is None else str(row[1]) for row in rows],
        "phases": [row[2] for row in rows],
        **more,
    }
    return pa.table({name: pa.array(values) for name, values in given.items()})


def told(predictions: Predictions) -> dict[str | None, list[str]]:
    return {r.record_id: [key for key, _ in r.reasons] for r in predictions.rejects}


GOOD = (("Z", 400, "1"), ("Z", 300, "2"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((("A", 500, "1"), ("A", -3, "2")), {"r1": "below", "r0": "unit"}),
        ((("A", "many", "1"), ("A", 30, "2")), {"r0": "type", "r1": "unit"}),
        ((("A", "nan", "1"), ("A", 30, "2")), {"r0": "not_finite", "r1": "unit"}),
        ((("A", 500, "1"), ("A", 300, None)), {"r1": "null", "r0": "unit"}),
        ((("A", 500, "1"), ("A", 300, "B")), {"r1": "signals_phases", "r0": "unit"}),
        ((("A", 500, "1"), ("A", 300, "0")), {"r1": "signals_many_phases", "r0": "unit"}),
        ((("A", 500, "1"), ("A", 300, "9")), {"r1": "signals_many_phases", "r0": "unit"}),
        ((("A", 500, "1"), ("A", 300, "3")), dict.fromkeys(("r0", "r1"), "signals_missing_phase")),
        ((("A", 500, "1"), ("A", 300, "1")), dict.fromkeys(("r0", "r1"), "signals_one_phase")),
        ((("A", 0, "1"), ("A", 0, "2")), dict.fromkeys(("r0", "r1"), "signals_no_flow")),
        (
            (("A", 9, "1 3"), ("A", 9, "2"), ("A", 9, "3"), ("A", 9, "4")),
            {"r0": "signals_apart_phases", "r1": "unit", "r2": "unit", "r3": "unit"},
        ),
    ],
)
def test_what_cannot_be_planned_is_told_and_the_next_intersection_is_planned(
    pipeline: Pipeline, rows: Any, expected: dict[str, str]
) -> None:
    found = pipeline.score(table(*rows, *GOOD))
    assert told(found) == {name: [key] for name, key in expected.items()}
    assert found["record_id"].tolist() == [f"r{len(rows)}", f"r{len(rows) + 1}"]
    for reject in found.rejects:
        for key, values in reject.reasons:
            for language in LANGUAGES:
                assert has_message(f"reject.{key}")
                assert "{" not in t(f"reject.{key}", language=language, **values)


@pytest.mark.parametrize(
    ("low", "high", "is_told"),
    [
        (600, 700, True),
        (None, 400, True),
        (550, None, True),
        (400, 600, False),
        (None, None, False),
    ],
)
def test_a_flow_outside_its_interval(
    pipeline: Pipeline, low: float | None, high: float | None, is_told: bool
) -> None:
    ends = {"flow_low": [low, None], "flow_high": [high, None]}
    columns = {name: pa.array(values, pa.float64()) for name, values in ends.items()}
    found = pipeline.score(table(("A", 500, "1"), ("A", 300, "2"), **columns))
    assert (told(found).get("r0") == ["signals_interval"]) == is_told


def test_crossings_that_no_allowed_cycle_holds_are_told(pipeline: Pipeline) -> None:
    found = pipeline.score(
        table(*(("A", 100, str(phase)) for phase in range(1, 5)), crossing_m=[40.0] * 4)
    )
    assert set(map(tuple, told(found).values())) == {("signals_least",)}


def test_oversaturation_has_a_plan_and_a_review(pipeline: Pipeline) -> None:
    found = pipeline.score(table(("A", 1700, "1"), ("A", 900, "2"), *GOOD))
    assert found["review"].tolist() == [True, True, False, False]
    assert found["los"].tolist()[:2] == ["F", "F"]
    assert found["cycle"].tolist()[:2] == [120, 120]
    assert all("intersection_oversaturated" in notes for notes in found["notes"].tolist()[:2])
    assert np.isfinite(found["delay"]).all()
    assert (found["reserve"][:2] < 0).all()
    # The starved movement keeps its least green.
    assert (found["green"] >= 7).all()


def test_the_high_end_alone_asks_for_a_look(pipeline: Pipeline) -> None:
    ends = {
        "flow_low": pa.array([700.0, 500.0]),
        "flow_high": pa.array([1400.0, 900.0]),
    }
    found = pipeline.score(table(("A", 800, "1"), ("A", 550, "2"), **ends))
    assert found["review"].any()
    assert (found["x"] < 1).all()
    assert (found["delay_low"] < found["delay"]).all()
    assert (found["delay_high"] > found["delay"]).all()


def test_zero_flow_beside_others_is_served_and_noted(pipeline: Pipeline) -> None:
    found = pipeline.score(table(("A", 600, "1"), ("A", 0, "2")))
    assert found["x"][1] == 0
    assert found["queue95"][1] == 0
    assert "no_flow" in found["notes"][1]


def test_each_period_has_its_own_plan(pipeline: Pipeline) -> None:
    rows = (("A", 900, "1"), ("A", 200, "2"), ("A", 200, "1"), ("A", 900, "2"))
    found = pipeline.score(table(*rows, period=["am", "am", "pm", "pm"]))
    assert len(found) == 4
    assert found["green"][0] > found["green"][1]
    assert found["green"][2] < found["green"][3]


def test_an_intersection_scattered_in_the_file_is_told(pipeline: Pipeline) -> None:
    rows = (("A", 500, "1"), ("A", 300, "2"), *GOOD, ("A", 500, "1"), ("A", 300, "2"))
    found = pipeline.score(table(*rows))
    assert told(found) == {"r4": ["signals_scattered"], "r5": ["signals_scattered"]}
    # Also where it comes in another batch.
    session = pipeline.open_session()
    session.step(table(*rows).slice(0, 4))
    again = pipeline.open_session()
    again.restore(session.export_state())
    assert told(again.step(table(*rows).slice(4))) == told(found)


def test_a_repeated_id_leaves_no_plan_without_that_movement(pipeline: Pipeline) -> None:
    rows = table(("A", 500, "1"), ("A", 300, "2"), ("A", 200, "2"), *GOOD)
    ids = pa.array(["n", "e", "n", "g", "h"])
    found = pipeline.score(rows.set_column(0, "record_id", ids))
    assert found["record_id"].tolist() == ["g", "h"]
    assert {r.row for r in found.rejects} == {0, 1, 2}


def test_small_batches_cut_no_intersection(pipeline: Pipeline, tmp_path: Path) -> None:
    records = generate(junctions=4)
    source, whole, parts = (tmp_path / n for n in ("in.parquet", "a.parquet", "b.parquet"))
    pq.write_table(records, source)
    score_files(pipeline, [source], whole)
    score_files(pipeline, [source], parts, Options(batch_rows=3))
    assert pq.read_table(parts).equals(pq.read_table(whole))
    few = tmp_path / "few.parquet"
    score_files(pipeline, [source], few, Options(batch_rows=3, limit=6))
    # Up to the end of the intersection in which the sixth record stands.
    assert pq.read_table(few).num_rows == 8


def test_a_stream_is_refused_in_words(pipeline: Pipeline) -> None:
    import io

    with pytest.raises(UsageError) as raised:
        score_stream(pipeline, io.BytesIO(b"{}\n"), io.StringIO())
    assert raised.value.key == "usage.stream_together"


def test_ids_are_made_of_what_is_there(pipeline: Pipeline, tmp_path: Path) -> None:
    source = tmp_path / "mine.csv"
    source.write_text("intersection,movement,flow,phases\nA,N,500,1\nA,E,300,2\n")
    out = tmp_path / "out.csv"
    score_files(pipeline, [source], out)
    assert arrow_csv.read_csv(out)["record_id"].to_pylist() == ["A/N", "A/E"]


def test_a_forecasts_columns_can_be_mapped(pipeline: Pipeline, tmp_path: Path) -> None:
    source, out = tmp_path / "forecast.csv", tmp_path / "out.csv"
    source.write_text(
        "record_id,intersection,value,low,high,phases\na,A,500,400,600,1\nb,A,300,200,420,2\n"
    )
    mapping = {"value": "flow", "low": "flow_low", "high": "flow_high"}
    score_files(pipeline, [source], out, Options(mapping=mapping))
    found = arrow_csv.read_csv(out)
    assert found["delay_high"][0].as_py() > found["delay"][0].as_py()


def test_the_plan_saves_beside_equal_greens_and_sample_needs_no_review(pipeline: Pipeline) -> None:
    found = pipeline.score(generate())
    assert (found["plan_delay"] <= found["plan_equal"] + 1e-3).all()
    assert (found["x"] < 1).all()
    assert {n for notes in found["notes"].tolist() for n in notes.split("; ") if n} <= set(NOTES)


@pytest.mark.parametrize(
    "setting",
    [
        "method=best",
        "max_cycle=10",
        "min_cycle=200",
        "cycle_step=31",
        "hours=0",
        "lost=-1",
        "walking_speed=9",
        "saturation_lane=1",
    ],
)
def test_a_setting_that_means_nothing_is_told(setting: str) -> None:
    with pytest.raises(UsageError) as raised:
        apply_settings(Config(), [setting])
    assert "{" not in raised.value.text("zh")

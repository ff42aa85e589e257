"""What my_solution promises: the core's checks, and what is true of machine events."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from lepton_core.testing import check_solution

TASK = find_task("my_solution/events")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, machines=40)


def test_the_solution_conforms() -> None:
    check_solution("my_solution")


def test_a_machine_is_not_moved_by_another_machines_events(
    pipeline: Pipeline, records: pa.Table
) -> None:
    mine = pa.compute.equal(records.column("machine"), "M007")
    among_all = pipeline.score(records)["score"][mine.to_numpy()]
    alone = pipeline.score(records.filter(mine))["score"]
    np.testing.assert_allclose(alone, among_all, atol=1e-5)


def test_the_future_does_not_reach_a_score(pipeline: Pipeline, records: pa.Table) -> None:
    whole = pipeline.score(records)["score"]
    np.testing.assert_allclose(pipeline.score(records.slice(0, 700))["score"], whole[:700])


def test_an_event_before_its_machines_previous_one_is_refused(
    pipeline: Pipeline, records: pa.Table
) -> None:
    mine = records.filter(pa.compute.equal(records.column("machine"), "M007")).slice(0, 4)
    scored = pipeline.score(mine.take(pa.array([0, 2, 1, 3])))
    assert [reject.record_id for reject in scored.rejects] == [mine["record_id"][1].as_py()]
    assert scored.rejects.counts() == {"late": 1}


def test_what_happened_before_changes_the_score_of_the_same_event(pipeline: Pipeline) -> None:
    """Warnings that have to be adjusted away announce a failure; the other order does not."""
    # Eight episodes of three events, two days apart, and a last start.
    hours = [48 * (number // 3) + 2 * (number % 3) for number in range(25)]
    times = np.datetime64("2026-03-01", "us") + np.array(hours, "timedelta64[h]")

    def last_score(*episode: str) -> float:
        events = pa.table(
            {
                "record_id": [f"e{number}" for number in range(25)],
                "time": pa.array(times, pa.timestamp("us", "UTC")),
                "machine": ["M1"] * 25,
                "kind": [*(episode * 8), "start"],
                "load": [60.0] * 25,
                "vibration": [2.0] * 25,
            }
        )
        return float(pipeline.score(events)["score"][-1])

    worn = last_score("start", "warning", "adjustment")
    assert worn > last_score("start", "adjustment", "warning") + 1.0

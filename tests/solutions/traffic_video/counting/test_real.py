"""On a real road: the crossings of cdnet_highway, one by one."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.decision import Line
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import open_records
from lepton_core.runtime.no_model import NoModel
from solutions.traffic_video.counting.config import CLASSICAL, Config
from solutions.traffic_video.counting.event_scoring import Event, read_crossings, score_events
from solutions.traffic_video.counting.preprocessing import CountingPreprocessor
from solutions.traffic_video.counting.task import TASK
from solutions.traffic_video.counting.training import DECISION

HIGHWAY = Path(os.environ.get("LEPTON_DATA", "")) / "cdnet_highway"


def pipeline_of(name: str) -> Pipeline:
    """Background subtraction, or a bundle that ships."""
    if name != CLASSICAL:
        return load_bundle(TASK.bundle(name))
    preprocessor = CountingPreprocessor(Config(detector=CLASSICAL))
    return Pipeline(TASK, "counting", preprocessor, NoModel(), DECISION)


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif(not (HIGHWAY / "input").is_dir(), reason="cdnet_highway is not in $LEPTON_DATA")
@pytest.mark.parametrize("step", [1, 2, 4])
@pytest.mark.parametrize("name", [CLASSICAL, "roads", "cdnet_highway"])
def test_crossings_of_row_150_are_the_right_ones(name: str, step: int) -> None:
    """Counted 21 to 23 of 22, event F1 at least .95, at 30, 15 and 7.5 frames a second."""
    decision = DECISION.with_lines([Line("row", (0, 150), (320, 150), "down", "up")])
    session = pipeline_of(name).with_decision(decision).open_session()
    events = []
    with open_records(HIGHWAY / "input", TASK.inputs, labels=False) as reader:
        row = 0
        for batch in reader.batches():
            keep = [
                k
                for k in range(batch.num_rows)
                if 470 <= row + k + 1 <= 1700 and (row + k + 1 - 470) % step == 0
            ]
            row += batch.num_rows
            if not keep:
                continue
            found = session.step(batch.take(pa.array(keep)))
            for text in found.columns["crossings"].to_pylist():
                for one in json.loads(text):
                    second = datetime.fromisoformat(one["time"]).timestamp()
                    frame = 1 + second * 30.0
                    events.append(Event(frame, frame, "row", one["direction"], one["x"]))
    truth = read_crossings(HIGHWAY / "crossings_row150.csv", "row", "down")
    score = score_events(events, truth, x_tolerance_px=60)
    assert 21 <= score.counted <= 23
    assert score.f1 >= 0.95

"""A network is asked about some frames a second at most; vehicles go on in those between."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Line
from lepton_core.errors import UsageError
from lepton_core.frames import frame_array
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.no_model import NoModel
from solutions.traffic_video.counting.config import CLASSICAL, Config
from solutions.traffic_video.counting.preprocessing import CountingPreprocessor
from solutions.traffic_video.counting.targets import box_answers, boxes_of, cores_of
from solutions.traffic_video.counting.task import TASK
from solutions.traffic_video.counting.training import DECISION

FPS, LINE = 25.0, Line("gate", (0, 70), (160, 70), "down", "up")
# Frame at which a vehicle enters from above, and the middle of its lane; 2.5 pixels a frame.
CARS = ((40, 40), (75, 110), (120, 40), (150, 110))


def drawn(n: int) -> list[np.ndarray]:
    """Frames of a road seen from above, with a little noise."""
    rng = np.random.default_rng(0)
    small = rng.integers(60, 150, (20, 27, 3), dtype=np.uint8)
    road = cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC).astype(float)
    frames = []
    for k in range(n):
        picture = road.copy()
        for start, x in CARS:
            y = round((k - start) * 2.5)
            if k >= start:
                picture[max(y - 14, 0) : max(y + 14, 0), x - 10 : x + 10] = 240
        frames.append((picture + rng.normal(0, 2.0, picture.shape)).astype(np.uint8))
    return frames


def records(frames: list[np.ndarray]) -> pa.Table:
    times = pa.array([round(k / FPS * 1e6) for k in range(len(frames))], pa.int64())
    return pa.table(
        {
            "record_id": [f"a#{k:06d}" for k in range(len(frames))],
            "time": times.cast(pa.timestamp("us", tz="UTC")),
            "frame": frame_array(frames),
        }
    )


class Differs(NoModel):
    """In the network's place: what differs from the background is a vehicle."""

    def __init__(self) -> None:
        self.asked = 0

    def run(self, name: str, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        x = inputs["x"][:, 1::2, 1::2].astype(int)
        self.asked += len(x)
        differs = np.abs(x[..., :3] - x[..., 3:6]).max(axis=3) > 40
        ids = np.array([cv2.connectedComponents(one.astype(np.uint8))[1] for one in differs])
        ids = ids.reshape(differs.shape)
        cores = np.array([cores_of(one) for one in ids]).reshape(ids.shape)
        boxes = np.array([boxes_of(one) for one in ids]).reshape(*ids.shape, 4)
        small = (len(x), ids.shape[1] // 2, ids.shape[2] // 2, 3)
        return {
            "vehicle": np.where(ids > 0, 6.0, -6.0)[..., None].astype(np.float32),
            "core": np.where(cores > 0, 6.0, -6.0)[..., None].astype(np.float32),
            "box": box_answers(boxes).astype(np.float32),
            "size": np.zeros(small, np.float32),
        }


def counting(detector_fps: float) -> tuple[Pipeline, Differs]:
    maker = CountingPreprocessor(Config(detector_fps=detector_fps))
    runtime = Differs()
    return Pipeline(TASK, "counting", maker, runtime, DECISION.with_lines([LINE])), runtime


@pytest.mark.parametrize(("most", "every"), [(100.0, 1), (15.0, 2), (9.0, 3)])
def test_fewer_looks_count_the_same_vehicles_at_the_same_time(most: float, every: int) -> None:
    pipeline, runtime = counting(most)
    frames = drawn(200)
    found = pipeline.score(records(frames))
    assert runtime.asked == -(-len(frames) // every)
    told = [one for text in found.columns["crossings"].to_pylist() for one in json.loads(text)]
    assert [one["direction"] for one in told] == ["down"] * len(CARS)
    for one, (start, _) in zip(told, CARS, strict=True):
        second = datetime.fromisoformat(one["time"]).timestamp()
        assert second == pytest.approx((start + (70 - 14) / 2.5) / FPS, abs=0.2)


def test_in_a_frame_between_vehicles_are_where_they_drive_by_then() -> None:
    pipeline, _ = counting(9.0)
    rows = pipeline.score(records(drawn(100))).to_arrow()
    feet = []
    for moment, tracks in zip(rows["time"].to_pylist(), rows["tracks"].to_pylist(), strict=True):
        feet += [one["foot_y"] for one in tracks if one["time"] == moment and one["track"] == 0]
    feet = np.array(feet)
    assert len(feet) > 20
    inside = (feet > 45) & (feet < 110)
    assert np.abs(np.diff(feet[inside]) - 2.5).max() < 1.5, "2.5 pixels a frame, in all frames"


def test_no_cut_into_batches_and_no_break_changes_what_is_found() -> None:
    table = records(drawn(90))
    whole = counting(15.0)[0].score(table)
    pipeline, runtime = counting(15.0)
    first = pipeline.open_session()
    parts = [first.step(table.slice(k, 1)) for k in range(61)]
    state = {name: np.array(values) for name, values in first.export_state().items()}
    second = pipeline.open_session()
    second.restore(state)
    parts.append(second.step(table.slice(61)))
    assert runtime.asked == 45
    for name in ("tracks", "crossings", "vehicles"):
        joined = [value for part in parts for value in part.columns[name].to_pylist()]
        assert joined == whole.columns[name].to_pylist(), name


def test_frames_with_a_true_mask_and_those_without_a_network_are_all_looked_at() -> None:
    frames = drawn(12)
    masks = frame_array([np.zeros((*frames[0].shape[:2], 1), np.uint8)] * len(frames))
    for config, mask in ((Config(), masks), (Config(detector=CLASSICAL), pa.nulls(12, masks.type))):
        table = records(frames).append_column("mask", mask)
        assert CountingPreprocessor(config).transform(table).notes["asked"].all()


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="detector_fps"):
        replace(Config(), detector_fps=0.0)

"""Counting from frames to crossings, on scenes drawn so simply that their truth is plain."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import Trained, load_bundle, save_bundle
from lepton_core.decision import Line
from lepton_core.errors import LeptonError
from lepton_core.frames import frame_array
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.no_model import NoModel
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from solutions.traffic_video.counting.config import CLASSICAL, Config, SceneConfig
from solutions.traffic_video.counting.measures.crossing import crossings as measure_crossings
from solutions.traffic_video.counting.measures.scene_file import CountLine, SceneFile
from solutions.traffic_video.counting.preprocessing import CountingPreprocessor
from solutions.traffic_video.counting.rows import tracks_in
from solutions.traffic_video.counting.task import TASK
from solutions.traffic_video.counting.training import DECISION

HEIGHT, WIDTH, FPS = 120, 160, 25.0
LINE = Line("gate", (0, 70), (160, 70), "down", "up")
# A vehicle a pair: frame at which it enters from above, and the middle of its lane.
CARS = ((40, 40), (75, 110), (120, 40), (150, 110))


def road(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    rng = np.random.default_rng(seed)
    texture = cv2.resize(
        rng.integers(60, 150, (height // 6, width // 6, 3), dtype=np.uint8),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    return texture


def drawn(
    n: int = 200,
    cars: tuple[tuple[int, int], ...] = CARS,
    shake: float = 0.0,
    gain: float = 1.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """Frames red green blue of a road seen from above, cars going down at 2.5 pixels a frame."""
    rng = np.random.default_rng(seed + 1)
    margin = 12
    wide = road(seed, HEIGHT + 2 * margin, WIDTH + 2 * margin)
    frames = []
    for k in range(n):
        picture = wide.copy()
        for number, (start, x) in enumerate(cars):
            y = round((k - start) * 2.5)
            if -20 < y < HEIGHT + 20 and k >= start:
                colour = [(230, 230, 230), (20, 30, 120), (190, 40, 30)][number % 3]
                top = (x - 10 + margin, y - 14 + margin)
                cv2.rectangle(picture, top, (x + 10 + margin, y + 14 + margin), colour, -1)
        dx, dy = rng.normal(0, shake, 2) if shake else (0.0, 0.0)
        moved = cv2.warpAffine(
            picture, np.float32([[1, 0, dx], [0, 1, dy]]), picture.shape[1::-1], flags=1
        )[margin:-margin, margin:-margin]
        noisy = moved * (gain if k > n // 2 else 1.0) + rng.normal(0, 2.0, moved.shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return frames


def records(
    frames: list[np.ndarray], times: list[float] | None = None, name: str = "a"
) -> pa.Table:
    seconds = times or [k / FPS for k in range(len(frames))]
    moments = pa.array([round(s * 1e6) for s in seconds], pa.int64())
    return pa.table(
        {
            "record_id": [f"{name}#{k:06d}" for k in range(len(frames))],
            "time": moments.cast(pa.timestamp("us", tz="UTC")),
            "frame": frame_array(frames),
        }
    )


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    config = Config(detector=CLASSICAL)
    decision = DECISION.with_lines([LINE])
    return Pipeline(TASK, "counting", CountingPreprocessor(config), NoModel(), decision)


def crossings(column: pa.Array) -> list[dict]:
    return [one for text in column.to_pylist() for one in json.loads(text)]


def test_each_vehicle_crosses_once_at_its_time(pipeline: Pipeline) -> None:
    found = pipeline.score(records(drawn()))
    told = crossings(found.columns["crossings"])
    assert [one["direction"] for one in told] == ["down"] * 4
    assert len({one["track"] for one in told}) == 4
    foot_to_line = (70 - 14) / 2.5
    for one, (start, x) in zip(told, CARS, strict=True):
        second = float(one["time"][17:26])
        assert second == pytest.approx((start + foot_to_line) / FPS, abs=0.2)
        assert abs(one["x"] - x) < 6
    assert found["vehicles"].max() == 2
    camera = found.columns["camera"].to_pylist()
    assert camera[10] == "warming"
    assert set(camera[60:]) == {"ok"}
    assert found["review"][:40].all()
    assert not found["review"][60:].any()


@pytest.mark.parametrize("step", [1, 7, 32])
def test_any_cut_into_batches_gives_the_same(pipeline: Pipeline, step: int) -> None:
    table = records(drawn(110))
    whole = pipeline.score(table)
    session = pipeline.open_session()
    parts = [session.step(table.slice(k, step)) for k in range(0, table.num_rows, step)]
    for name in ("tracks", "crossings", "camera", "time"):
        joined = [value for part in parts for value in part.columns[name].to_pylist()]
        assert joined == whole.columns[name].to_pylist(), name


def test_a_memory_that_was_exported_goes_on(pipeline: Pipeline) -> None:
    table = records(drawn(110))
    whole = pipeline.score(table)
    first = pipeline.open_session()
    first.step(table.slice(0, 57))
    state = {name: np.array(values) for name, values in first.export_state().items()}
    assert all(values.dtype != object for values in state.values())
    second = pipeline.open_session()
    second.restore(state)
    rest = second.step(table.slice(57))
    for name in ("tracks", "crossings", "camera"):
        assert rest.columns[name].to_pylist() == whole.columns[name].to_pylist()[57:], name


def test_a_shaking_camera_counts_the_same(pipeline: Pipeline) -> None:
    found = pipeline.score(records(drawn(shake=1.5)))
    assert len(crossings(found.columns["crossings"])) == 4
    assert "shaking" in found.columns["camera"].to_pylist()


def test_a_change_of_exposure_counts_the_same(pipeline: Pipeline) -> None:
    found = pipeline.score(records(drawn(gain=0.75)))
    assert len(crossings(found.columns["crossings"])) == 4


def test_half_the_frame_rate_counts_the_same(pipeline: Pipeline) -> None:
    frames = drawn()
    for step in (2, 4):
        times = [k / FPS for k in range(0, len(frames), step)]
        found = pipeline.score(records(frames[::step], times))
        assert len(crossings(found.columns["crossings"])) == 4, step


def test_a_frozen_stream_is_told_and_counts_nothing(pipeline: Pipeline) -> None:
    frames = drawn(100)
    found = pipeline.score(records([*frames, *[frames[-1]] * 60]))
    camera = found.columns["camera"].to_pylist()
    assert set(camera[130:]) == {"frozen"}
    assert found["review"][130:].all()


@pytest.mark.parametrize("seed", [9, 10, 11])
def test_a_camera_that_turns_away_is_told_and_begins_anew(pipeline: Pipeline, seed: int) -> None:
    before, after = drawn(100, cars=()), drawn(100, cars=(), seed=seed)
    found = pipeline.score(records([*before, *after]))
    camera = found.columns["camera"].to_pylist()
    assert "moving" in camera[100:115]
    assert "warming" in camera[110:160]
    assert camera[-1] == "ok"
    assert not crossings(found.columns["crossings"])


def test_a_queue_that_hides_most_of_the_picture_is_no_camera_that_turned_away(
    pipeline: Pipeline,
) -> None:
    frames = drawn(160, cars=())
    for frame in frames[80:]:
        frame[:, round(0.4 * WIDTH) :] = road(5)[:, round(0.4 * WIDTH) :]
    camera = pipeline.score(records(frames)).columns["camera"].to_pylist()
    assert "moving" not in camera
    assert "warming" not in camera[60:]


def test_night_is_told(pipeline: Pipeline) -> None:
    frames = [(frame * 0.15).astype(np.uint8) for frame in drawn(100, cars=())]
    found = pipeline.score(records(frames))
    assert found.columns["camera"].to_pylist()[-1] == "dark"
    assert found["review"][-1]


def test_missing_frames_are_told(pipeline: Pipeline) -> None:
    times = [k / FPS + (3.0 if k >= 80 else 0.0) for k in range(100)]
    found = pipeline.score(records(drawn(100, cars=()), times))
    camera = found.columns["camera"].to_pylist()
    assert camera[80] == "gap"
    assert camera[79] == camera[82] == "ok"


def test_a_clip_shorter_than_the_warm_up_asks_for_a_look(pipeline: Pipeline) -> None:
    found = pipeline.score(records(drawn(30)))
    assert found["review"].all()


def test_a_second_file_goes_on_behind_the_first(pipeline: Pipeline) -> None:
    frames = drawn()
    session = pipeline.open_session()
    first = session.step(records(frames[:110], name="one.mp4"))
    second = session.step(records(frames[110:], name="two.mp4"))
    times = [
        *first.columns["time"].cast(pa.int64()).to_pylist(),
        *second.columns["time"].cast(pa.int64()).to_pylist(),
    ]
    assert np.diff(times).tolist() == [40_000] * 199
    told = [*crossings(first.columns["crossings"]), *crossings(second.columns["crossings"])]
    assert len(told) == 4


def test_frames_out_of_order_are_refused(pipeline: Pipeline) -> None:
    found = pipeline.score(records(drawn(4), [0.0, 0.08, 0.04, 0.12]))
    assert [(one.record_id, one.reasons[0][0]) for one in found.rejects] == [
        ("a#000002", "frame_late")
    ]


def test_larger_frames_give_places_in_their_own_pixels() -> None:
    frames = [cv2.resize(frame, (640, 480), interpolation=cv2.INTER_LINEAR) for frame in drawn(130)]
    config = Config(detector=CLASSICAL, scene=SceneConfig(width=160))
    decision = DECISION.with_lines([Line("gate", (0, 280), (640, 280), "down", "up")])
    large = Pipeline(TASK, "counting", CountingPreprocessor(config), NoModel(), decision)
    told = crossings(large.score(records(frames)).columns["crossings"])
    assert [round(one["y"]) for one in told] == [280, 280]
    assert abs(told[0]["x"] - 160) < 24


def test_a_video_file_is_scored_and_resumed(tmp_path: Path, pipeline: Pipeline) -> None:
    clip = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    for frame in drawn():
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    trained = Trained(pipeline.preprocessor, DECISION.with_lines([LINE]))
    bundle = load_bundle(save_bundle(tmp_path / "bundle", TASK, trained, {}, {}))
    options = Options(threads=1, part_batches=1)
    out = tmp_path / "frames.parquet"
    summary = score_files(bundle, [clip], out, options)
    whole = pq.read_table(out)
    assert summary.read == whole.num_rows == 200
    assert len(crossings(whole["crossings"])) == 4

    class Killed(Exception):
        pass

    def kill(done: int, _: int | None) -> None:
        if done > 100:
            raise Killed

    again = tmp_path / "again.parquet"
    with pytest.raises(Killed):
        score_files(bundle, [clip], again, options, progress=kill)
    assert not again.exists()
    score_files(bundle, [clip], again, options, resume=True)
    assert pq.read_table(again).equals(whole)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_tracks_are_written_to_files_that_do_not_nest(
    tmp_path: Path, pipeline: Pipeline, suffix: str
) -> None:
    for k, frame in enumerate(drawn(70)):
        cv2.imwrite(str(tmp_path / f"{k:04d}.png"), frame[..., ::-1])
    out = tmp_path.parent / f"{tmp_path.name}{suffix}"
    score_files(pipeline, [tmp_path], out, Options(threads=1, fps=25.0))
    assert '"track": 0' in out.read_text().replace('""', '"')


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ({"detector": "yolo"}, "detector"),
        ({"scene": {"width": 8}}, "least"),
        ({"blobs": {"threshold": 1.0}}, "within"),
        ({"tracks": {"gate": 0.0}}, "above"),
        ({"model": {"size": (100, 320)}}, "size"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_what_is_expected(setting: dict, key: str) -> None:
    from lepton_core.settings import from_dict

    with pytest.raises(LeptonError) as caught:
        from_dict(Config, setting)
    assert caught.value.key == f"traffic_video.counting.error.{key}"
    assert "xpected" in str(caught.value)


def test_measures_find_the_same_crossings_in_the_written_tracks(pipeline: Pipeline) -> None:
    rows = pipeline.score(records(drawn())).to_arrow()
    tracks = tracks_in(rows)
    assert set(tracks.track.tolist()) == {0, 1, 2, 3}
    gate = CountLine("gate", LINE.start, LINE.end, "down", "up")
    measured = measure_crossings(tracks, SceneFile(WIDTH, HEIGHT, (gate,)))
    told = crossings(rows["crossings"])
    assert measured["track"].to_pylist() == [one["track"] for one in told]
    assert measured["direction"].to_pylist() == ["down"] * 4
    for one, time in zip(told, measured["time"].to_pylist(), strict=True):
        assert abs(float(one["time"][17:26]) - (time.second + time.microsecond / 1e6)) < 0.1

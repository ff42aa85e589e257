"""Videos as records: times of the container, damages told frame by frame, folders and streams."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.frames import FRAME, frame_array, frames_of
from lepton_core.records import video_file
from lepton_core.records.opening import expand_inputs, open_records
from lepton_core.records.several import SeveralReader
from lepton_core.records.video import VideoReader, open_video
from lepton_core.records.video_names import frame_times, moment_in
from lepton_core.records.video_stream import VideoStream
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("time", "timestamp", "time"),
        Column("frame", "frame"),
        Column("mask", "frame", "label", required=False),
    )
)
N = 40


def clip(path: Path, fourcc: str = "MJPG", n: int = N, fps: float = 25.0, side: int = 96) -> Path:
    """A clip whose frame k is of one colour, brighter with k, with a blue left half."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*fourcc), fps, (side, side))
    for k in range(n):
        picture = np.full((side, side, 3), (40 + 4 * k) % 256, np.uint8)
        picture[:, : side // 2] = (200, 0, 0)  # OpenCV's order: blue first
        writer.write(picture)
    writer.release()
    return path


def read(source: Path, **options: object) -> pa.Table:
    with open_records(source, SPEC, **options) as reader:  # type: ignore[arg-type]
        return pa.concat_tables(list(reader.batches()))


def times_of(table: pa.Table) -> list[int]:
    return table["time"].cast(pa.int64()).to_pylist()


@pytest.mark.parametrize(("fourcc", "suffix"), [("MJPG", "avi"), ("mp4v", "mp4"), ("VP80", "webm")])
def test_frames_of_a_file_come_in_order_with_their_times(
    tmp_path: Path, fourcc: str, suffix: str
) -> None:
    table = read(clip(tmp_path / f"clip.{suffix}", fourcc))
    assert table.num_rows == N
    assert table["record_id"][3].as_py() == f"clip.{suffix}#000003"
    gaps = np.diff(times_of(table))
    assert times_of(table)[0] == 0
    assert np.abs(gaps - 40_000).max() <= 1_000
    frame = list(frames_of(table["frame"]))[10]
    assert frame is not None
    red, _, blue = frame[20, 20]
    assert blue > 150 > red, "colours are red, green, blue"
    assert abs(int(frame[20, 80, 1]) - 80) < 12


def test_the_name_of_a_file_tells_when_it_began(tmp_path: Path) -> None:
    table = read(clip(tmp_path / "cam1_20240131_160500.avi", n=3))
    assert table["time"][0].as_py().isoformat() == "2024-01-31T16:05:00+00:00"


def test_a_frame_that_cannot_be_decoded_is_refused_and_those_behind_it_are_read(
    tmp_path: Path,
) -> None:
    path = clip(tmp_path / "clip.mp4", "mp4v", n=60)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 40] = b"\x5a" * (len(data) // 40)
    path.write_bytes(data)
    table = read(path)
    checked = check(table, SPEC, "clip.mp4")
    refused = list(checked.rejects)
    assert refused, "the damage is told"
    assert {key for one in refused for key, _ in one.reasons} == {"unreadable_frame"}
    assert checked.table.num_rows + len(refused) == table.num_rows
    last_refused = max(one.row for one in refused)
    assert checked.rows.max() > last_refused, "the frames behind the damage are not lost"
    assert (np.diff(times_of(table)) > 0).all()


def test_a_clip_that_ends_before_what_it_claims_says_so(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.webm", "VP80", n=60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    checked = check(read(path), SPEC, "clip.webm")
    assert 5 < checked.table.num_rows < 60
    assert len(checked.rejects) == 1


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("empty.mp4", b"", "data.video_empty"),
        ("noise.mp4", b"no video at all" * 40, "data.video_unreadable"),
        ("counts.xlsx", b"PK", "data.not_video"),
    ],
)
def test_what_is_no_video_is_an_error_that_says_why(
    tmp_path: Path, name: str, content: bytes, key: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(*expand_inputs([path], SPEC))
    assert caught.value.key == key
    assert name in str(caught.value)


def test_an_mp4_cut_off_before_its_index_is_an_error(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", "mp4v")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"cut off"):
        read(path)


class CutTogether:
    """OpenCV's reader of a file whose stamps begin anew in its middle, at 25 frames a second."""

    def __init__(self, stamps_ms: list[float]) -> None:
        self.stamps, self.at = stamps_ms, -1

    def isOpened(self) -> bool:
        return True

    def get(self, what: int) -> float:
        if what == cv2.CAP_PROP_POS_MSEC:
            return self.stamps[self.at]
        return 25.0 if what == cv2.CAP_PROP_FPS else 0.0

    def grab(self) -> bool:
        self.at += 1
        return self.at < len(self.stamps)

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.zeros((4, 4, 3), np.uint8)

    def release(self) -> None:
        pass


def test_where_stamps_begin_anew_time_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clip.ts").write_bytes(b"x")
    source = CutTogether([500.0, 540.0, 540.0, 0.0, 800.0])
    monkeypatch.setattr(video_file, "open_capture", lambda _: source)
    times = times_of(read(tmp_path / "clip.ts"))
    assert times == [0, 40_000, 80_000, 120_000, 300_000]


def test_a_missing_frame_of_a_folder_leaves_its_gap(tmp_path: Path) -> None:
    for number in (8, 9, 10, 13):
        cv2.imwrite(str(tmp_path / f"in{number}.png"), np.full((20, 30, 3), number, np.uint8))
    (tmp_path / "in11.png").write_bytes(b"no picture")
    table = read(tmp_path, fps=10.0)
    assert [one.rpartition("#")[2] for one in table["record_id"].to_pylist()] == [
        *("in8.png", "in9.png", "in10.png", "in11.png", "in13.png")
    ]
    assert times_of(table) == [0, 100_000, 200_000, 300_000, 500_000]
    assert [one.row for one in check(table, SPEC).rejects] == [3]


def test_a_folder_of_frames_of_two_sizes_is_read_in_order(tmp_path: Path) -> None:
    for number in range(6):
        picture = np.full((20, 30 + 2 * (number == 3), 3), number, np.uint8)
        cv2.imwrite(str(tmp_path / f"in{number}.png"), picture)
    frames = list(frames_of(read(tmp_path)["frame"]))
    assert [(one.shape[1], int(one[0, 0, 0])) for one in frames if one is not None] == [
        *((30, 0), (30, 1), (30, 2), (32, 3), (30, 4), (30, 5))
    ]


def test_masks_beside_a_folder_of_frames_are_its_truth(tmp_path: Path) -> None:
    for folder in ("input", "groundtruth"):
        (tmp_path / folder).mkdir()
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / "input" / f"in{number}.png"), np.zeros((20, 30, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "groundtruth" / "gt2.png"), np.full((20, 30), 255, np.uint8))
    masks = list(frames_of(read(tmp_path / "input")["mask"]))
    assert masks[0] is None
    assert masks[1] is not None
    assert masks[1].shape == (20, 30, 1)
    assert "mask" not in read(tmp_path / "input", labels=False).column_names


def test_files_of_one_camera_come_as_people_count(tmp_path: Path) -> None:
    for name in ("cam 10.avi", "cam 2.avi", "notes.txt", ".hidden.avi"):
        (tmp_path / name).write_bytes(b"x")
    found = expand_inputs([tmp_path], SPEC)
    assert [path.name for path in found] == ["cam 2.avi", "cam 10.avi"]


def test_files_of_one_camera_are_read_as_one_and_each_is_closed(tmp_path: Path) -> None:
    paths = [clip(tmp_path / f"cam {k}.avi", n=k + 1) for k in range(3)]
    is_open: dict[str, bool] = {}

    def reopen(path: Path) -> VideoReader:
        assert not any(is_open.values())
        reader = open_video(path, SPEC)
        is_open[path.name] = True

        def close() -> None:
            is_open[path.name] = False

        reader.close = close  # type: ignore[method-assign]
        return reader

    with SeveralReader(paths, reopen) as reader:
        found = pa.concat_tables(list(reader.batches()))
    assert [one.rpartition("#")[0] for one in found["record_id"].to_pylist()] == [
        *("cam 0.avi", "cam 1.avi", "cam 1.avi", "cam 2.avi", "cam 2.avi", "cam 2.avi")
    ]
    assert is_open == {path.name: False for path in paths}


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for day in ("monday", "tuesday"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "cam.avi").write_bytes(b"x")
    with pytest.raises(DataError) as caught:
        expand_inputs([tmp_path / "monday" / "cam.avi", tmp_path / "tuesday" / "cam.avi"], SPEC)
    assert caught.value.key == "data.video_same_name"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cam3_2024-01-31_160500.mp4", 1706717100),
        ("20240131T160500.25.jpg", 1706717100.25),
        ("1706717100250.jpg", 1706717100.25),
        ("clip 20249999 999999.mp4", None),
        ("clip.mp4", None),
    ],
)
def test_moments_in_names(name: str, expected: float | None) -> None:
    found = moment_in(name)
    assert found == (None if expected is None else round(expected * 1e6))


def test_times_in_the_names_of_frames_decide_over_their_order() -> None:
    names = ["20240131_160500.jpg", "20240131_160501.jpg", "20240131_160509.jpg"]
    assert np.diff(frame_times(names, fps=30)).tolist() == [1_000_000, 8_000_000]


class Camera:
    """Stands for OpenCV's reader: so many frames, then the connection breaks."""

    def __init__(self, frames: int) -> None:
        self.left = frames

    def isOpened(self) -> bool:
        return self.left > 0

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def read(self) -> tuple[bool, np.ndarray | None]:
        return (True, np.zeros((4, 4, 3), np.uint8)) if self.grab() else (False, None)

    def release(self) -> None:
        pass


def test_a_stream_is_connected_again_and_its_gap_shows() -> None:
    cameras = iter([Camera(3), Camera(0), Camera(4), Camera(0), Camera(0)])
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def clock() -> float:
        now[0] += 0.04
        return now[0]

    stream = VideoStream("rtsp://u:p@cam/live", (1.0, 1.0), lambda _: next(cameras), clock, sleep)
    times = [shot.time_us for shot in stream.shots()]
    assert len(times) == 3 + 3, "the first frame of the second connection shows that it lives"
    gaps = np.diff(times) / 1e6
    assert gaps.max() > 2.0
    assert sorted(gaps)[:-1] == pytest.approx([0.04] * 4, abs=1e-6)


def test_a_stream_out_of_reach_is_an_error_without_its_password() -> None:
    with pytest.raises(DataError) as caught:
        VideoStream("rtsp://user:secret@cam/live", opener=lambda _: Camera(0))
    assert "secret" not in str(caught.value)
    assert "rtsp://cam/live" in str(caught.value)


def test_frames_pass_through_arrow_without_a_copy() -> None:
    frames = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    column = frame_array(frames)
    views = list(frames_of(column))
    assert all(np.array_equal(view, frame) for view, frame in zip(views, frames, strict=True))
    assert np.shares_memory(views[1], frames)
    sliced = list(frames_of(column.slice(1)))
    assert np.array_equal(sliced[0], frames[1])


def test_text_is_no_frame() -> None:
    table = pa.table(
        {
            "record_id": ["a"],
            "time": pa.array([0]).cast(pa.timestamp("us", tz="UTC")),
            "frame": ["a.png"],
        }
    )
    with pytest.raises(DataError) as caught:
        check(table, SPEC)
    assert caught.value.values["column"] == "frame"


@pytest.mark.parametrize(
    ("sides", "size"), [((5, 2, 3), 12), ((-2, -2, 3), 12), ((0, 2, 3), 0), ((2, 2, 2), 8)]
)
def test_a_frame_of_an_impossible_size_is_refused(sides: tuple[int, int, int], size: int) -> None:
    height, width, channels = sides
    cells = [
        {"height": 2, "width": 2, "channels": 3, "data": bytes(12)},
        {"height": height, "width": width, "channels": channels, "data": bytes(size)},
    ]
    table = pa.table(
        {
            "record_id": ["a", "b"],
            "time": pa.array([0, 1]).cast(pa.timestamp("us", tz="UTC")),
            "frame": pa.array(cells, FRAME),
        }
    )
    refused = list(check(table, SPEC).rejects)
    assert [(one.record_id, one.reasons[0][0]) for one in refused] == [("b", "frame_size")]

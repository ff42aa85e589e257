"""Reads videos as records: a frame each, raw, with the time at which it was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.frames import frame_array
from lepton_core.images import quiet_cv2
from lepton_core.records.choosing import choose_columns
from lepton_core.records.source import Closing
from lepton_core.records.video_file import Shot, VideoFile
from lepton_core.records.video_folder import FrameFolder, frames_in, videos_in
from lepton_core.records.video_names import VIDEO_SUFFIXES, address_of, is_video, shown_address
from lepton_core.records.video_stream import VideoStream
from lepton_core.spec import Spec

FRAME_COLUMNS = ("record_id", "time", "frame", "mask")
# A handful of batches is held at once; frames of full HD are 6 MB each.
_BATCH_BYTES = 8_000_000
FRAME_BATCH_ROWS = 32
_TIME = pa.timestamp("us", tz="UTC")


class Shots(Protocol):
    """Where frames come from: a file, a folder or a stream."""

    is_live: bool
    frames_claimed: int | None

    def shots(self) -> Iterator[Shot]: ...

    def close(self) -> None: ...


class VideoReader(Closing):
    """Frames of one source, read once, in order, a batch at a time.

    Attributes:
        source: where they stand, for messages.
        schema_names: the columns delivered.
        rows_total: the number of frames that the source claims; None where it does not tell.
        is_live: whether what was read cannot be read again.
    """

    def __init__(
        self,
        shots: Shots,
        source: str,
        called: str,
        columns: Mapping[str, str],
        rows: int | None,
    ) -> None:
        self.source, self._shots, self._called, self._rows = source, shots, called, rows
        self._columns = columns
        self.schema_names = tuple(columns.values())
        self.rows_total = shots.frames_claimed
        self.is_live = shots.is_live

    def batches(self) -> Iterator[pa.Table]:
        """The frames, so many at a time that a batch is a few megabytes."""
        held: list[Shot] = []
        pictures: np.ndarray | None = None
        for shot in self._shots.shots():
            shape = pictures.shape[1:] if pictures is not None else None
            if shot.picture is not None:
                if shape is not None and shot.picture.shape != shape:
                    yield self._table(held, pictures)
                    held, pictures = [], None
                if pictures is None:
                    pictures = self._room(shot.picture, len(held))
                # The one copy of a frame: its colours change places on the way.
                cv2 = quiet_cv2()
                cv2.cvtColor(shot.picture, cv2.COLOR_BGR2RGB, dst=pictures[len(held)])
            held.append(shot)
            if len(held) == (len(pictures) if pictures is not None else FRAME_BATCH_ROWS):
                yield self._table(held, pictures)
                held, pictures = [], None
        if held:
            yield self._table(held, pictures)

    def _room(self, picture: np.ndarray, least: int) -> np.ndarray:
        rows = min(max(_BATCH_BYTES // picture.nbytes, 1), self._rows or FRAME_BATCH_ROWS)
        return np.empty((max(rows, least + 1), *picture.shape), np.uint8)

    def _table(self, held: list[Shot], pictures: np.ndarray | None) -> pa.Table:
        if pictures is not None and all(shot.picture is not None for shot in held):
            frames = frame_array(pictures[: len(held)])
        else:
            frames = frame_array(
                [
                    None if shot.picture is None or pictures is None else pictures[row]
                    for row, shot in enumerate(held)
                ]
            )
        values: dict[str, pa.Array] = {
            "record_id": pa.array([f"{self._called}#{s.name}" for s in held], pa.string()),
            "time": pa.array([s.time_us for s in held], pa.int64()).cast(_TIME),
            "frame": frames,
            "mask": frame_array([None if s.mask is None else s.mask[..., None] for s in held]),
        }
        return pa.table({name: values[kind] for kind, name in self._columns.items()})

    def close(self) -> None:
        """Let go of the source."""
        self._shots.close()


def takes_frames(spec: Spec) -> bool:
    """Whether a task with these inputs takes videos: the Spec has a required ``frame`` column."""
    return any(column.dtype == "frame" and column.required for column in spec)


def open_video(
    source: str | Path,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    *,
    extra: Sequence[str] = (),
    batch_rows: int | None = None,
    fps: float | None = None,
    labels: bool = True,
) -> VideoReader:
    """Open one source of frames: ``record_id``, ``time`` and ``frame`` under the Spec's names.

    Args:
        source: a video file, a folder of pictures, or the address of a stream.
        spec: what the task takes.
        mapping: one of ``FRAME_COLUMNS`` -> ours.
        extra: further columns, of which a video has none.
        batch_rows: most frames in a batch; as many as 8 MB hold, at most 32, when None.
        fps: of a folder whose names tell no times; 30 when None.
        labels: whether true masks beside a folder of frames are read, where the Spec has them.

    Raises:
        DataError: ``data.video_*``, see :class:`~lepton_core.records.video_file.VideoFile`.
    """
    address = address_of(source)
    path = Path(source)
    text = shown_address(address) if address else str(source)
    has_masks = any(column.dtype == "frame" for column in spec.of_role("label"))
    masks = labels and has_masks and path.is_dir()
    found = [name for name in FRAME_COLUMNS if masks or name != "mask"]
    names = {**_by_role(spec), **(mapping or {})}
    chosen = choose_columns(text, found, names, None, spec, extra)
    columns = {found[place]: name for place, name in chosen}
    shots: Shots
    if address:
        shots = VideoStream(address)
    elif path.is_dir():
        shots = FrameFolder(path, fps, masks)
    else:
        shots = VideoFile(path)
    called = text if address else path.resolve().name
    return VideoReader(shots, text, called, columns, batch_rows)


def expand_videos(paths: Sequence[str | Path]) -> list[Path]:
    """The sources that a person's paths stand for, in order, each for one :func:`open_video`.

    Args:
        paths: video files, addresses of streams, folders of frames, or folders of video files,
            which stand for these in the order of the numbers in their names.

    Raises:
        DataError: ``data.no_file``; ``data.not_video``; ``data.video_no_frames``;
            ``data.video_same_name``, as frames are called by the name of their file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if address_of(path):
            found.append(path)
        elif not path.exists():
            raise DataError("data.no_file", source=path)
        elif path.is_dir():
            videos = videos_in(path)
            if not videos and not frames_in(path):
                raise DataError("data.video_no_frames", source=path)
            found += videos or [path]
        elif is_video(path):
            found.append(path)
        else:
            raise DataError("data.not_video", source=path, known=" ".join(VIDEO_SUFFIXES))
    names: dict[str, Path] = {}
    for path in found:
        name = str(path) if address_of(path) else path.resolve().name
        if name in names:
            raise DataError("data.video_same_name", source=path, first=names[name], name=name)
        names[name] = path
    return found


def _by_role(spec: Spec) -> dict[str, str]:
    """Our names for a video's columns where the Spec calls them otherwise."""
    ours = {
        "record_id": next(iter(spec.of_role("id")), None),
        "time": next(iter(spec.of_role("time")), None),
        "frame": next(c for c in spec if c.dtype == "frame" and c.required),
    }
    return {
        name: column.name
        for name, column in ours.items()
        if column is not None and column.name != name
    }

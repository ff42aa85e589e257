"""A clip counted in a thread of its own, with progress, a way to stop, and an annotated video."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from lepton_core.errors import DataError, LeptonError
from lepton_core.explain.webm import WebmWriter
from lepton_core.frames import frames_of
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import open_records
from lepton_core.records.several import SeveralReader
from lepton_core.rejects import Rejects

from .annotating import Annotator
from .deciding import by_scene
from .measures.scene_file import SceneFile

PICTURE, PRIVATE, NONE = "picture", "private", "none"
VIDEOS = (PICTURE, PRIVATE, NONE)
"""What the annotated video shows: the camera's picture, boxes on grey, or there is none."""
_KEPT = ("record_id", "time", "vehicles", "tracks", "crossings", "camera", "review")
# Nobody has looked for so long: the window is gone, and so is who would read the counts.
_UNSEEN_S = 600.0
_log = logging.getLogger("lepton.traffic")


class CountingRun:
    """One run over the files of a camera.

    Args:
        pipeline: what scores.
        paths: the files in order.
        scene: what was drawn; its lines are counted while it runs.
        video: one of ``VIDEOS``.

    Attributes:
        frames: frames done.
        total: how many there are; None where that is not known.
        so_far: (line, direction) -> crossings until now.
        vehicles: in the last frame.
        camera: its state in the last frame.
        error: why it failed; None where it did not.
        was_stopped: whether somebody stopped it.
        rejects: frames that could not be scored.
    """

    def __init__(
        self, pipeline: Pipeline, paths: Sequence[Path], scene: SceneFile, video: str = PICTURE
    ) -> None:
        self.scene, self.paths = scene, list(paths)
        self.frames, self.vehicles = 0, 0
        self.total: int | None = None
        self.camera = "ok"
        self.so_far: dict[tuple[str, str], int] = {}
        self.error: LeptonError | None = None
        self.was_stopped = False
        self.rejects = Rejects()
        self._pipeline = pipeline.with_decision(by_scene(pipeline.decision, scene))  # type: ignore[arg-type]
        self._folder = TemporaryDirectory(prefix="lepton-counting-")
        self._kind = video
        self._parts: list[pa.Table] = []
        self._stop = threading.Event()
        self._looked_s = time.monotonic()
        self._started_s = self._ended_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="lepton-counting", daemon=True)

    def start(self) -> CountingRun:
        """Begin."""
        self._started_s = self._looked_s = time.monotonic()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask it to end after the frames at hand; what was counted until then stays."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait for its end, for so long at most."""
        self._thread.join(seconds)

    def look(self) -> None:
        """Somebody still looks: a run that nobody has looked at for ten minutes ends."""
        self._looked_s = time.monotonic()

    @property
    def is_running(self) -> bool:
        """Whether it still counts."""
        return self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (time.monotonic() if self.is_running else self._ended_s) - self._started_s

    @property
    def rows(self) -> pa.Table | None:
        """The rows of all frames scored so far; None where there is none yet."""
        parts = list(self._parts)
        return pa.concat_tables(parts) if parts else None

    @property
    def video(self) -> Path | None:
        """The finished annotated video; None while it runs and where there is none."""
        path = Path(self._folder.name, "annotated.webm")
        return path if not self.is_running and path.exists() and path.stat().st_size else None

    def _run(self) -> None:
        video: WebmWriter | None = None
        if self._kind != NONE:
            video = WebmWriter(Path(self._folder.name, "annotated.webm"))
        try:
            self._count(video)
        except LeptonError as error:
            self.error = error
        # The last net of a thread: without it the page would wait for ever.
        except Exception as error:
            _log.exception("a run of counting failed")
            reason = f"{type(error).__name__}: {error}"
            self.error = DataError("traffic_video.counting_page.failed", reason=reason)
        finally:
            if video is not None:
                try:
                    video.close()
                except LeptonError as error:
                    self.error = self.error or error
            self._ended_s = time.monotonic()

    def _count(self, video: WebmWriter | None) -> None:
        task = self._pipeline.task
        session = self._pipeline.open_session()
        annotator = Annotator(self.scene, self._kind == PRIVATE)
        done = 0
        reopen = partial(open_records, spec=task.inputs, labels=False)
        with SeveralReader(self.paths, reopen) as reader:
            self.total = reader.rows_total
            for batch in reader.batches():
                scored = session.step(batch, Path(reader.source).name)
                self.rejects.extend(scored.rejects)
                rows = scored.to_arrow().select(_KEPT)
                pictures = list(frames_of(batch.column("frame")))
                for at, row in enumerate(rows.to_pylist()):
                    picture = pictures[int(scored.rows[at]) - done]
                    assert picture is not None
                    if video is not None:
                        video.add(annotator.draw(picture, row), row["time"].timestamp())
                    else:
                        annotator.count(row)
                    self.vehicles, self.camera = row["vehicles"], row["camera"]
                done += batch.num_rows
                if rows.num_rows:
                    self._parts.append(rows)
                self.so_far, self.frames = dict(annotator.so_far), done
                if self._stop.is_set() or time.monotonic() - self._looked_s > _UNSEEN_S:
                    self.was_stopped = True
                    return

"""What was counted in a clip, as files: an annotated video, tables, and a summary."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision import Crossings
from lepton_core.errors import DataError
from lepton_core.explain.files import Asked, FileExplainer
from lepton_core.explain.webm import WebmWriter
from lepton_core.frames import frames_of
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.spreadsheet import to_csv

from .annotating import Annotator
from .camera import TRUSTED
from .measures.scene_file import CountLine, SceneFile, read_scene
from .report import INTERVAL_S, Report

VIDEO = "annotated.webm"
FEW_FRAMES = 11.5
"""Frames a second below which counts of dense traffic were found to be too low (12.5 is not)."""
_KEPT = ("time", "tracks", "camera", "review")
# Rows of single frames are put together so often, so that an hour of video is no million objects.
_A_PART = 512


class Explainer(FileExplainer):
    """The clip with boxes, lines and counts, and its events, counts, speeds and movements."""

    formats: ClassVar[dict[str, str]] = {
        "video": "annotated.webm, plays in a browser",
        "private": "annotated.webm with boxes and lines on grey: no picture of the camera",
        "csv": "events, counts, speeds, od, headways, dwells and los, each .csv",
        "json": "summary.json",
    }
    usual: ClassVar[tuple[str, ...]] = ("video", "csv", "json")
    is_whole: ClassVar[bool] = True

    def __init__(self, pipeline: Pipeline, asked: Asked) -> None:
        super().__init__(pipeline, asked)
        self._scene = None if asked.scene is None else read_scene(asked.scene)
        self._parts: list[pa.Table] = []
        self._single: list[pa.Table] = []
        self._work: Path | None = None
        self._video: WebmWriter | None = None
        self._annotator: Annotator | None = None

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        (picture,) = frames_of(record.column("frame"))
        assert picture is not None  # what was scored has a picture
        rows = scored.to_arrow()
        if self._scene is None:
            self._scene = _scene_of(self.pipeline.decision, picture)
        check_size(self._scene, picture)
        if {"video", "private"} & set(self.asked.formats):
            self._draw(picture, rows, folder.parent)
        self._single.append(rows.select(_KEPT))
        if len(self._single) == _A_PART:
            self._gather()

    def finish(self, folder: Path) -> None:
        self._gather()
        if self._video is not None and self._work is not None:
            self._video.close()
            self._video = None
            (self._work / VIDEO).replace(folder / VIDEO)
        if not self._parts or self._scene is None:
            self.notes.append(t("traffic_video.counting.note.no_frames", language="en"))
            return
        rows = pa.concat_tables(self._parts)
        scene = self._scene
        interval_s = scene.interval_s or INTERVAL_S
        report = Report.of(rows, scene, interval_s, scene.checked, self.refused)
        if "csv" in self.asked.formats:
            for name, table in tables(report).items():
                (folder / f"{name}.csv").write_bytes(to_csv(table))
        if "json" in self.asked.formats:
            text = json.dumps(report.summary(), ensure_ascii=False, indent=1)
            (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
        self.notes += notes(report)

    def close(self) -> None:
        if self._video is not None:
            self._video.close()
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)

    def _gather(self) -> None:
        if self._single:
            self._parts.append(pa.concat_tables(self._single).combine_chunks())
            self._single = []

    def _draw(self, picture: np.ndarray, rows: pa.Table, out: Path) -> None:
        if self._video is None or self._annotator is None:
            # Where the folder stands, so that the finished video comes to its place by a rename.
            self._work = Path(mkdtemp(prefix=".writing-", dir=out))
            self._video = WebmWriter(self._work / VIDEO)
            self._annotator = Annotator(self._scene, "private" in self.asked.formats)
        row = rows.to_pylist()[0]
        self._video.add(self._annotator.draw(picture, row), row["time"].timestamp())


def tables(report: Report) -> dict[str, pa.Table]:
    """The tables that people take away, by the name of their file.

    Args:
        report: of a run.
    """
    return {
        "events": report.events,
        "counts": report.detailed,
        "speeds": report.speeds,
        "od": report.od,
        "headways": report.headways,
        "dwells": report.dwells,
        "los": report.levels,
    }


def notes(report: Report, language: str = "en") -> list[str]:
    """What a person should know before using the counts, a sentence each; none where all is well.

    Args:
        report: of a run.
        language: of the sentences.
    """
    found = []
    key = "traffic_video.counting.note"

    def say(name: str, **values: Any) -> None:
        found.append(t(f"{key}.{name}", language=language, **values))

    states = "; ".join(
        t(f"traffic_video.counting.state.{state}", language=language)
        for state in report.states
        if state not in TRUSTED
    )
    share = report.trusted_share
    if share <= 0:
        say("nothing", n=report.rows.num_rows, states=states)
    elif states:
        say("partly", percent=100 * (1 - share), states=states)
    if not report.scene.lines:
        say("no_lines")
    return found + doubts(report, language)


def doubts(report: Report, language: str | None = None) -> list[str]:
    """A sentence for each line whose counts are not to be relied on, and one on too few frames.

    Args:
        report: of a run.
        language: of the sentences; the page's own when None.
    """
    found = [
        t(
            f"traffic_video.counting.doubt.{one.doubt}",
            language=language,
            **{"line": one.line, "n": one.lost, "crossed": one.crossed},
            **{"size": one.size_px or 0.0, "jump": one.jump or 0.0},
        )
        for one in report.sights
        if one.doubt
    ]
    rate = report.frames_per_s
    if report.scene.lines and rate is not None and rate < FEW_FRAMES:
        found.append(t("traffic_video.counting.doubt.few_frames", language=language, rate=rate))
    return found


def check_size(scene: SceneFile, picture: np.ndarray) -> None:
    """Refuse a picture [h, w, ...] of another size than the one that a scene was drawn on.

    Raises:
        DataError: ``traffic_video.scene.other_frame``.
    """
    height, width = picture.shape[:2]
    if (scene.width, scene.height) != (width, height):
        drawn = f"{scene.width} x {scene.height}"
        frame = f"{width} x {height}"
        raise DataError("traffic_video.scene.other_frame", scene=drawn, frame=frame)


def _scene_of(decision: Any, picture: np.ndarray) -> SceneFile:
    """The lines of the bundle's own decision, where nobody gave a scene."""
    height, width = picture.shape[:2]
    lines = decision.lines if isinstance(decision, Crossings) else ()
    return SceneFile(
        width,
        height,
        tuple(CountLine(one.name, one.start, one.end, one.to_right, one.to_left) for one in lines),
    )

"""A line's folder under watch: parts are sent into it, and what became of them is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scoring_task import outcome, picture_pipeline

from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import open_run
from lepton_core.scoring.options import Options
from lepton_core.scoring.watch import Watcher

OPTIONS = Options(threads=1)


class Line:
    """A line's folder, what watches it, and what that noted."""

    def __init__(self, folder: Path, pipeline: Pipeline | None = None) -> None:
        self.folder, self.out, self.done = folder / "inbox", folder / "scores", folder / "done"
        self.pipeline = pipeline or picture_pipeline()
        self.folder.mkdir()
        self.notes: list[str] = []

    @contextmanager
    def watching(self, options: Options = OPTIONS, **more: Any) -> Iterator[Watcher]:
        with open_run(self.pipeline, self.out, options, True, mode="watch") as run:
            more.setdefault("done", self.done)
            yield Watcher(run, self.folder, 0.01, self.notes.append, **more)

    def send(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        return path

    def rows(self) -> dict[str, float]:
        return {row["record_id"]: row["score"] for row in outcome(self.out)["rows"]}

    def refused(self) -> dict[str, str]:
        lines = outcome(self.out)["refused"]
        return {line["record_id"]: line["reasons"][0]["key"] for line in lines}

    def waiting(self) -> list[str]:
        return names(self.folder)

    def moved(self) -> list[str]:
        return names(self.done) if self.done.exists() else []


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def encoded(ending: str, seed: int = 0, side: int = 40) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)
    return cv2.imencode(ending, picture)[1].tobytes()


def score_of(data: bytes) -> float:
    return float(np.sin(np.float32(len(data))))

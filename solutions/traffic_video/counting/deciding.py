"""The decision for one camera: what a person drew on its picture."""

from __future__ import annotations

from pathlib import Path

from lepton_core.decision import Crossings, Line

from .measures.scene_file import SceneFile, read_scene


def by_file(decision: Crossings, path: Path) -> Crossings:
    """The decision with the lines and the calibration of a scene file.

    Raises:
        DataError: ``traffic_video.scene.*``.
    """
    return by_scene(decision, read_scene(path))


def by_scene(decision: Crossings, scene: SceneFile) -> Crossings:
    """The same of a scene that was read."""
    lines = [
        Line(line.name, line.start, line.end, line.to_right, line.to_left) for line in scene.lines
    ]
    ground = () if scene.calibration is None else scene.calibration.matrix.ravel().tolist()
    return decision.with_lines(lines, ground)

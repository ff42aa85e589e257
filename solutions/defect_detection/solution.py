"""Defect detection: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .anomaly.task import TASK as ANOMALY
from .maintenance.task import TASK as MAINTENANCE
from .quality.task import TASK as QUALITY
from .surface.task import TASK as SURFACE

SOLUTION = Solution(
    name="defect_detection",
    title="defect_detection.title",
    package="solutions.defect_detection",
    tasks=(SURFACE, ANOMALY, MAINTENANCE, QUALITY),
    icon="image_search",
)

"""Medical imaging: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .disease.task import TASK as DISEASE
from .xray.task import TASK as XRAY

SOLUTION = Solution(
    name="medical_imaging",
    title="medical_imaging.title",
    package="solutions.medical_imaging",
    tasks=(XRAY, DISEASE),
    icon="image_search",
)

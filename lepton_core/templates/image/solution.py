"""My solution: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .pictures.task import TASK as PICTURES

SOLUTION = Solution(
    name="my_solution",
    title="my_solution.title",
    package="my_solution",
    tasks=(PICTURES,),
    icon="image_search",
)

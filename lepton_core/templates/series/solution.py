"""My solution: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .forecast.task import TASK as FORECAST

SOLUTION = Solution(
    name="my_solution",
    title="my_solution.title",
    package="my_solution",
    tasks=(FORECAST,),
    icon="show_chart",
)

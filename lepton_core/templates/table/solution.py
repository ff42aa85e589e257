"""My solution: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .records.task import TASK as RECORDS

SOLUTION = Solution(
    name="my_solution",
    title="my_solution.title",
    package="my_solution",
    tasks=(RECORDS,),
    icon="table_chart",
)

"""Retail recommender: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .demand.task import TASK as DEMAND

SOLUTION = Solution(
    name="retail_recommender",
    title="retail_recommender.title",
    package="solutions.retail_recommender",
    tasks=(DEMAND,),
    icon="show_chart",
)

"""Retail recommender: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .forecast.task import TASK as FORECAST

SOLUTION = Solution(
    name="retail_recommender",
    title="retail_recommender.title",
    package="solutions.retail_recommender",
    tasks=(FORECAST,),
    icon="show_chart",
)

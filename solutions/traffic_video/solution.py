"""Traffic video: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .counting.task import TASK as COUNTING
from .forecast.task import TASK as FORECAST
from .signals.task import TASK as SIGNALS

SOLUTION = Solution(
    name="traffic_video",
    title="traffic_video.title",
    package="solutions.traffic_video",
    tasks=(COUNTING, FORECAST, SIGNALS),
    icon="show_chart",
)

"""What traffic_video promises as a whole: the core's checks of all its tasks and its page."""

from __future__ import annotations

from lepton_core.testing import check_solution


def test_the_solution_conforms() -> None:
    check_solution("traffic_video")

"""What retail_recommender promises as a whole: the core's checks of an installed solution."""

from __future__ import annotations

import pytest

from lepton_core.testing import check_solution


@pytest.mark.slow
def test_the_solution_conforms() -> None:
    check_solution("retail_recommender")

"""A zoomable picture fetches nothing and has a shape."""

from __future__ import annotations

import pytest

from lepton_core.ui.zoomable import show_zoomable


@pytest.mark.parametrize(
    ("source", "aspect"),
    [("https://example.org/a.png", 1.0), ("javascript:1", 1.0), ("data:image/png;base64,", 0.0)],
)
def test_what_is_no_picture_of_ones_own_is_refused(source: str, aspect: float) -> None:
    with pytest.raises(ValueError, match=r"data URI|above 0"):
        show_zoomable(source, aspect, "a", "key", alt="a")

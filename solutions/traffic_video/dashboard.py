"""The page: from a camera to counts, their forecast, and a signal plan; each view its own file."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from lepton_core.messages import t
from lepton_core.ui.frame import header

_ICONS = {"counting": "videocam", "forecast": "show_chart", "signals": "traffic"}


def page() -> None:
    """Draw the page."""
    header(t("traffic_video.title"), t("traffic_video.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads; and no view
    # waits for another.
    from lepton_core.ui.views import choose_view

    names = {
        view: f":material/{icon}: {t(f'traffic_video.dashboard.view.{view}')}"
        for view, icon in _ICONS.items()
        if find_spec(f"{__package__}.dashboard_{view}") is not None
    }
    choice = t("traffic_video.dashboard.view.choice")
    view = choose_view(names, choice, "traffic_video.view", "view")
    import_module(f"{__package__}.dashboard_{view}").view()

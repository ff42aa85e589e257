"""The page: what the line does, one part, the threshold, labels, a new product, and the rest."""

from __future__ import annotations

from importlib.util import find_spec

from lepton_core.messages import t
from lepton_core.ui.frame import header

_ICONS = {
    "line": "conveyor_belt",
    "part": "image_search",
    "threshold": "tune",
    "label": "label",
    "teach": "school",
    "quality": "monitoring",
    "maintenance": "build",
}
# Views of inspected pictures; the others bring their own data.
_OF_PARTS = ("line", "part", "threshold", "label")


def page() -> None:
    """Draw the page."""
    header(t("defect_detection.title"), t("defect_detection.dashboard.caption"))
    view = _choose_view()
    # Imported below the heading, so that it is on the screen while the rest loads; and no view
    # waits for another.
    if view == "quality":
        from .dashboard_quality import view as quality

        quality()
    elif view == "maintenance":
        from .dashboard_maintenance import view as maintenance

        maintenance()
    elif view == "teach":
        from .dashboard_teach import view as teach

        teach()
    else:
        _show_parts(view)


def _show_parts(view: str) -> None:
    from .dashboard_parts_choice import choose_parts

    parts = choose_parts()
    if parts is None:
        return
    if view == "part":
        from .dashboard_part import show_part

        show_part(parts)
    elif view == "threshold":
        from .dashboard_threshold import show_threshold

        show_threshold(parts)
    elif view == "label":
        from .dashboard_label import show_label

        show_label(parts)
    else:
        from .dashboard_line import show_line

        show_line(parts)


def _choose_view() -> str:
    from lepton_core.ui.views import choose_view

    from .dashboard_parts_choice import VIEW_KEY

    names = {
        view: f":material/{icon}: {t(f'defect_detection.dashboard.view.{view}')}"
        for view, icon in _ICONS.items()
        if view in _OF_PARTS or find_spec(f"{__package__}.dashboard_{view}") is not None
    }
    return choose_view(names, t("defect_detection.dashboard.view.choice"), VIEW_KEY, "view")

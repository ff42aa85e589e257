"""The quality engineer's view: Pareto, charts, capability, acceptance plans, gauge studies."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.views import choose_view

_PAGE = "defect_detection.quality.page"
_ICONS = {
    "chart": "show_chart",
    "pareto": "bar_chart",
    "capability": "rule",
    "plan": "inventory",
    "study": "straighten",
}


def view() -> None:
    """Draw the view."""
    names = {name: f":material/{icon}: {t(f'{_PAGE}.tab.{name}')}" for name, icon in _ICONS.items()}
    chosen = choose_view(names, t(f"{_PAGE}.tab.label"), "defect_detection.quality.tab", "quality")
    # Imported where drawn: no tab waits for another.
    if chosen == "plan":
        from .dashboard_quality_plan import show_plan

        show_plan()
        return
    if chosen == "study":
        from .dashboard_quality_study import show_study

        show_study()
        return
    from .dashboard_quality_data import choose_results

    results = choose_results()
    if results is None:
        st.info(t(f"{_PAGE}.nothing"), icon=":material/upload_file:")
    elif chosen == "pareto":
        from .dashboard_quality_pareto import show_pareto

        show_pareto(results)
    elif chosen == "capability":
        from .dashboard_quality_capability import show_capability

        show_capability(results)
    else:
        from .dashboard_quality_chart import show_chart

        show_chart(results)

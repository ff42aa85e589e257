"""The view of signals: an intersection's movements, its plan, and what the plan is worth."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t

PAGE = "traffic_video.signals.page"
TASK = "traffic_video/signals"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{PAGE}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from .dashboard_signals_data import choose_units, edit_unit
    from .dashboard_signals_plan import plan_of, show_plan
    from .dashboard_signals_settings import choose_settings
    from .dashboard_signals_simulation import show_simulation

    units = choose_units()
    if units is None:
        st.info(t(f"{PAGE}.source.nothing"), icon=":material/upload_file:")
        return
    unit = units.choose()
    records = edit_unit(units, unit)
    config, asked = choose_settings()
    planned = plan_of(records, config, asked)
    if planned is not None:
        show_plan(planned)
        show_simulation(planned)
    from .dashboard_signals_all import show_all

    show_all(units, config)

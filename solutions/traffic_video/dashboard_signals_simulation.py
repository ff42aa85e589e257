"""The plan simulated beside what it is compared with, also under the flows' interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from .dashboard_signals_plan import Planned
    from .signals.comparing import Compared

PAGE = "traffic_video.signals.page"
_REPLICATIONS = 20
_WARM_UP = 0.25


def show_simulation(planned: Planned) -> None:
    """Simulated delays before and after, by movement, and at low, middle and high flows."""
    from .signals.comparing import compare_scenarios
    from .signals.simulation import Settings

    settings = Settings(planned.hours, _WARM_UP, _REPLICATIONS)
    with st.spinner(t(f"{PAGE}.simulation")):
        found = compare_scenarios(planned.junction, planned.before, planned.after, settings)
    st.subheader(t(f"{PAGE}.simulation"), anchor=False)
    st.caption(t(f"{PAGE}.simulation_help", hours=planned.hours, n=_REPLICATIONS))
    _figures(found["middle"])
    left, right = st.columns(2, gap="medium")
    with left:
        _by_movement(planned, found["middle"])
    with right:
        _robustness(found)


def _figures(compared: Compared) -> None:
    from lepton_core.ui.figures import Figure, show_figures

    def figure(name: str, value: float, interval: tuple[float, float]) -> Figure:
        low, high = interval
        note = t(f"{PAGE}.sim_interval", low=low, high=high)
        return Figure(t(f"{PAGE}.{name}"), t(f"{PAGE}.seconds", value=value), note)

    before, after = compared.before, compared.after
    show_figures(
        [
            figure("sim_before", before.mean, before.interval),
            figure("sim_after", after.mean, after.interval),
            figure("sim_saved", compared.saved, compared.saved_interval),
        ]
    )


def _by_movement(planned: Planned, compared: Compared) -> None:
    from lepton_core.ui.figures import CHART

    from .dashboard_signals_drawing import delay_chart
    from .signals.delay import webster_delay

    junction, plan = planned.junction, planned.after
    classic = webster_delay(
        junction.flow, junction.saturation, plan.effective(junction), plan.cycle
    )
    series = {
        t(f"{PAGE}.formula_webster"): classic,
        t(f"{PAGE}.simulated"): compared.after.movement_means,
        t(f"{PAGE}.formula"): plan.delays(junction, planned.hours),
    }
    title = t(f"{PAGE}.sim_by_movement")
    st.markdown(f"**{title}**")
    figure = delay_chart(junction.names, series, {})
    st.plotly_chart(figure, key="traffic_video.signals.sim", config=CHART, alt=title)


def _robustness(found: dict[str, Compared]) -> None:
    from lepton_core.ui.figures import CHART

    from .dashboard_signals_drawing import delay_chart

    title = t(f"{PAGE}.robustness")
    st.markdown(f"**{title}**")
    names = {name: t(f"{PAGE}.{name}") for name in found}
    sides = {
        t(f"{PAGE}.diagram_before"): [one.before for one in found.values()],
        t(f"{PAGE}.diagram_after"): [one.after for one in found.values()],
    }
    series = {side: np.array([one.mean for one in ones]) for side, ones in sides.items()}
    errors = {
        side: np.array([one.mean - one.interval[0] for one in ones]) for side, ones in sides.items()
    }
    figure = delay_chart(list(names.values()), series, errors)
    st.plotly_chart(figure, key="traffic_video.signals.robust", config=CHART, alt=title)
    if len(found) == 1:
        st.caption(t(f"{PAGE}.no_interval"))
        return
    lost = [names[name] for name, one in found.items() if one.saved <= 0]
    if lost:
        text = t(f"{PAGE}.plan_loses", names=", ".join(lost))
        st.warning(text, icon=":material/balance:")
    else:
        st.success(t(f"{PAGE}.plan_wins"), icon=":material/check_circle:")

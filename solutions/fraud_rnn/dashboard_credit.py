"""The credit team's page: who is likely to default, how sure that is, why, and how groups fare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.uploader import Source

_PAGE = "fraud_rnn.credit.page"
_VIEWS = {"clients": "group", "groups": "balance"}


def credit_page() -> None:
    """Draw the page below a heading that stands already."""
    st.caption(t(f"{_PAGE}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.outcomes import Outcomes

    task = find_task("fraud_rnn/credit")
    chosen = choose_scored(task, datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    with st.container(border=True):
        outcomes = Outcomes.choose(task, scored)
    show_figures(outcomes.figures())
    if outcomes.unseen is not None:
        n = int(outcomes.unseen.sum())
        st.caption(t("ui.outcomes.learned", bundle=scored.address, n=n))
    if _choose_view() == "groups":
        from .dashboard_credit_groups import show_groups

        show_groups(outcomes)
    else:
        _show_clients(outcomes, source)


def _choose_view() -> str:
    from lepton_core.ui.views import choose_view

    names = {
        name: f":material/{icon}: {t(f'{_PAGE}.view.{name}')}" for name, icon in _VIEWS.items()
    }
    return choose_view(names, t(f"{_PAGE}.view.label"), "credit.view")


def _show_clients(outcomes: Outcomes, source: Source) -> None:
    """The scores of all, the table of clients, and the chosen one's months and reasons."""
    from lepton_core.ui.charts import calibration_chart, score_histogram
    from lepton_core.ui.figures import CHART
    from lepton_core.ui.reasons import show_reasons
    from lepton_core.ui.record_table import choose_record

    left, right = st.columns([7, 5], gap="medium")
    with left:
        title = t("ui.outcomes.distribution")
        st.subheader(title, anchor=False)
        figure = score_histogram(outcomes)
        st.plotly_chart(figure, key="credit.histogram", config=CHART, alt=title)
    with right:
        title = t("ui.outcomes.calibration")
        st.subheader(title, anchor=False)
        curve = calibration_chart(outcomes)
        if curve is None:
            st.caption(t("ui.outcomes.too_few"))
        else:
            st.plotly_chart(curve, key="credit.calibration", config=CHART, alt=title)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        row = choose_record(outcomes, f"credit.records.{source.key}")
    with right:
        show_reasons(outcomes, row, "credit.reasons")
        if row is not None:
            _show_months(outcomes, row)


def _show_months(outcomes: Outcomes, row: int) -> None:
    """A client's six months of bills, payments and delays."""
    from lepton_core.ui.figures import CHART

    from .credit.clients import Clients
    from .dashboard_credit_charts import months_chart

    title = t(f"{_PAGE}.months.title")
    st.subheader(title, anchor=False)
    clients = Clients.of(outcomes.scored.records.slice(row, 1))
    st.plotly_chart(months_chart(clients), key="credit.months", config=CHART, alt=title)
    st.caption(t(f"{_PAGE}.months.help"))

"""How decisions fall on groups of clients, on the credit page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.evaluation.fairness import RATES, gaps
from lepton_core.messages import t
from lepton_core.ui.columns import word

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

_PAGE = "fraud_rnn.credit.page.groups"
_TASK = "fraud_rnn/credit"


def show_groups(outcomes: Outcomes) -> None:
    """Draw one rate by group as a chart, its largest differences, and all rates as a table."""
    from lepton_core.ui.figures import CHART, table_height

    from .dashboard_credit_charts import groups_chart

    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.caption(t(f"{_PAGE}.about"))
    with st.spinner(t(f"{_PAGE}.counting")):
        report = _report_of(outcomes)
    known = [rate for rate in RATES if report[rate].null_count < report.num_rows]
    names = {rate: t(f"evaluate.groups.{rate}") for rate in known}
    rate = st.segmented_control(
        t(f"{_PAGE}.rate"),
        known,
        default=known[0],
        required=True,
        format_func=names.__getitem__,
        key=f"credit.rate.{len(known)}",
        label_visibility="collapsed",
    )
    st.caption(t(f"{_PAGE}.help.{rate}"))
    figure = groups_chart(report, str(rate))
    st.plotly_chart(figure, key="credit.groups", config=CHART, alt=t(f"{_PAGE}.title"))
    for line in _gap_lines(report, str(rate)):
        st.markdown(line)
    with st.expander(t(f"{_PAGE}.table"), icon=":material/table:"):
        st.dataframe(
            _shown(report), hide_index=True, height=table_height(report.num_rows), width="stretch"
        )


def _report_of(outcomes: Outcomes) -> pa.Table:
    """The report on the records that can speak for the bundle, at the page's threshold."""
    key = f"{outcomes.scored.key}|{outcomes.decision.threshold}"
    return _counted(key, outcomes)


@st.cache_resource(show_spinner=False, max_entries=32, scope="session")
def _counted(key: str, _outcomes: Outcomes) -> pa.Table:
    from lepton_core.evaluation.fairness import by_group

    from .credit.fairness import groups

    unseen = _outcomes.unseen
    rows = np.arange(len(_outcomes.positive)) if unseen is None else np.flatnonzero(unseen)
    records = _outcomes.scored.records.take(pa.array(rows))
    return by_group(groups(records), _outcomes.known[rows], _outcomes.positive[rows])


def _gap_lines(report: pa.Table, rate: str) -> list[str]:
    """The largest difference of the chosen rate by attribute, where it can be told."""
    lines = []
    for attribute, found in gaps(report).items():
        if rate in found:
            name = word(_TASK, "group", attribute)
            lines.append(t(f"{_PAGE}.gap", attribute=name, gap=100 * found[rate]))
    return lines


def _shown(report: pa.Table) -> pa.Table:
    """The report in the page's words: a column a rate, with its interval."""
    rows = report.to_pylist()
    columns: dict[str, Any] = {
        t("evaluate.groups.attribute"): [word(_TASK, "group", row["attribute"]) for row in rows],
        t("evaluate.groups.group"): [word(_TASK, "group", row["group"]) for row in rows],
        t("evaluate.groups.n"): [row["n"] for row in rows],
        t("evaluate.groups.positives"): [row["positives"] for row in rows],
    }
    for rate in RATES:
        columns[t(f"evaluate.groups.{rate}")] = [_ends(row, rate) for row in rows]
    return pa.table(columns)


def _ends(row: dict[str, Any], rate: str) -> str:
    if row[rate] is None:
        return "-"
    return f"{row[rate]:.1%} ({row[f'{rate}_low']:.1%} – {row[f'{rate}_high']:.1%})"

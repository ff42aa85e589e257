"""How good the risks are: spread, calibration, operating points, and rates by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.evaluation.fairness import RATES, by_group, wilson
from lepton_core.messages import t
from lepton_core.ui.columns import word
from lepton_core.ui.figures import CHART, table_height

from .disease.fairness import groups

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

    from .dashboard_disease import Desk

_PAGE = "medical_imaging.disease_page.model"
_TASK = "medical_imaging/disease"
_POINTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_LEAST_KNOWN = 20


def show_model(desk: Desk) -> None:
    """Draw what is known of the risks on the records that the bundle did not learn from."""
    from lepton_core.ui.charts import calibration_chart, score_histogram

    outcomes = desk.outcomes
    left, right = st.columns([6, 6], gap="medium")
    with left:
        title = t("ui.outcomes.distribution")
        st.subheader(title, anchor=False)
        figure = score_histogram(outcomes)
        st.plotly_chart(figure, key="disease.histogram", config=CHART, alt=title)
    with right:
        title = t("ui.outcomes.calibration")
        st.subheader(title, anchor=False)
        curve = calibration_chart(outcomes)
        if curve is None:
            st.caption(t("ui.outcomes.too_few"))
        else:
            st.plotly_chart(curve, key="disease.calibration", config=CHART, alt=title)
    st.subheader(t(f"{_PAGE}.point"), anchor=False)
    if (outcomes.judged >= 0).sum() < _LEAST_KNOWN:
        st.caption(t(f"{_PAGE}.few"))
    else:
        st.caption(t(f"{_PAGE}.point_help"))
        table = operating_points(outcomes)
        st.dataframe(table, hide_index=True, height="content", key="disease.points")
    st.subheader(t(f"{_PAGE}.groups"), anchor=False)
    st.caption(t(f"{_PAGE}.groups_help"))
    with st.spinner(t(f"{_PAGE}.groups")):
        table = _groups(outcomes)
    st.dataframe(table, hide_index=True, height=table_height(len(table)), key="disease.groups")


def operating_points(outcomes: Outcomes) -> pa.Table:
    """Sensitivity, specificity and precision at several thresholds, the chosen one among them."""
    known, probability = outcomes.judged, outcomes.probability
    there = known >= 0
    found: dict[str, list[str]] = {
        t(f"{_PAGE}.{n}"): [] for n in ("threshold", "sensitivity", "specificity", "precision")
    }
    chosen = outcomes.decision.threshold
    for threshold in sorted({*_POINTS, chosen}):
        called = probability >= np.float32(threshold)
        mark = " ◂" if threshold == chosen else ""
        cells = [
            f"{threshold:.0%}{mark}",
            _share(called[there & (known == 1)]),
            _share(~called[there & (known == 0)]),
            _share(known[there & called] == 1),
        ]
        for values, cell in zip(found.values(), cells, strict=True):
            values.append(cell)
    return pa.table(found)


def _share(hits: np.ndarray) -> str:
    if not len(hits):
        return "-"
    low, high = wilson(int(hits.sum()), len(hits))
    return f"{hits.mean():.0%} ({low:.0%} – {high:.0%})"


def _groups(outcomes: Outcomes) -> pa.Table:
    """Rates by sex and age group on the records that can speak for the bundle."""
    unseen = outcomes.unseen
    rows = np.arange(len(outcomes.positive)) if unseen is None else np.flatnonzero(unseen)
    records = outcomes.scored.records.take(pa.array(rows))
    report = by_group(groups(records), outcomes.known[rows], outcomes.positive[rows]).to_pylist()
    columns: dict[str, list[object]] = {
        t(f"{_PAGE}.group"): [
            f"{word(_TASK, 'group', one['attribute'])}: {word(_TASK, 'group', one['group'])}"
            for one in report
        ],
        t(f"{_PAGE}.n"): [one["n"] for one in report],
    }
    for rate in RATES:
        columns[t(f"{_PAGE}.{rate}")] = [
            "-"
            if one[rate] is None
            else f"{one[rate]:.0%} ({one[f'{rate}_low']:.0%} – {one[f'{rate}_high']:.0%})"
            for one in report
        ]
    return pa.table(columns)

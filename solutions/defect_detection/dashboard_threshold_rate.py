"""The false-reject rate of a model that knows good parts alone: stated, promised, and seen here."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.decision.good_parts import parts_for
from lepton_core.decision.outlier import Outlier
from lepton_core.evaluation.fairness import wilson
from lepton_core.messages import t
from lepton_core.ui.figures import CHART, Figure, show_figures

from .dashboard_parts import Parts
from .dashboard_parts_choice import set_decision
from .dashboard_threshold_charts import null_chart

_PAGE = "defect_detection.threshold.rate"
_RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def show_rate(parts: Parts, decision: Outlier) -> None:
    """Draw rate and band with what they promise, and where good parts score."""
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.caption(t(f"{_PAGE}.help", groups=decision.good.groups))
    if not decision.good.groups:
        st.warning(t(f"{_PAGE}.not_fitted"), icon=":material/error:")
        return
    _choose(parts, decision)
    show_figures(_figures(parts, decision))
    if decision.falls_short:
        told = decision.shortfall
        st.warning(t("decision.few_good_parts", **told), icon=":material/warning:")
    title = t(f"{_PAGE}.chart")
    # What taught the model looks less strange to it than parts to come.
    rows = slice(None) if parts.unseen is None else parts.unseen
    scores = np.asarray(parts.scored.score, np.float64)[rows]
    figure = null_chart(decision, scores, parts.known[rows])
    st.plotly_chart(figure, key="defect.rate.chart", config=CHART, alt=title)


def _choose(parts: Parts, decision: Outlier) -> None:
    """Two sliders; the decision changes when one is moved, never by being drawn."""
    key = f"defect.rate.{parts.scored.address}"
    rates = sorted({*_RATES, decision.asked})
    bands = sorted({0.0, *_RATES[2:], decision.unsure})
    left, right = st.columns(2, gap="medium")
    with left:
        st.select_slider(
            t(f"{_PAGE}.asked"),
            rates,
            value=decision.asked,
            format_func=lambda rate: f"{rate:.1%}",
            key=f"{key}.asked",
            help=t(f"{_PAGE}.asked_help"),
            on_change=_changed,
            args=(parts, decision, key),
        )
    with right:
        st.select_slider(
            t(f"{_PAGE}.unsure"),
            bands,
            value=decision.unsure,
            format_func=lambda rate: f"{rate:.1%}",
            key=f"{key}.unsure",
            help=t(f"{_PAGE}.unsure_help"),
            on_change=_changed,
            args=(parts, decision, key),
        )


def _changed(parts: Parts, decision: Outlier, key: str) -> None:
    asked, unsure = (float(st.session_state[f"{key}.{name}"]) for name in ("asked", "unsure"))
    set_decision(parts, decision.with_false_reject(asked, unsure))


def _figures(parts: Parts, decision: Outlier) -> list[Figure]:
    rate = decision.false_reject
    found = [
        _figure("promised", t(f"{_PAGE}.by_hand") if rate is None else f"{rate:.2%}"),
        _figure("held_out", f"{decision.good.groups:,}"),
        _figure("needed", f"{parts_for(decision.asked):,}"),
    ]
    good = parts.judged == 0
    if good.any():
        n, failed = int(good.sum()), int((good & (parts.verdict == "fail")).sum())
        low, high = wilson(failed, n)
        note = t(f"{_PAGE}.interval", low=low, high=high, n=n)
        found.append(_figure("seen", f"{failed / n:.2%}", note))
    return found


def _figure(name: str, value: str, note: str = "") -> Figure:
    return Figure(t(f"{_PAGE}.{name}"), value, note, t(f"{_PAGE}.{name}_help"))

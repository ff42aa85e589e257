"""Escape against overkill with money: where the threshold should stand, and which limits hold."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import streamlit as st

from lepton_core.decision.detect import Detect
from lepton_core.decision.escapes import Costs
from lepton_core.decision.outlier import Outlier
from lepton_core.evaluation.fairness import wilson
from lepton_core.messages import t
from lepton_core.ui.figures import CHART
from lepton_core.ui.plain import plain

from .dashboard_parts import Inspector, Parts
from .dashboard_parts_choice import set_decision
from .dashboard_threshold_ladder import Ladder, ladder

_PAGE = "defect_detection.threshold"
_LEAST = 5


def show_threshold(parts: Parts) -> None:
    """The whole view; what is chosen here counts on every view at once."""
    if isinstance(parts.decision, Outlier):
        from .dashboard_threshold_rate import show_rate

        show_rate(parts, parts.decision)
    _show_money(parts)
    if isinstance(parts.decision, Detect):
        from .dashboard_threshold_limits import show_limits

        show_limits(parts, parts.decision)
    from .dashboard_threshold_save import show_save

    show_save(parts)


def _show_money(parts: Parts) -> None:
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    known = parts.judged
    good, defective = int((known == 0).sum()), int((known == 1).sum())
    if min(good, defective) < _LEAST:
        text = t(f"{_PAGE}.no_truth", good=good, defective=defective, least=_LEAST)
        st.info(text, icon=":material/label_off:")
        return
    if parts.unseen is not None:
        n = good + defective
        st.caption(t(f"{_PAGE}.learned", bundle=plain(parts.scored.address), n=n))
    costs, look = _choose_costs()
    found = _ladder(parts)
    cost, best = found.cost(costs, look), found.cheapest(costs, look)
    left, right = st.columns(2, gap="medium")
    from .dashboard_threshold_charts import cost_chart, outcome_chart

    with left:
        title = t(f"{_PAGE}.chart.cost_title")
        st.markdown(f"**{title}**")
        figure = cost_chart(found, cost, best)
        st.plotly_chart(figure, key="defect.threshold.cost", config=CHART, alt=title)
    with right:
        title = t(f"{_PAGE}.chart.outcome_title")
        st.markdown(f"**{title}**")
        figure = outcome_chart(found, best)
        st.plotly_chart(figure, key="defect.threshold.outcome", config=CHART, alt=title)
    _show_table(found, cost, best)
    _show_choice(parts, found, cost, best)


def _choose_costs() -> tuple[Costs, float]:
    """Draw the money and the line's own share of defective parts."""
    fields = (("escape", 100.0, 1.0), ("overkill", 5.0, 0.5), ("look", 1.0, 0.1))
    given = {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, usual, step in fields:
            given[name] = st.number_input(
                t(f"{_PAGE}.cost.{name}"),
                min_value=0.0,
                value=usual,
                step=step,
                key=f"defect.cost.{name}",
                help=t(f"{_PAGE}.cost.{name}_help"),
                width=170,
                persist_state="session",
            )
        percent = st.slider(
            t(f"{_PAGE}.cost.rate"),
            min_value=0.1,
            max_value=50.0,
            value=2.0,
            step=0.1,
            format="%.1f %%",
            key="defect.cost.rate",
            help=t(f"{_PAGE}.cost.rate_help"),
            width=300,
            persist_state="session",
        )
    return Costs(given["escape"], given["overkill"], percent / 100), float(given["look"])


def _ladder(parts: Parts) -> Ladder:
    """The outcomes at each step, remembered as long as the decision is one of its steps."""
    key = (parts.scored.key, float(np.nansum(parts.scale)))
    kept = st.session_state.get("defect.ladder")
    if kept is not None and kept[0] == key and parts.decision in kept[1].decisions:
        found = cast(Ladder, kept[1])
        return replace(found, now=found.decisions.index(parts.decision))
    rows = np.flatnonzero(parts.judged >= 0)
    outputs = {"score": parts.scored.score, **parts.scored.raw, "mm_per_px": parts.scale}
    some = {name: values[rows] for name, values in outputs.items() if name != "map"}
    text = t(f"{_PAGE}.deciding", n=len(rows))
    bar = st.progress(0.0, text)
    try:
        found = ladder(
            parts.decision,
            some,
            parts.judged[rows],
            lambda share: bar.progress(share, text),
        )
    finally:
        bar.empty()
    st.session_state["defect.ladder"] = (key, found)
    return found


def _show_table(found: Ladder, cost: np.ndarray, best: int) -> None:
    """Escapes and overkill now and at the cheapest threshold, with 95% intervals."""
    head = ["", t(f"{_PAGE}.chart.now"), t(f"{_PAGE}.chart.cheapest")]
    places = (found.now, best)
    is_score = isinstance(found.decisions[0], Outlier)
    axis = t(f"{_PAGE}.chart.{'score' if is_score else 'probability'}")
    rows = [
        [axis, *(_place(found, at, is_score) for at in places)],
        [
            t(f"{_PAGE}.chart.escape"),
            *(_share(int(found.escapes[at]), found.defective) for at in places),
        ],
        [
            t(f"{_PAGE}.chart.overkill"),
            *(_share(int(found.overkill[at]), found.good) for at in places),
        ],
        [
            t(f"{_PAGE}.chart.look"),
            *(_share(int(found.looks[at].sum()), found.good + found.defective) for at in places),
        ],
        [t(f"{_PAGE}.chart.cost"), *(f"**{cost[at]:,.2f}**" for at in places)],
    ]
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * 3, *rows)]
    st.markdown("\n".join(lines))
    st.caption(t(f"{_PAGE}.intervals"))


def _place(found: Ladder, at: int, is_score: bool) -> str:
    value = found.place[at]
    if not np.isfinite(value):
        return "–"
    return f"{value:.4g}" if is_score else f"{value:.1%}"


def _share(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits:,} / {n:,} = {hits / n:.1%} ({low:.1%} – {high:.1%})"


def _show_choice(parts: Parts, found: Ladder, cost: np.ndarray, best: int) -> None:
    """Buttons: the cheapest step, one step stricter or more lenient, the bundle's own."""
    saved = float(cost[found.now] - cost[best])
    if best == found.now:
        st.success(t(f"{_PAGE}.is_cheapest"), icon=":material/savings:")
    else:
        st.markdown(t(f"{_PAGE}.saves", saved=saved))
    last = len(found.decisions) - 1
    buttons: tuple[tuple[str, str, Inspector | None, bool], ...] = (
        ("use_cheapest", "savings", found.decisions[best], best == found.now),
        ("stricter", "remove", found.decisions[max(found.now - 1, 0)], found.now == 0),
        ("lenient", "add", found.decisions[min(found.now + 1, last)], found.now == last),
        ("own", "undo", None, parts.decision == parts.own_decision),
    )
    with st.container(horizontal=True):
        for name, icon, decision, is_off in buttons:
            st.button(
                t(f"{_PAGE}.{name}"),
                icon=f":material/{icon}:",
                type="primary" if name == "use_cheapest" else "secondary",
                key=f"defect.threshold.{name}",
                help=t(f"{_PAGE}.{name}_help"),
                disabled=is_off,
                on_click=set_decision,
                args=(parts, decision),
            )

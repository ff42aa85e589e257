"""Rules in shadow: what each would find beside the model, and what another condition would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.expressions import Condition
from lepton_core.messages import t
from lepton_core.rules import RuleSet, rule_figures, types_of
from lepton_core.solution import find_task
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.loader import load
from lepton_core.ui.plain import plain, plain_but_code

from .dashboard_book_rules import SHIPPED, Added, facts_of, readable, with_condition
from .dashboard_desk import Desk

_NEW = ""
_SLOT = "fraud.rules"


def show_rules(desk: Desk) -> None:
    """The whole view."""
    preprocessor = load(desk.folder).preprocessor
    types = types_of(find_task("fraud_rnn/transactions"), preprocessor)
    st.caption(t("fraud_rnn.rules.how"))
    rules = _choose_rules(types)
    if rules is None:
        return
    known = desk.outcome
    table = _table(desk, rules.names)
    hits = rules.hits(table)
    figures = rule_figures(rules, hits, desk.marks.alert, known if (known >= 0).any() else None)
    _show_chart(desk, rules, hits, known)
    st.dataframe(
        figures.select(_shown(figures)),
        hide_index=True,
        placeholder="–",
        height=table_height(figures.num_rows),
        column_config=_columns(),
        alt=t("fraud_rnn.rules.title"),
    )
    _show_editor(desk, rules, types, known)


def _choose_rules(types: dict[str, pa.DataType]) -> RuleSet | None:
    """The rules of an uploaded file, else the shipped ones, with what was changed on the page."""
    with st.expander(t("fraud_rnn.rules.file"), icon=":material/upload_file:"):
        st.file_uploader(
            t("fraud_rnn.rules.upload"),
            type=["yaml", "yml"],
            key=f"{_SLOT}.file",
            help=t("fraud_rnn.rules.upload_help"),
            on_change=_take_file,
        )
        kept: tuple[str, str] | None = st.session_state.get(f"{_SLOT}.kept")
        if kept is not None:
            st.caption(t("fraud_rnn.rules.kept", name=plain(kept[0])))
            st.button(t("fraud_rnn.rules.shipped"), key=f"{_SLOT}.shipped", on_click=_forget_file)
    if kept is None and not SHIPPED.exists():
        st.info(t("fraud_rnn.empty.rules"), icon=":material/rule:")
        return None
    try:
        rules = RuleSet.load(kept[1] if kept else SHIPPED, types)
    except LeptonError as error:
        error.values["source"] = kept[0] if kept else SHIPPED.name
        # A line a fault: they are read one by one.
        told = plain_but_code(error.text()).replace("\n", "  \n")
        st.error(told, icon=":material/error:")
        return None
    changed: dict[str, str] = st.session_state.get(_SLOT, {})
    for name, text in changed.items():
        try:
            rules = with_condition(rules, name, Condition.parse(text, types, rules.lists))
        except LeptonError:
            # Another bundle may not know a name that this condition was written for.
            continue
    return rules


def _take_file() -> None:
    """Keep an uploaded file's text: the field forgets it when another view is shown."""
    uploaded = st.session_state.get(f"{_SLOT}.file")
    if uploaded is not None:
        text = uploaded.getvalue().decode("utf-8-sig", "replace")
        st.session_state[f"{_SLOT}.kept"] = (uploaded.name, text)
        st.session_state.pop(_SLOT, None)


def _forget_file() -> None:
    st.session_state.pop(f"{_SLOT}.kept", None)
    st.session_state.pop(_SLOT, None)


def _table(desk: Desk, names: frozenset[str]) -> pa.Table:
    preprocessor = load(desk.folder).preprocessor
    wanted = names & preprocessor.fact_types().keys()
    facts = _facts(desk.scored.key, desk) if wanted else {}
    return readable(desk.book, desk.decision, facts, names)


@st.cache_resource(show_spinner=False, max_entries=2, scope="session")
def _facts(key: str, _desk: Desk) -> dict[str, pa.Array]:
    with st.spinner(t("fraud_rnn.rules.reading")):
        return facts_of(load(_desk.folder).preprocessor, _desk.book)


def _show_chart(desk: Desk, rules: RuleSet, hits: dict[str, np.ndarray], known: np.ndarray) -> None:
    from .dashboard_charts_weeks import rules_chart

    st.subheader(t("fraud_rnn.rules.title"), anchor=False)
    added = {name: Added.of(hit, desk.marks.alert, known) for name, hit in hits.items()}
    told = t("fraud_rnn.rules.alt", n=len(rules.rules))
    st.plotly_chart(rules_chart(added), key="fraud.rules.chart", config=CHART, alt=told)


def _show_editor(
    desk: Desk, rules: RuleSet, types: dict[str, pa.DataType], known: np.ndarray
) -> None:
    """One rule's condition in a field, and what it would hit."""
    st.subheader(t("fraud_rnn.rules.try"), anchor=False)
    by_name = {rule.name: rule for rule in rules.rules}
    left, right = st.columns([3, 9])
    with left:
        name = st.selectbox(
            t("fraud_rnn.rules.which"),
            [*by_name, _NEW],
            format_func=lambda found: found or t("fraud_rnn.rules.new"),
            key=f"{_SLOT}.which",
            persist_state="session",
        )
    with right:
        own = by_name[name].when.text if name in by_name else "amount > 500"
        text = st.text_input(
            t("fraud_rnn.rules.condition"),
            value=own,
            key=f"{_SLOT}.when.{name}.{own}",
            help=_names(types, rules),
        )
    try:
        when = Condition.parse(text or "", types, rules.lists)
    except LeptonError as error:
        st.error(plain_but_code(error.text()), icon=":material/error:")
        return
    hit = np.asarray(when(_table(desk, when.names)))
    _show_hit(desk, hit, known)
    if text != own or name == _NEW:
        _keep_button(name, text or "", set(by_name))
    st.download_button(
        t("fraud_rnn.rules.download"),
        rules.text.encode(),
        file_name="rules.yaml",
        mime="application/yaml",
        icon=":material/download:",
        on_click="ignore",
        key=f"{_SLOT}.download",
    )


def _names(types: dict[str, pa.DataType], rules: RuleSet) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(types))
    told = t("fraud_rnn.rules.names", names=names)
    lists = ", ".join(f"`{name}`" for name in sorted(rules.lists))
    return f"{told} {t('fraud_rnn.rules.lists', names=lists)}" if lists else told


def _show_hit(desk: Desk, hit: np.ndarray, known: np.ndarray) -> None:
    alert = desk.marks.alert
    judged, frauds = int((hit & (known >= 0)).sum()), int((hit & (known == 1)).sum())
    added = Added.of(hit, alert, known)
    days = max(len(desk.book.days), 1)
    parts = [
        ("hits", f"{int(hit.sum()):,}", t("fraud_rnn.rules.a_day", n=hit.sum() / days)),
        ("with_model", f"{added.both:,}", t("fraud_rnn.rules.of_alerts", n=int(alert.sum()))),
    ]
    if judged:
        parts.append(("precision", f"{frauds / judged:.1%}", t("ui.outcomes.of", n=judged)))
        parts.append(("added", f"{added.frauds:,}", ""))
    show_figures(
        Figure(t(f"fraud_rnn.rules.figure.{n}"), v, note, t(f"fraud_rnn.rules.figure_help.{n}"))
        for n, v, note in parts
    )


def _keep_button(name: str, text: str, taken: set[str]) -> None:
    """Put the condition into the list above, for this session and the download."""
    fresh = next(f"rule_{n}" for n in range(1, 1000) if f"rule_{n}" not in taken)

    def keep() -> None:
        st.session_state[_SLOT] = {**st.session_state.get(_SLOT, {}), name or fresh: text}

    label = t("fraud_rnn.rules.add", name=fresh) if name == _NEW else t("fraud_rnn.rules.keep")
    st.button(
        plain(label), icon=":material/playlist_add_check:", key=f"{_SLOT}.keep", on_click=keep
    )


def _shown(figures: pa.Table) -> list[str]:
    names = ["rule", "mode", "action", "hits", "rate", "with_model", "alerts_of_hits"]
    names += ["hits_of_alerts", "precision", "recall"]
    # Where nothing is known, columns of blanks would say nothing.
    return [
        n for n in names if n not in ("precision", "recall") or any(figures["known"].to_pylist())
    ]


def _columns() -> dict[str, Any]:
    config = st.column_config
    names = ("rule", "mode", "action", "hits", "with_model")
    shares = ("rate", "alerts_of_hits", "hits_of_alerts", "precision", "recall")
    name = {key: t(f"fraud_rnn.rules.column.{key}") for key in (*names, *shares)}
    help_ = {key: t(f"fraud_rnn.rules.column_help.{key}") for key in shares}
    return {
        "rule": config.TextColumn(name["rule"], pinned=True),
        "mode": config.TextColumn(name["mode"]),
        "action": config.TextColumn(name["action"]),
        "hits": config.NumberColumn(name["hits"], format="localized"),
        "with_model": config.NumberColumn(name["with_model"], format="localized"),
        **{
            key: config.NumberColumn(name[key], format="percent", help=help_[key]) for key in shares
        },
    }

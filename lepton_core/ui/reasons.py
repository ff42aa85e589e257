"""Why the chosen record scored as it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.charts import reason_bars
from lepton_core.ui.figures import CHART
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.outcomes import Outcomes
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.explain.base import Explanation
    from lepton_core.solution import Task


def show_reasons(outcomes: Outcomes, row: int | None, key: str) -> None:
    """Draw the reasons of one record; for a task whose records stand alone.

    Args:
        outcomes: the records at a threshold.
        row: which of them; None where none is chosen.
        key: of the chart.
    """
    if row is None:
        st.subheader(t("ui.reasons.title"), anchor=False)
        st.info(t("ui.reasons.none_chosen"), icon=":material/touch_app:")
        return
    record = outcomes.scored.records.slice(row, 1)
    record_id = record["record_id"][0].as_py()
    st.subheader(t("ui.reasons.of", record=plain(record_id)), anchor=False)
    probability = float(outcomes.probability[row])
    called = outcomes.classes[int(outcomes.positive[row])]
    st.markdown(t("ui.reasons.verdict", called=plain(called), probability=probability))
    found = explain(outcomes.task, record, outcomes.scored.address)
    if not found.reasons:
        st.caption(t("ui.reasons.nothing"))
        return
    figure = reason_bars(found.reasons)
    st.plotly_chart(figure, key=key, config=CHART, alt=t("ui.reasons.title"))
    st.caption(t("ui.reasons.help"))


def explain(task: Task, record: pa.Table, address: str) -> Explanation:
    """The explanation of one checked record by a shipped bundle, by its address."""
    folder: Path = task.bundle(address.partition("@")[2])
    return _explain(task.name, str(folder), bundle_stamp(folder), _key(record), record)


def _key(record: pa.Table) -> str:
    return str(record.to_pylist())


@st.cache_resource(show_spinner=False, max_entries=64, scope="session")
def _explain(task: str, folder: str, stamp: int, key: str, _record: pa.Table) -> Explanation:
    from lepton_core.solution import find_task

    found = find_task(task)
    ids = [_record["record_id"][0].as_py()]
    (one,) = found.hook(found.explainer)().explain(load(Path(folder)), _record, ids)
    return one

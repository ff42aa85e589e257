"""Which results the quality view is about: the sample, a file, or recorded runs of an inspection.

The file's columns are chosen beside it; a file needs no id, and measured values may stand in
several columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain
from lepton_core.ui.uploader import SUFFIXES

if TYPE_CHECKING:
    import pyarrow as pa

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality"
TASK = "defect_detection/quality"
INSPECTIONS = ("defect_detection/surface", "defect_detection/anomaly")
_SOURCES = ("sample", "file", "runs")
_NONE = ""
_MOST_RUNS = 20


@dataclass(frozen=True)
class Results:
    """Results over time, not yet checked.

    Args:
        name: of the file, sample or runs.
        key: differs between any two of them.
        table: as read.
        mapping: our column -> theirs; empty where names are ours already.
        is_sample: whether it is the simulated sample.
    """

    name: str
    key: str
    table: pa.Table
    mapping: dict[str, str]
    is_sample: bool = False


def choose_results() -> Results | None:
    """Draw the choice in the sidebar; None where there is nothing yet."""
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        source = st.radio(
            t("ui.source.label"),
            _SOURCES,
            format_func=lambda name: t(f"{_PAGE}.source.{name}"),
            key=f"{_KEY}.source",
            persist_state="session",
        )
        if source == "file":
            return _file()
        if source == "runs":
            return _runs()
    task = find_task(TASK)
    table = _sample(task.sample_data)
    return Results(task.sample_data, "sample", table, _own(table), True)


@st.cache_resource(show_spinner=False)
def _sample(name: str) -> pa.Table:
    from lepton_core.data.lookup import find_dataset
    from lepton_core.records.table import read_table

    # With the columns that the task does not read: the classes of the defects.
    return read_table(find_dataset(name).path)


def _own(table: pa.Table) -> dict[str, str]:
    """The columns that have our names."""
    return {c.name: c.name for c in find_task(TASK).inputs if c.name in table.column_names}


def _file() -> Results | None:
    from lepton_core.ui.uploaded import read_uploaded

    uploaded = st.file_uploader(
        t("ui.source.upload"), type=SUFFIXES, key=f"{_KEY}.file", help=t(f"{_PAGE}.file_help")
    )
    kept: dict[str, Any] | None = st.session_state.get(f"{_KEY}.kept")
    if uploaded is not None and (kept is None or kept["id"] != uploaded.file_id):
        try:
            table = read_uploaded(find_task(TASK), [uploaded])
        except LeptonError as error:
            show_error(error)
            return None
        kept = {"id": uploaded.file_id, "name": uploaded.name, "table": table}
        st.session_state[f"{_KEY}.kept"] = kept
    if kept is None:
        return None
    if uploaded is None:
        st.caption(t("ui.source.kept", name=plain(kept["name"])))
    return Results(kept["name"], kept["id"], kept["table"], _own(kept["table"]))


def _runs() -> Results | None:
    """Recorded runs of an inspection, with what people said of their parts."""
    from lepton_core.ui.verdict_store import open_store, show_store_error

    store = open_store()
    if store is None:
        show_store_error()
        return None
    task = st.selectbox(
        t(f"{_PAGE}.runs.task"), INSPECTIONS, key=f"{_KEY}.runs.task", format_func=_short
    )
    runs = store.runs(task).to_pylist()[-_MOST_RUNS:][::-1]
    if not runs:
        st.caption(t(f"{_PAGE}.runs.none"))
        return None
    # With their numbers: the widget tells options apart by what they are called.
    names = {
        run["id"]: f"{run['id']} · {run['started']:%Y-%m-%d %H:%M} · {run['bundle']}"
        for run in runs
    }
    chosen = st.multiselect(
        t(f"{_PAGE}.runs.which"),
        list(names),
        default=list(names),
        format_func=lambda run: names.get(run, str(run)),
        key=f"{_KEY}.runs.{task}",
    )
    if not chosen:
        return None
    table = runs_table(store, task, [run for run in runs[::-1] if run["id"] in chosen])
    return Results(task, f"runs:{task}:{sorted(chosen)}", table, _own(table))


def runs_table(store: Any, task: str, runs: list[dict[str, Any]]) -> pa.Table:
    """The parts of recorded runs, in order: ``record_id time line label``.

    A person's latest verdict on a part stands above what the bundle said. The time is that of the
    run: parts of one run have the same.
    """
    import pyarrow as pa

    said = {row["record_id"]: row["verdict"] for row in store.latest(task).to_pylist()}
    rows = []
    for run in runs:
        for part in store.predictions(run["id"]).to_pylist():
            rows.append(
                {
                    "record_id": f"{run['id']}/{part['record_id']}",
                    "time": run["started"],
                    "subgroup": f"run {run['id']}",
                    "label": said.get(part["record_id"], part["label"]),
                }
            )
    schema = pa.schema(
        [
            ("record_id", pa.string()),
            ("time", pa.timestamp("us", tz="UTC")),
            ("subgroup", pa.string()),
            ("label", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _short(task: str) -> str:
    key = f"{task.replace('/', '.')}.title"
    return t(key)


def choose_columns(results: Results, wanted: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Our column -> theirs, and columns of measured values; drawn for a person's file alone.

    Args:
        results: what was chosen.
        wanted: our columns that matter here, the first ones most.
    """
    if results.is_sample or results.key.startswith("runs:"):
        return results.mapping, []
    from lepton_core.spec import Spec
    from lepton_core.ui.column_guess import guess_all
    from lepton_core.ui.columns import column_title

    task, found = find_task(TASK), results.table.column_names
    certain = {ours: theirs for ours, theirs in results.mapping.items() if ours in wanted}
    some = Spec(tuple(task.inputs[name] for name in wanted if task.inputs[name].dtype != "string"))
    guessed = certain or guess_all(some, results.table, certain)
    picked: dict[str, str] = {}
    # Open while nothing is certain: a guess is to be looked at.
    with st.expander(t(f"{_PAGE}.columns"), expanded=not certain, icon=":material/view_column:"):
        places = st.columns(4)
        for place, name in enumerate(wanted):
            first = guessed.get(name)
            theirs = places[place % 4].selectbox(
                column_title(name, TASK),
                [_NONE, *found],
                index=found.index(first) + 1 if first in found else 0,
                format_func=lambda one: one or t(f"{_PAGE}.no_column"),
                key=f"{_KEY}.column.{results.key}.{name}",
                help=t(f"defect_detection.quality.column_help.{name}"),
            )
            if theirs:
                picked[name] = theirs
        wide = []
        if "values" in wanted:
            wide = st.multiselect(
                t(f"{_PAGE}.wide"),
                found,
                key=f"{_KEY}.column.{results.key}.wide",
                help=t(f"{_PAGE}.wide_help"),
            )
    if "record_id" in results.mapping:
        picked["record_id"] = "record_id"
    return picked, wide

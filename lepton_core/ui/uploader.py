"""Where a page's records come from: the embedded sample, or a file that a person brings."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.columns import choose_columns
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = ["csv", "parquet", "jsonl", "gz"]
SAMPLE, FILE = "sample", "file"


@dataclass(frozen=True)
class Source:
    """Records that a person chose, not yet checked.

    Args:
        name: the file's or the data set's name, for messages.
        key: differs between any two sources, also between two ways to read one file.
        table: the records under our column names.
        is_sample: whether it is the embedded sample, which every session may share.
    """

    name: str
    key: str
    table: pa.Table
    is_sample: bool


def choose_kind(task: Task) -> str:
    """Draw the choice between the sample and a file, and the place to drop one.

    Args:
        task: whose records are wanted.

    Returns:
        ``sample`` or ``file``.
    """
    names = {kind: t(f"ui.source.{kind}") for kind in (SAMPLE, FILE)}
    kind = st.radio(
        t("ui.source.label"),
        list(names),
        format_func=names.__getitem__,
        key=f"ui.source.{task.name}",
        persist_state="session",
    )
    if kind == FILE:
        needed = ", ".join(column.name for column in task.inputs if column.required)
        uploaded = st.file_uploader(
            t("ui.source.upload"),
            type=SUFFIXES,
            key=f"ui.file.{task.name}",
            help=t("ui.source.upload_help", names=needed),
            on_change=_forget,
            args=(task.name,),
        )
        if uploaded is not None:
            _keep(task, uploaded)
        elif (kept := _kept(task)) is not None:
            st.caption(t("ui.source.kept", name=plain(kept["name"])))
    return str(kind)


def read_source(task: Task, kind: str) -> Source | None:
    """The chosen records; where there are none yet, the page says what is missing.

    Args:
        task: whose records are wanted.
        kind: ``sample`` or ``file``.

    Raises:
        LeptonError: the sample cannot be read.
    """
    if kind == SAMPLE:
        table = _sample(task.name, task.sample_data)
        return Source(task.sample_data, f"sample:{task.sample_data}", table, True)
    kept = _kept(task)
    if kept is None:
        st.info(t("ui.source.nothing"), icon=":material/upload_file:")
        return None
    if "error" in kept:
        show_error(kept["error"])
        return None
    mapping = choose_columns(task, kept["table"], kept["name"], kept["id"])
    if mapping is None:
        return None
    table = kept["table"].select(list(mapping)).rename_columns(list(mapping.values()))
    return Source(kept["name"], f"{kept['id']}:{sorted(mapping.items())}", table, False)


@st.cache_resource(show_spinner=False, max_entries=8)
def _sample(task_name: str, dataset: str) -> pa.Table:
    from lepton_core.data.lookup import load_records
    from lepton_core.solution import find_task

    return load_records(dataset, find_task(task_name).inputs).table


def _slot(task_name: str) -> str:
    return f"ui.kept.{task_name}"


def _kept(task: Task) -> dict[str, Any] | None:
    return st.session_state.get(_slot(task.name))


def _forget(task_name: str) -> None:
    st.session_state.pop(_slot(task_name), None)


def _keep(task: Task, uploaded: Any) -> None:
    """Read a dropped file once; the session keeps its table, or why it cannot be read."""
    kept = _kept(task)
    if kept is not None and kept["id"] == uploaded.file_id:
        return
    state: dict[str, Any] = {"id": uploaded.file_id, "name": uploaded.name}
    try:
        with st.spinner(t("ui.source.reading", name=plain(uploaded.name))):
            state["table"] = _read(uploaded)
    except LeptonError as error:
        # The path of the temporary copy means nothing to the person who dropped the file.
        error.values["source"] = uploaded.name
        state["error"] = error
    st.session_state[_slot(task.name)] = state


def _read(uploaded: Any) -> pa.Table:
    from lepton_core.records.table import read_table

    suffixes = "".join(Path(uploaded.name).suffixes[-2:])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{suffixes}"
        path.write_bytes(uploaded.getbuffer())
        return read_table(path)

"""Where a page's records come from: the sample, a data set on this machine, or a person's file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.records.opening import formats_of, takes_pictures
from lepton_core.records.picture_files import picture_suffixes
from lepton_core.solution import Task
from lepton_core.spec import FURTHER
from lepton_core.ui.columns import choose_columns
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = ["csv", "parquet", "jsonl", "gz"]
SAMPLE, FILE, DATA = "sample", "file", "data:"


@dataclass(frozen=True)
class Source:
    """Records that a person chose, not yet checked.

    Args:
        name: the file's or the data set's name, for messages.
        key: differs between any two sources, also between two ways to read one file.
        table: the records under our column names.
        is_sample: whether it is the embedded sample or a data set, which every session may share.
    """

    name: str
    key: str
    table: pa.Table
    is_sample: bool


def choose_kind(task: Task, datasets: bool = False) -> str:
    """Draw the choice between the sample and a file, and the place to drop one.

    Args:
        task: whose records are wanted.
        datasets: whether the task's data sets on this machine can be chosen too; for tasks whose
            data sets are small enough for a page.

    Returns:
        ``sample``, ``file``, or ``data:`` and a data set's name.
    """
    names = {SAMPLE: t("ui.source.sample")}
    if datasets:
        names |= {f"{DATA}{name}": name for name in _here(task)}
    names[FILE] = t("ui.source.file")
    kind = st.radio(
        t("ui.source.label"),
        list(names),
        format_func=names.__getitem__,
        key=f"ui.source.{task.name}",
        persist_state="session",
    )
    if kind == FILE:
        uploaded = _upload(task)
        if uploaded:
            _keep(task, uploaded)
        elif (kept := _kept(task)) is not None:
            st.caption(t("ui.source.kept", name=plain(kept["name"])))
    return str(kind)


def _upload(task: Task) -> list[Any]:
    """The files that were dropped: one table, or any number of pictures and zips of them."""
    pictures = takes_pictures(task.inputs)
    # Of ".nii.gz" the widget compares "gz" alone.
    endings = {suffix.rpartition(".")[2] for suffix in picture_suffixes(formats_of(task.inputs))}
    needed = ", ".join(column.name for column in task.inputs if column.required)
    about = "pictures_help" if pictures else "upload_help"
    if "dicom" in formats_of(task.inputs):
        about = "medical_help"
    found = st.file_uploader(
        t("ui.source.upload_pictures" if pictures else "ui.source.upload"),
        type=[*sorted(endings), "zip"] if pictures else SUFFIXES,
        accept_multiple_files=pictures,
        key=f"ui.file.{task.name}.{st.session_state.get(_turn(task.name), 0)}",
        help=t(f"ui.source.{about}", names=needed),
        on_change=_forget,
        args=(task.name,),
    )
    return found if isinstance(found, list) else [found] if found is not None else []


def give_table(task_name: str, name: str, table: pa.Table) -> None:
    """Make a table the file that a task's page is about, as if a person had dropped it there.

    Another view's button calls it, as its callback: the page has not been drawn yet then.

    Args:
        task_name: whose page.
        name: what the table is called on it.
        table: its records.
    """
    from uuid import uuid4

    st.session_state[_slot(task_name)] = {"id": uuid4().hex, "name": name, "table": table}
    st.session_state[f"ui.source.{task_name}"] = FILE
    # A field of another key is empty: what was dropped there before would else come back.
    st.session_state[_turn(task_name)] = st.session_state.get(_turn(task_name), 0) + 1


def read_source(task: Task, kind: str) -> Source | None:
    """The chosen records; where there are none yet, the page says what is missing.

    Args:
        task: whose records are wanted.
        kind: from :func:`choose_kind`.

    Raises:
        LeptonError: the sample or data set cannot be read.
    """
    if kind != FILE:
        name = task.sample_data if kind == SAMPLE else kind.removeprefix(DATA)
        return Source(name, f"sample:{name}", _sample(task.name, name), True)
    kept = _kept(task)
    if kept is None:
        st.info(t("ui.source.nothing"), icon=":material/upload_file:")
        return None
    if "error" in kept:
        show_error(kept["error"])
        return None
    table = kept["table"]
    form = task.inputs.form(table.column_names)
    read_as = task if form is task.inputs else replace(task, inputs=form)
    mapping = choose_columns(read_as, table, kept["name"], kept["id"])
    if mapping is None:
        return None
    key = f"{kept['id']}:{sorted(mapping.items())}"
    if read_as is not task:
        lines = table.select(list(mapping)).rename_columns(list(mapping.values()))
        return Source(kept["name"], key, _histories(task, lines, kept["name"], key), False)
    # One that is called like ours without being mapped to it is not meant.
    ours = {column.name for column in task.inputs}
    further = [n for n in table.column_names if n not in {*mapping, *ours}]
    # Of the others the check keeps those that the task's Spec takes.
    names = [*mapping, *(further if FURTHER in task.inputs else [])]
    table = table.select(names).rename_columns([mapping.get(name, name) for name in names])
    return Source(kept["name"], key, table, False)


def _histories(task: Task, lines: pa.Table, name: str, key: str) -> pa.Table:
    """Records made of a file with one row an event; made once, and told each time."""
    from lepton_core.records.histories import histories

    slot = f"ui.histories.{task.name}"
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        kept = key, histories(lines, task.inputs, name)
        st.session_state[slot] = kept
    made = kept[1]
    st.caption(plain(" ".join(made.lines())))
    table: pa.Table = made.table
    return table


@st.cache_resource(show_spinner=False, max_entries=8)
def _sample(task_name: str, dataset: str) -> pa.Table:
    from lepton_core.data.reading import load_records
    from lepton_core.solution import find_task

    return load_records(dataset, find_task(task_name).inputs).table


def _here(task: Task) -> list[str]:
    """Names of the task's data sets whose files are on this machine, less its sample."""
    from lepton_core.data.lookup import all_datasets
    from lepton_core.errors import DataError

    broken: list[DataError] = []
    return [
        dataset.card.name
        for dataset in all_datasets(broken)
        if task.name in dataset.card.tasks
        and dataset.card.name != task.sample_data
        and dataset.folder is not None
        and dataset.path.exists()
    ]


def _turn(task_name: str) -> str:
    return f"ui.turn.{task_name}"


def _slot(task_name: str) -> str:
    return f"ui.kept.{task_name}"


def _kept(task: Task) -> dict[str, Any] | None:
    return st.session_state.get(_slot(task.name))


def _forget(task_name: str) -> None:
    st.session_state.pop(_slot(task_name), None)


def _keep(task: Task, uploaded: list[Any]) -> None:
    """Read dropped files once; the session keeps their table, or why one cannot be read.

    What may be named after a patient is called by no name, and the page lets go of the files.
    """
    kept, key = _kept(task), "+".join(file.file_id for file in uploaded)
    if kept is not None and kept["id"] == key:
        return
    name = uploaded[0].name
    is_private = "dicom" in formats_of(task.inputs)
    if is_private:
        name = t("ui.source.upload_of", n=len(uploaded))
    elif len(uploaded) > 1:
        name = t("ui.source.several", name=name, n=len(uploaded) - 1)
    from lepton_core.ui.uploaded import read_uploaded

    state: dict[str, Any] = {"id": key, "name": name}
    try:
        with st.spinner(t("ui.source.reading", name=plain(name))):
            state["table"] = read_uploaded(task, uploaded)
    except LeptonError as error:
        if is_private:
            names = [file.name for file in uploaded]
            for key, value in error.values.items():
                if any(given in str(value) for given in names):
                    error.values[key] = name
        state["error"] = error
    st.session_state[_slot(task.name)] = state
    if is_private:
        # A field of another key is empty: names and bytes as they came are forgotten.
        st.session_state[_turn(task.name)] = st.session_state.get(_turn(task.name), 0) + 1
        st.rerun()

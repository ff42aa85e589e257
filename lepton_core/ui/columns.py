"""Which column of a person's file is which of ours: recognised, guessed, or chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.data.lookup import all_datasets
from lepton_core.errors import DataError
from lepton_core.messages import has_message, t
from lepton_core.solution import Task
from lepton_core.spec import FURTHER, Column
from lepton_core.ui.column_guess import guess_all
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    import pyarrow as pa


def recognise(task: Task, found: Sequence[str]) -> tuple[dict[str, str], str]:
    """Our column name -> theirs, as far as it is certain.

    Args:
        task: what the records are for.
        found: the file's column names.

    Returns:
        the pairs, and the data set whose columns the file has where they are not ours.
    """
    own = {column.name: column.name for column in task.inputs if column.name in found}
    if all(column.name in own for column in task.inputs if column.required):
        return own, ""
    broken: list[DataError] = []
    for dataset in all_datasets(broken):
        theirs = dataset.card.reader.columns
        if task.name in dataset.card.tasks and theirs and set(theirs) <= set(found):
            return {ours: name for name, ours in theirs.items()}, dataset.card.name
    return own, ""


def choose_columns(task: Task, table: pa.Table, name: str, key: str) -> dict[str, str] | None:
    """Their column name -> ours; draws a form where the file does not have our names.

    Args:
        task: what the records are for.
        table: the file's records.
        name: the file's name, for messages.
        key: of the file; another file forgets the choice.

    Returns:
        None as long as the person has not chosen.
    """
    found = table.column_names
    known, dataset = recognise(task, found)
    required = [column.name for column in task.inputs if column.required]
    slot = f"ui.columns.{task.name}.{key}"
    chosen: dict[str, str] | None = st.session_state.get(slot)
    if chosen is None and all(ours in known for ours in required):
        chosen = known
    if chosen is None:
        text = t(
            "ui.columns.missing",
            name=name,
            missing=", ".join(ours for ours in required if ours not in known),
            expected=", ".join(required),
            found=", ".join(found),
        )
        st.error(plain(text), icon=":material/view_column:")
        _form(task, table, known, slot)
        return None
    if dataset or chosen != {ours: ours for ours in chosen}:
        with st.expander(_summary(chosen, dataset), icon=":material/view_column:"):
            _form(task, table, chosen, slot)
    return {theirs: ours for ours, theirs in chosen.items()}


def _summary(chosen: dict[str, str], dataset: str) -> str:
    pairs = plain(", ".join(f"{theirs} → {ours}" for ours, theirs in chosen.items()))
    if dataset:
        return t("ui.columns.recognised", dataset=dataset, pairs=pairs)
    return t("ui.columns.chosen", pairs=pairs)


def _form(task: Task, table: pa.Table, known: dict[str, str], slot: str) -> None:
    """One choice a column, the file's first rows beside them."""
    found, guessed = table.column_names, guess_all(task.inputs, table, known)
    with st.form(f"{slot}.form"):
        picked: dict[str, str | None] = {}
        for column, place in _grid([c for c in task.inputs if c.name != FURTHER]):
            first = guessed.get(column.name)
            picked[column.name] = place.selectbox(
                _label(column, task.name),
                found,
                index=found.index(first) if first in found else None,
                placeholder=t("ui.columns.none"),
                help=_describe(column, task.name),
                key=f"{slot}.{column.name}",
            )
        st.caption(t("ui.columns.preview"))
        st.dataframe(table.slice(0, 5), hide_index=True, height="content")
        submitted = st.form_submit_button(t("ui.columns.use"), type="primary")
    if submitted:
        _accept(task, {ours: theirs for ours, theirs in picked.items() if theirs}, slot)


def _accept(task: Task, picked: dict[str, str], slot: str) -> None:
    missing = [c.name for c in task.inputs if c.required and c.name not in picked]
    twice = sorted({v for v in picked.values() if list(picked.values()).count(v) > 1})
    if missing:
        st.error(t("ui.columns.still_missing", missing=", ".join(missing)))
    elif twice:
        st.error(t("ui.columns.twice", columns=plain(", ".join(twice))))
    else:
        st.session_state[slot] = picked
        st.rerun()


def _grid(columns: list[Column]) -> list[tuple[Column, st.delta_generator.DeltaGenerator]]:
    places: list[st.delta_generator.DeltaGenerator] = []
    for _ in range(0, len(columns), 3):
        places += st.columns(3)
    return list(zip(columns, places, strict=False))


def _label(column: Column, task_name: str) -> str:
    title = column_title(column.name, task_name)
    return f"{title} *" if column.required else title


def word(task_name: str, group: str, name: str) -> str:
    """A task's word in the page's language: ``class`` or ``column`` names it; else the name itself.

    Example:
        >>> word("fraud_rnn/transactions", "column", "no_such_column")
        'no_such_column'
    """
    key = f"{task_name.replace('/', '.')}.{group}.{name}"
    return t(key) if has_message(key) else name


def column_title(name: str, task_name: str) -> str:
    """A column's name for people, in the page's language."""
    key = f"{task_name.replace('/', '.')}.column.{name}"
    return f"{t(key)} ({name})" if has_message(key) else name


def _describe(column: Column, task_name: str) -> str:
    key = f"{task_name.replace('/', '.')}.column_help.{column.name}"
    return t(key) if has_message(key) else column.description

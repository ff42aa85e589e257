"""Recognises the columns of a known data set in a file that a person brings."""

from __future__ import annotations

from pathlib import Path

from lepton_core.data.lookup import all_datasets
from lepton_core.errors import DataError
from lepton_core.records.opening import takes_pictures
from lepton_core.records.table import TABLE_SUFFIXES, open_table
from lepton_core.solution import Task


def known_mapping(source: Path, task: Task) -> tuple[dict[str, str], str]:
    """The mapping of the data set whose columns a file has, where it lacks ours.

    Args:
        source: the file.
        task: what shall read it.

    Returns:
        their column name -> ours, and the data set's name; both empty where the file has our
        names, or no known data set's, and for pictures, which have no columns of their own.
    """
    if takes_pictures(task.inputs) and not source.name.lower().endswith(TABLE_SUFFIXES):
        return {}, ""
    with open_table(source, batch_rows=1) as reader:
        found = set(reader.schema_names)
    if all(column.name in found for column in task.inputs if column.required):
        return {}, ""
    broken: list[DataError] = []
    for dataset in all_datasets(broken):
        card = dataset.card
        if task.name in card.tasks and card.reader.columns and set(card.reader.columns) <= found:
            return dict(card.reader.columns), card.name
    return {}, ""

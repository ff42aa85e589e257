"""Which of a file's columns is which of a task's: what is certain is taken, the rest suggested."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

from lepton_core.data.cards import OWN_KINDS
from lepton_core.data.lookup import Located, all_datasets, resolve
from lepton_core.errors import DataError
from lepton_core.messages import t
from lepton_core.records.opening import takes_pictures
from lepton_core.records.picture_list import is_list, list_columns
from lepton_core.records.table import TABLE_SUFFIXES, open_table
from lepton_core.solution import Task
from lepton_core.spec import Column

# What such a column is often called in other people's files; for suggestions alone.
_OFTEN = {
    "id": ("id", "uid", "uuid", "key", "number", "no", "nr"),
    "time": ("ts", "timestamp", "datetime", "date", "when"),
    "label": ("label", "target", "class", "y", "outcome", "truth", "result"),
}
_NEAR = 0.6


@dataclass(frozen=True)
class ColumnMatch:
    """How the columns of a file and those of a task belong together.

    Args:
        found: the file's column names, in its order; empty where the source is no table.
        mapping: their name -> ours, all that is applied: given, recognised and guessed.
        guessed: the part of it that was taken because only the spelling differs.
        dataset: the known data set whose columns they are; empty for none.
        suggested: our name -> theirs, likely but not certain, hence not applied.
    """

    found: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)
    dataset: str = ""
    suggested: Mapping[str, str] = field(default_factory=dict)

    def theirs(self, ours: str) -> str | None:
        """The file's column that is read as ``ours``; None where it has none."""
        mapped = next((theirs for theirs, name in self.mapping.items() if name == ours), None)
        own = ours in self.found and ours not in self.mapping
        return mapped or (ours if own else None)

    def option(self, ours: str) -> str:
        """The ``--map`` option to give for a column that is missing, ready for a shell."""
        theirs = self.suggested.get(ours, "THEIR_COLUMN")
        return f"--map {shlex.quote(f'{theirs}={ours}')}"

    def lines(self) -> list[str]:
        """What was recognised and guessed, a sentence each, in the current language."""
        told = []
        if self.dataset:
            known = {t: o for t, o in self.mapping.items() if t not in self.guessed}
            pairs = ", ".join(f"{theirs} -> {ours}" for theirs, ours in known.items())
            told.append(t("check.guess.dataset", dataset=self.dataset, pairs=pairs))
        for theirs, ours in self.guessed.items():
            told.append(t("check.guess.spelling", theirs=theirs, ours=ours))
        return told


def match_columns(
    found: Sequence[str], task: Task, given: Mapping[str, str] | None = None
) -> ColumnMatch:
    """Find out which column is which.

    Args:
        found: the file's column names.
        task: what shall read them.
        given: their name -> ours, as a person or a card said; it is never overruled.

    Raises:
        DataError: ``data.map_target``, a mapping to a column that the task does not take.
    """
    mapping = dict(given or {})
    _check_targets(mapping, task)
    task = _in_form(task, found, mapping)
    dataset = ""
    if _lacking(found, task, mapping, required=True):
        recognised, dataset = _known(set(found), task, mapping)
        mapping |= recognised
    guessed = _same_but_spelling(found, task, mapping)
    mapping |= guessed
    suggested = _likely(found, task, mapping)
    return ColumnMatch(tuple(found), mapping, guessed, dataset, suggested)


def match_source(
    name_or_path: str | Path, task: Task, given: Mapping[str, str] | None = None
) -> tuple[Located, ColumnMatch]:
    """Find a data set or file and match its columns; the one way for check, train and score.

    Args:
        name_or_path: a data set's name or a file.
        task: what shall read it.
        given: their name -> ours, as a person said; wins over a data set's card.

    Returns:
        what was found, and its columns. A source that is no table (a folder of pictures), and a
        data set with a reader of its own, have no columns to match: their ``found`` is empty.

    Raises:
        DataError: as :func:`lepton_core.data.lookup.resolve` and ``open_table``.
    """
    located = resolve(name_or_path, given, task.inputs)
    own = located.dataset is not None and located.dataset.card.reader.kind in OWN_KINDS
    if own or not located.path.name.lower().endswith(TABLE_SUFFIXES):
        _check_targets(located.mapping, task)
        return located, ColumnMatch(mapping=located.mapping)
    if takes_pictures(task.inputs) and is_list(located.path):
        found, mapping = list_columns(located.path, task.inputs, located.mapping)
        return located, match_columns(found, task, mapping)
    with open_table(located.path, batch_rows=1) as reader:
        found = reader.schema_names
    return located, match_columns(found, task, located.mapping)


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
        found = reader.schema_names
    task = _in_form(task, found, {})
    return _known(set(found), task, {}) if _lacking(found, task, {}, required=True) else ({}, "")


def spelled(name: str) -> str:
    """A name without case, spaces, ``-``, ``_`` and ``.``: what certain guesses compare.

    Example:
        >>> spelled("Record ID") == spelled("record_id")
        True
    """
    return "".join(character for character in name.casefold() if character not in " -_.")


def _in_form(task: Task, found: Sequence[str], mapping: Mapping[str, str]) -> Task:
    """The task with the Spec that a table with these columns is read by."""
    form = task.inputs.form(mapping.get(name, name) for name in found)
    return task if form is task.inputs else replace(task, inputs=form)


def _check_targets(mapping: Mapping[str, str], task: Task) -> None:
    by_rows = task.inputs.by_rows
    names = [*(() if by_rows is None else by_rows.names), *task.inputs.names]
    for ours in mapping.values():
        if not task.inputs.takes(ours):
            near = get_close_matches(ours, names, n=1, cutoff=0.0)[0]
            known = ", ".join(dict.fromkeys(names))
            raise DataError("data.map_target", column=ours, known=known, near=near)


def _lacking(
    found: Sequence[str], task: Task, mapping: Mapping[str, str], required: bool = False
) -> list[Column]:
    """The task's columns that no column of the file stands for yet."""
    there = {*_free(found, mapping), *mapping.values()}
    return [c for c in task.inputs if c.name not in there and (c.required or not required)]


def _free(found: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    return [name for name in found if name not in mapping]


def _known(found: set[str], task: Task, mapping: Mapping[str, str]) -> tuple[dict[str, str], str]:
    broken: list[DataError] = []
    for dataset in all_datasets(broken):
        columns = dataset.card.reader.columns
        if task.name in dataset.card.tasks and columns and set(columns) <= found:
            fresh = {
                theirs: ours
                for theirs, ours in columns.items()
                if theirs not in mapping and ours not in mapping.values() and ours in task.inputs
            }
            return fresh, dataset.card.name
    return {}, ""


def _same_but_spelling(
    found: Sequence[str], task: Task, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Their name -> ours where exactly one of each is left that is spelled alike."""
    free = [name for name in _free(found, mapping) if name not in task.inputs]
    theirs = Counter(spelled(name) for name in free)
    ours = Counter(spelled(column.name) for column in task.inputs)
    lacking = {spelled(column.name): column.name for column in _lacking(found, task, mapping)}
    return {
        name: lacking[same]
        for name in free
        # Two that look alike are a question for the person, not a guess.
        if (same := spelled(name)) in lacking and theirs[same] == ours[same] == 1
    }


def _likely(found: Sequence[str], task: Task, mapping: Mapping[str, str]) -> dict[str, str]:
    """Our name -> the likeliest of their columns that nothing uses, each at most once."""
    free = [name for name in _free(found, mapping) if name not in task.inputs]
    lacking = _lacking(found, task, mapping)
    rated = [(_likeness(name, column), column.name, name) for column in lacking for name in free]
    chosen: dict[str, str] = {}
    for rate, ours, theirs in sorted(rated, key=lambda one: -one[0]):
        if rate >= _NEAR and ours not in chosen and theirs not in chosen.values():
            chosen[ours] = theirs
    return chosen


def _likeness(theirs: str, column: Column) -> float:
    """How likely a column of theirs is ``column``, by its name alone, 0 to 1."""
    name, ours = spelled(theirs), spelled(column.name)
    words = theirs.casefold().replace("-", " ").replace("_", " ").replace(".", " ").split()
    if ours in words:
        return 0.95
    if any(word in _OFTEN.get(column.role, ()) for word in words):
        return 0.8
    if len(ours) > 2 and ours in name:
        return 0.75
    if column.role == "label" and words[:1] == ["is"]:
        return 0.65
    return SequenceMatcher(None, name, ours).ratio()

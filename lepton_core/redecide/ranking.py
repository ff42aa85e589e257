"""Lists made anew from kept vectors: other filters, another order, another catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.checking import check
from lepton_core.decision.item_filters import ItemFilters
from lepton_core.decision.rank import LONG_HISTORY, NOTES, UNKNOWN_ITEMS, Rank
from lepton_core.decision.reordering import Reordering
from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.records.table import open_table
from lepton_core.redecide.kept import check_bundle, files_of
from lepton_core.scoring.sinks import open_sink
from lepton_core.spec import Spec

# What lists are made of; the rest of a file is written as it was.
_NEEDED = ("score", "history")
_MADE = ("items", "scores", "note", *_NEEDED)
_KINDS: dict[str, tuple[type, ...]] = {
    "k": (int,),
    "seen": (bool,),
    "quota": (int, float),
    "in_stock": (bool,),
    "low_price": (int, float, type(None)),
    "high_price": (int, float, type(None)),
    "diversity": (int, float),
    "margin": (int, float),
    "per_category": (int,),
    "categories": (list, tuple),
    "hidden": (list, tuple),
}


def read_ranking(path: Path, before: Rank) -> Rank:
    """The decision with the settings of a YAML file; what it does not name stays.

    Args:
        path: any of ``k seen quota``, ``in_stock categories low_price high_price hidden`` and
            ``diversity margin per_category``, a line each.
        before: the decision as it is.

    Raises:
        UsageError: ``rank.ranking_*`` where it cannot be read; what :class:`Rank` refuses.
    """
    import yaml

    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError("rank.ranking_file", source=path, reason=reason) from error
    if not isinstance(told, dict):
        raise UsageError("rank.ranking_file", source=path, reason=f"it holds {told!r:.60}")
    return ranked(before, told, str(path))


def ranked(before: Rank, told: Mapping[str, Any], source: str = "settings") -> Rank:
    """The decision with other settings, each under its name; what is not named stays.

    Raises:
        UsageError: ``rank.ranking_key``, ``rank.ranking_value``; what :class:`Rank` refuses.
    """
    values: dict[str, Any] = {}
    for key, value in told.items():
        if key not in _KINDS:
            raise UsageError("rank.ranking_key", source=source, key=key, known=", ".join(_KINDS))
        kinds = _KINDS[key]
        fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if fits and list in kinds:
            fits = all(isinstance(one, str | int) and not isinstance(one, bool) for one in value)
            value = tuple(map(str, value)) if fits else value
        if not fits:
            expected = " or ".join(_WORDS[kind] for kind in kinds)
            raise UsageError(
                "rank.ranking_value", source=source, key=key, received=value, expected=expected
            )
        values[key] = value
    own = {name: values[name] for name in ("k", "seen", "quota") if name in values}
    filters = {f.name: values[f.name] for f in fields(ItemFilters) if f.name in values}
    order = {f.name: values[f.name] for f in fields(Reordering) if f.name in values}
    return replace(
        before,
        filters=replace(before.filters, **filters),
        reordering=replace(before.reordering, **order),
        **own,
    )


_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of names",
    tuple: "several names",
    type(None): "nothing",
}


@dataclass(frozen=True)
class Vectors:
    """Kept scores of customers, as they stand in files.

    Args:
        table: all columns, row by row.
        score: vectors, float32 [n, D].
        history: int64 [n, H], codes + 1, the latest first, 0 where no more.
        notes: int64 [n], bits of what the history said of itself.
    """

    table: pa.Table
    score: np.ndarray
    history: np.ndarray
    notes: np.ndarray

    def outputs(self) -> dict[str, np.ndarray]:
        """What a decision is applied to."""
        return {"score": self.score, "history": self.history, "notes": self.notes}


def read_vectors(scores: Sequence[Path], pipeline: Pipeline) -> Vectors:
    """The kept scores of files that ``lepton score`` wrote, all together: a quota holds for all.

    Raises:
        DataError: ``rank.no_vectors``; ``decide.other_bundle``; what cannot be read.
    """
    decision = pipeline.decision
    assert isinstance(decision, Rank)
    spec = pipeline.task.outputs
    parts = []
    for path in files_of(scores):
        with open_table(path) as reader:
            missing = [name for name in _NEEDED if name not in reader.schema_names]
            if missing:
                raise DataError("rank.no_vectors", source=path, missing=", ".join(missing))
            for batch in reader.batches():
                check_bundle(path, batch, pipeline)
                ours = Spec(tuple(c for c in spec if c.name in batch.column_names and c.is_list))
                lists = check(batch.select(ours.names), ours, str(path)).table
                if lists.num_rows < batch.num_rows:
                    raise DataError("rank.no_vectors", source=path, missing=", ".join(_NEEDED))
                for name in ours.names:
                    place = batch.column_names.index(name)
                    batch = batch.set_column(place, name, lists.column(name))
                parts.append(batch)
    table = pa.concat_tables(parts, promote_options="permissive")
    width = decision.items.vectors.shape[1]
    flat = table.column("score").combine_chunks().flatten().to_numpy()
    if len(flat) != table.num_rows * width:
        raise DataError("rank.no_vectors", source=parts and scores[0], missing="score")
    return Vectors(
        table, flat.reshape(-1, width), _histories(table.column("history"), decision), _notes(table)
    )


def decided_table(kept: Vectors, decision: Rank) -> pa.Table:
    """The kept table with the lists that a decision makes; other columns stay as they are."""
    table = kept.table
    columns = decision.apply(kept.outputs())
    for name in _MADE:
        if name in table.column_names:
            at = table.column_names.index(name)
            table = table.set_column(at, name, columns[name])
        elif name not in _NEEDED:
            table = table.append_column(name, columns[name])
    return table


def write_lists(kept: Vectors, decision: Rank, out: Path, overwrite: bool = False) -> int:
    """Write :func:`decided_table` to a file, which is whole or not there; the number of rows."""
    table = decided_table(kept, decision)
    with open_sink(out, table.schema, overwrite) as sink:
        sink.write(table)
    return int(table.num_rows)


def list_effect(decision: Rank, kept: Vectors) -> dict[str, float | int | None]:
    """What a decision makes of kept scores: how well lists fit, what they earn, what they show.

    Returns:
        ``shown`` items in lists; ``fit``, the mean score of the items of customers with a history;
        ``margin`` and ``price``, means of the shown items where known; ``items`` different ones;
        ``largest``, the largest share of lists that one item is in; ``short`` lists with fewer than
        k items.
    """
    codes, scores = decision.lists(kept.score, kept.history)
    there = codes >= 0
    known = there & (kept.history[:, :1] > 0)
    shown = codes[there]
    counts = np.bincount(shown, minlength=len(decision.items))
    found: dict[str, float | int | None] = {
        "shown": int(there.sum()),
        "fit": float(scores[known].mean()) if known.any() else None,
    }
    for name in ("margin", "price"):
        numbers = decision.items.catalogue.numbers.get(name)
        values = np.empty(0) if numbers is None else numbers[shown]
        values = values[np.isfinite(values)]
        found[name] = float(values.mean()) if len(values) else None
    found["items"] = int((counts > 0).sum())
    found["largest"] = float(counts.max() / max(len(codes), 1))
    found["short"] = int((~there.all(axis=1)).sum())
    return found


def _histories(lists: pa.ChunkedArray, decision: Rank) -> np.ndarray:
    whole = lists.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False)
    codes = decision.items.catalogue.codes(whole.flatten()) + 1
    found = np.zeros((len(whole), max(int(lengths.max(initial=1)), 1)), np.int64)
    of = np.repeat(np.arange(len(whole)), lengths)
    place = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found[of, place] = codes
    return found


def _notes(table: pa.Table) -> np.ndarray:
    """Of the kept notes those that lists do not tell anew."""
    if "note" not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    words = pc.fill_null(table.column("note").cast(pa.string()), "").to_pylist()
    kept = {NOTES[0]: UNKNOWN_ITEMS, NOTES[1]: LONG_HISTORY}
    return np.array(
        [sum(bit for name, bit in kept.items() if name in text) for text in words], np.int64
    )

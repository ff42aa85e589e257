"""From raw records to the arrays a model takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa

from lepton_core.rejects import Rejects


class History(Protocol):
    """What a stateful preprocessor remembers between batches; constant size an entity."""

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays, no pickled objects."""

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Take the memory that :meth:`export` gave."""


@dataclass(frozen=True)
class Prepared:
    """Arrays ready for the runtime.

    Args:
        arrays: model input name -> array, first axis = kept records, or their parts.
        kept: int64 [n], positions of the kept records in the table that came in.
        rejects: refused records; ``row`` counts within the table that came in.
        slots: int64 [n], for a recurrent model the dense number of each record's entity, whose
            state the step reads and writes; None otherwise.
        moves: bool [n], whether a record's step is written to its entity's state, so that later
            ones see it; None where all are.
        parts: int64 [n], how many rows of the arrays stand for each kept record, in order (the
            tiles of a large picture); None for one each.
        notes: name -> array [n, ...], what :meth:`Preprocessor.gather` has to know of each kept
            record; the model does not see it.
    """

    arrays: dict[str, np.ndarray]
    kept: np.ndarray
    rejects: Rejects = field(default_factory=Rejects)
    slots: np.ndarray | None = None
    moves: np.ndarray | None = None
    parts: np.ndarray | None = None
    notes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def moved(self, positions: np.ndarray) -> Prepared:
        """The same when the table that came in was rows ``positions`` [m] of a larger one."""
        rejects = Rejects()
        for reject in self.rejects:
            rejects.extend([reject], int(positions[reject.row]) - reject.row)
        return replace(self, kept=positions[self.kept], rejects=rejects)

    def singles(self) -> Iterator[Prepared]:
        """Each kept record by itself, its parts together; of records with parts."""
        assert self.parts is not None
        ends = np.cumsum(self.parts)
        for at, end in enumerate(ends.tolist()):
            rows = slice(end - int(self.parts[at]), end)
            one = slice(at, at + 1)
            yield Prepared(
                {name: values[rows] for name, values in self.arrays.items()},
                self.kept[one],
                parts=self.parts[one],
                notes={name: values[one] for name, values in self.notes.items()},
            )

    def without(self, rows: np.ndarray, keep: np.ndarray) -> Prepared:
        """The same less some rows of the table that came in.

        Args:
            rows: what goes, kept or refused.
            keep: bool [n], which of the kept records stay.
        """
        gone = set(rows.tolist())
        rejects = Rejects()
        rejects.extend(reject for reject in self.rejects if reject.row not in gone)
        rows_kept = keep if self.parts is None else np.repeat(keep, self.parts)
        return Prepared(
            {name: values[rows_kept] for name, values in self.arrays.items()},
            self.kept[keep],
            rejects,
            None if self.slots is None else self.slots[keep],
            None if self.moves is None else self.moves[keep],
            None if self.parts is None else self.parts[keep],
            {name: values[keep] for name, values in self.notes.items()},
        )


class Preprocessor(ABC):
    """Raw records in, arrays out. ``fit`` sees the training split only.

    A stateless preprocessor ignores ``history``. A stateful one gives a fresh memory from
    :meth:`new_history` and advances it in :meth:`transform`, rows in arrival order, such that any
    cut of the same rows into batches gives the same arrays.

    Attributes:
        has_parts: whether a record can have several rows, see :attr:`Prepared.parts`.
    """

    has_parts: ClassVar[bool] = False

    @abstractmethod
    def fit(self, records: pa.Table) -> Preprocessor:
        """Learn what scaling or vocabulary the training records need; returns itself."""

    @abstractmethod
    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Arrays of checked records (see :func:`lepton_core.checking.check`)."""

    def transform_one(
        self, record: Mapping[str, Any], history: Any
    ) -> tuple[np.ndarray, int] | None:
        """One checked record of plain values, at a fraction of the cost of :meth:`transform`.

        Args:
            record: column -> value; times as microseconds since 1970 UTC.
            history: as in :meth:`transform`.

        Returns:
            the row ``x`` [1, F] of a recurrent model and the record's slot, equal to what
            :meth:`transform` gives within rounding; or None, with the history unchanged, where
            :meth:`transform` has to be asked.
        """
        return None

    def calls(self, arrays: Mapping[str, np.ndarray]) -> Iterator[Mapping[str, np.ndarray]]:
        """The arrays of a batch as the model is given them: at once, unless overridden.

        Long sequences take a model much memory, and padding takes time: such records are better
        given in several calls, in order, each as long as its own longest.

        Args:
            arrays: of :class:`Prepared`, of records without parts.
        """
        yield arrays

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """What the model said, with one row a record: its parts put together, its past joined.

        Right after the model, and before everything else that is done with an output. What comes
        out of a stateless record depends on its own rows alone; a stateful preprocessor may read
        and advance its memory here as well as in :meth:`transform` (what follows things that the
        model found, as a tracker does), rows in order, such that any cut of the same rows into
        batches gives the same.

        Args:
            outputs: name -> array, first axis as that of ``prepared.arrays``.
            prepared: what the model was given, n kept records.
            history: the memory that :meth:`transform` was given; None for a stateless one.

        Returns:
            name -> array [n, ...]; among them ``score``. The outputs as they are unless overridden.
        """
        return outputs

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What was learned and configured: a JSON dictionary and plain arrays."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> Preprocessor:
        """The preprocessor that :meth:`state` described."""

    def new_history(self) -> History | None:
        """A fresh memory; None for a stateless preprocessor."""
        return None

    def fact_types(self) -> dict[str, pa.DataType]:
        """Name and Arrow type of each fact that :meth:`facts` tells; none unless overridden."""
        return {}

    def facts(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What prepared arrays say of each record in plain units, for rules and for people.

        Args:
            arrays: of :class:`Prepared`, first axis = n records.

        Returns:
            name -> array [n] for each of :meth:`fact_types`, in units that a person would use
            (payments in a day, times the usual amount), not scaled; NaN where not known.
        """
        return {}

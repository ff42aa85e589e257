"""Scored X-rays under a decision: what each is taken for, and which a reader sees first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.solution import Task
from lepton_core.ui.class_outcomes import ClassOutcomes
from lepton_core.ui.columns import word
from lepton_core.ui.outcomes import Outcomes, unseen_rows
from lepton_core.ui.scored import Scored

# The smallest groups of labelled pictures that a share is told of.
LEAST_LABELLED = 10


@dataclass(frozen=True)
class Readings:
    """What a decision makes of scored pictures.

    Args:
        task: what was predicted.
        scored: the pictures [n] and their raw scores.
        decision: at the chosen operating point.
        codes: int64 [n], number of the class that each is taken for.
        probability: float32 [n], of the finding where there are two classes, else of the label.
        review: bool [n], too unsure to take a side.
        known: int64 [n], number of the known class; -1 where it is not known.
        unseen: bool [n], the bundle's own test pictures; None where all are new to it.
    """

    task: Task
    scored: Scored
    decision: Classify | ClassifyMany
    codes: np.ndarray
    probability: np.ndarray
    review: np.ndarray
    known: np.ndarray
    unseen: np.ndarray | None

    @classmethod
    def of(cls, task: Task, scored: Scored, decision: Classify | ClassifyMany) -> Readings:
        """The readings of scored pictures; nothing is scored again."""
        columns = decision.apply({"score": scored.score})
        probability = columns["probability"]
        if isinstance(decision, Classify):
            codes = (probability >= np.float32(decision.threshold)).astype(np.int64)
        else:
            codes = decision.codes(scored.score)
        names = pa.array(decision.classes, pa.string())
        found = pc.index_in(scored.records.column("label"), names, skip_nulls=True)
        known = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        unseen = unseen_rows(task, scored)
        return cls(task, scored, decision, codes, probability, columns["review"], known, unseen)

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def ids(self) -> list[str]:
        """The pictures' names; those of DICOM files are pseudonyms."""
        return [str(name) for name in self.scored.records.column("record_id").to_pylist()]

    @cached_property
    def patients(self) -> list[str]:
        """The patients' pseudonyms; empty where none is known."""
        if "patient" not in self.scored.records.column_names:
            return [""] * len(self)
        return [str(name or "") for name in self.scored.records.column("patient").to_pylist()]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the page's language; of two, the finding comes second."""
        return tuple(word(self.task.name, "class", name) for name in self.decision.classes)

    @property
    def is_two(self) -> bool:
        """Whether there is one finding, so that there is an operating point."""
        return isinstance(self.decision, Classify)

    @property
    def judged(self) -> np.ndarray:
        """int64 [n], ``known`` where it may judge the bundle: not on what it learned from."""
        return self.known if self.unseen is None else np.where(self.unseen, self.known, -1)

    @property
    def urgency(self) -> np.ndarray:
        """int64 [n], all rows in the order of reading: the unsure ones, then the finding.

        Within each the most probable comes first; of several classes, the least sure.
        """
        if self.is_two:
            rank = np.where(self.review, 0, np.where(self.codes == 1, 1, 2))
            return np.lexsort((-self.probability, rank))
        return np.lexsort((self.probability, ~self.review))

    def of_class(self, row: int, scores: np.ndarray) -> np.ndarray:
        """The probability [m] that ``scores`` [m, ...] give what this row's probability is of."""
        if isinstance(self.decision, Classify):
            return self.decision.probability(scores)
        return self.decision.probabilities(scores)[:, self.codes[row]]

    @property
    def two(self) -> Outcomes:
        """The same for charts of two classes."""
        assert isinstance(self.decision, Classify)
        return Outcomes(
            self.task,
            self.scored,
            self.decision,
            self.probability,
            self.codes == 1,
            self.review,
            self.known.astype(np.int8),
            self.unseen,
        )

    @property
    def many(self) -> ClassOutcomes:
        """The same for charts of several classes."""
        assert isinstance(self.decision, ClassifyMany)
        return ClassOutcomes.of(self.task, self.scored, self.decision)

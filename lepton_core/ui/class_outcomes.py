"""Records of two or more classes on a page: what was decided, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from lepton_core.decision import ClassifyMany
from lepton_core.evaluation.rows import take_rows
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.columns import word
from lepton_core.ui.figures import Figure
from lepton_core.ui.outcomes import unseen_rows
from lepton_core.ui.scored import Scored


@dataclass(frozen=True)
class ClassOutcomes:
    """Scored records at a review limit.

    Args:
        task: what was predicted.
        scored: the records and raw scores [n, classes].
        decision: with the limit.
        codes: int64 [n], number of the predicted class.
        probability: float32 [n], of that class.
        review: bool [n], less sure than the limit.
        known: int64 [n], number of the known class; -1 where it is not known, or none of the
            bundle's.
        unseen: bool [n], the bundle's own test records; None where the records are others than
            those it was made from.
    """

    task: Task
    scored: Scored
    decision: ClassifyMany
    codes: np.ndarray
    probability: np.ndarray
    review: np.ndarray
    known: np.ndarray
    unseen: np.ndarray | None

    @classmethod
    def of(cls, task: Task, scored: Scored, decision: ClassifyMany) -> ClassOutcomes:
        """What a decision makes of scored records.

        Args:
            task: its label column, where it has one, holds names of classes.
            scored: its records.
            decision: for these scores.
        """
        columns = decision.apply({"score": scored.score})
        labels = task.inputs.of_role("label")
        known = np.full(len(scored.score), -1, np.int64)
        if labels:
            names = pa.array(decision.classes, pa.string())
            found = pc.index_in(scored.records.column(labels[0].name), names, skip_nulls=True)
            known = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        return cls(
            task,
            scored,
            decision,
            decision.codes(scored.score),
            columns["probability"],
            columns["review"],
            known,
            unseen_rows(task, scored),
        )

    @classmethod
    def choose(cls, task: Task, scored: Scored) -> ClassOutcomes:
        """Draw the slider of the review limit, and give what stands at the chosen one.

        Args:
            task: decided by :class:`~lepton_core.decision.ClassifyMany`.
            scored: its records.
        """
        own = cast(ClassifyMany, scored.decision)
        first = round(100 * own.review_below)
        percent = st.slider(
            t("ui.classes.limit"),
            min_value=0,
            max_value=100,
            value=first,
            step=1,
            format="%d %%",
            key=f"ui.review.{scored.address}",
            help=t("ui.classes.limit_help", own=own.review_below),
        )
        # At its own place the limit is the bundle's, not its rounded value.
        decision = own if percent == first else own.with_review_below(percent / 100)
        outcomes = cls.of(task, scored, decision)
        st.markdown(outcomes.meaning())
        return outcomes

    @property
    def judged(self) -> np.ndarray:
        """int64 [n], ``known`` where it speaks for the bundle: not on what it learned from."""
        return self.known if self.unseen is None else np.where(self.unseen, self.known, -1)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the page's language."""
        return tuple(word(self.task.name, "class", name) for name in self.decision.classes)

    def meaning(self) -> str:
        """What the review limit does to these records, in one sentence."""
        n, review = len(self.review), int(self.review.sum())
        text = t("ui.classes.meaning", n=review, share=review / max(n, 1))
        judged = self.judged >= 0
        kept = judged & ~self.review
        if kept.any():
            right = self.codes == self.judged
            text += t("ui.classes.meaning_known", left=right[kept].mean(), n=int(kept.sum()))
        return text

    def figures(self) -> list[Figure]:
        """How many records, how many for a person, and how many labels are known to be right."""
        n, judged = len(self.codes), self.judged >= 0
        found = [_figure("records", f"{n:,}")]
        found.append(_figure("review", f"{int(self.review.sum()):,}"))
        if judged.any():
            right = int((self.codes == self.judged)[judged].sum())
            of = t("ui.classes.of", n=int(judged.sum()))
            found.append(_figure("right", f"{right / judged.sum():.1%}", of))
        return found

    def table(self, rows: np.ndarray) -> pa.Table:
        """Some records with their predictions, to hand on; pictures stand as their paths."""
        records = take_rows(self.scored.records, rows)
        columns: dict[str, Any] = {}
        for column in self.task.inputs:
            values = records.column(column.name)
            if column.dtype == "image":
                values = pc.struct_field(values, "path")
            name = f"known_{column.name}" if column.role == "label" else column.name
            columns[name] = values
        names = np.array(self.decision.classes, object)
        columns["label"] = pa.array(names[self.codes[rows]], pa.string())
        columns["probability"] = self.probability[rows]
        columns["review"] = self.review[rows]
        probabilities = self.decision.probabilities(self.scored.score[rows])
        for number, name in enumerate(self.decision.classes):
            columns[f"probability_{name}"] = probabilities[:, number]
        columns["bundle"] = [self.scored.address] * len(rows)
        return pa.table(columns)


def _figure(name: str, value: str, note: str = "") -> Figure:
    return Figure(t(f"ui.classes.{name}"), value, note, t(f"ui.classes.help.{name}"))

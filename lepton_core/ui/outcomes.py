"""Records of two classes on a page: what a threshold makes of them, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.tabular import labels_of
from lepton_core.ui.columns import word
from lepton_core.ui.figures import Figure
from lepton_core.ui.scored import Scored
from lepton_core.ui.threshold import threshold_slider


@dataclass(frozen=True)
class Outcomes:
    """Scored records at a threshold.

    Args:
        task: what was predicted.
        scored: the records and raw scores [n].
        decision: with the threshold.
        probability: float32 [n] of the second class.
        positive: bool [n], at or above the threshold.
        review: bool [n], below it but within the review band.
        known: int8 [n], 1 the second class, 0 the first, -1 not known.
        unseen: bool [n], the bundle's own test records; None where the records are others than
            those it was made from.
    """

    task: Task
    scored: Scored
    decision: Classify
    probability: np.ndarray
    positive: np.ndarray
    review: np.ndarray
    known: np.ndarray
    unseen: np.ndarray | None

    @classmethod
    def choose(cls, task: Task, scored: Scored) -> Outcomes:
        """Draw the threshold's slider, and give what stands at the chosen threshold.

        Args:
            task: decided by :class:`~lepton_core.decision.Classify`.
            scored: its records.
        """
        target = task.inputs.of_role("label")[0].name
        known, unseen = labels_of(scored.records, target), unseen_rows(task, scored)
        judged = known if unseen is None else np.where(unseen, known, np.int8(-1))
        decision = threshold_slider(
            cast(Classify, scored.decision),
            scored.score,
            judged,
            days=1,
            key=f"ui.threshold.{scored.address}",
            words="ui.outcomes.threshold",
            since="" if unseen is None else "test",
        )
        columns = decision.apply({"score": scored.score})
        positive = columns["probability"] >= np.float32(decision.threshold)
        review = columns["review"] & ~positive
        return cls(task, scored, decision, columns["probability"], positive, review, known, unseen)

    @property
    def judged(self) -> np.ndarray:
        """int8 [n], ``known`` where it can speak for the bundle: not on records it learned from."""
        return self.known if self.unseen is None else np.where(self.unseen, self.known, np.int8(-1))

    @property
    def classes(self) -> tuple[str, str]:
        """The names of both classes in the page's language, the second being what is sought."""
        first, second = self.decision.classes
        return word(self.task.name, "class", first), word(self.task.name, "class", second)

    def figures(self) -> list[Figure]:
        """How many records, how many are called positive, and what is known of these."""
        n, called = len(self.positive), int(self.positive.sum())
        name = self.classes[1]
        share = f"{called / n:.1%}" if n else ""
        found = [
            _figure("records", f"{n:,}"),
            Figure(name, f"{called:,}", share, t("ui.outcomes.help.called", name=name)),
            _figure("review", f"{int(self.review.sum()):,}"),
        ]
        judged = self.judged
        positives, hits = int((judged == 1).sum()), int((self.positive & (judged == 1)).sum())
        answers = int((self.positive & (judged >= 0)).sum())
        if positives:
            of = t("ui.outcomes.of", n=positives)
            found.append(_figure("recall", f"{hits / positives:.0%}", of))
        if answers:
            found.append(
                _figure("precision", f"{hits / answers:.0%}", t("ui.outcomes.of", n=answers))
            )
        return found

    def table(self, rows: np.ndarray) -> pa.Table:
        """Some records with their predictions, to hand on; the label is what is predicted."""
        records = self.scored.records.take(pa.array(rows))
        target = self.task.inputs.of_role("label")[0].name
        if target in records.column_names:
            at = records.column_names.index(target)
            names = [
                f"known_{name}" if i == at else name for i, name in enumerate(records.schema.names)
            ]
            records = records.rename_columns(names)
        first, second = self.decision.classes
        predicted = {
            "score": self.scored.score[rows],
            "probability": self.probability[rows],
            "label": np.where(self.positive[rows], second, first),
            "review": self.review[rows],
            "bundle": np.repeat(self.scored.address, len(rows)),
        }
        for name, values in predicted.items():
            if name not in records.column_names:
                records = records.append_column(name, pa.array(values))
        return records


def _figure(name: str, value: str, note: str = "") -> Figure:
    return Figure(t(f"ui.outcomes.{name}"), value, note, t(f"ui.outcomes.help.{name}"))


def unseen_rows(task: Task, scored: Scored) -> np.ndarray | None:
    """Which records a bundle never learned from, where it was made from these very records.

    Returns:
        bool [n]; None where the records are others, so that all of them are new to it.
    """
    card = scored.card
    if card.get("data", {}).get("name") != scored.source:
        return None
    if scored.given is None:
        return _test_rows(scored.key, task, scored.records, scored.source, card)
    # The split is one of all records: those that the model refuses take part in it.
    unseen = _test_rows(scored.key, task, scored.given, scored.source, card)
    return None if unseen is None else unseen[scored.rows]


@st.cache_resource(show_spinner=False, max_entries=8)
def _test_rows(
    key: str, _task: Task, _records: pa.Table, source: str, _card: Mapping[str, Any]
) -> np.ndarray | None:
    from lepton_core.checking import with_ids
    from lepton_core.evaluation.run import find_protocol, test_fingerprint
    from lepton_core.settings import from_dict

    try:
        # Records as they came may have no ids of their own.
        _records = with_ids(_records, _task.inputs, source)
        config = from_dict(_task.hook(_task.config), dict(_card["settings"]))
        rows = find_protocol(_task, source, config).split(_records).test
    except (LeptonError, KeyError):
        # A file of the same name with other contents: it has no such split.
        return None
    if test_fingerprint(_records, rows) != _card["protocol"].get("test_fingerprint"):
        return None
    unseen = np.zeros(_records.num_rows, bool)
    unseen[rows] = True
    return unseen

"""The interface of explanations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline


@dataclass(frozen=True)
class Reason:
    """One measured cause of a score.

    Args:
        key: message key of the sentence.
        values: its placeholders.
        contribution: by how much the raw score falls when the cause is taken away.
    """

    key: str
    values: Mapping[str, Any]
    contribution: float

    def text(self, language: str | None = None) -> str:
        """The sentence."""
        return t(self.key, language=language, **self.values)


@dataclass(frozen=True)
class Explanation:
    """The reasons of one record, the strongest first.

    Args:
        record_id: the record.
        score: its raw score.
        reasons: measured causes.
    """

    record_id: str
    score: float
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values with the English sentences."""
        reasons = [
            {"key": r.key, "message": r.text("en"), "contribution": r.contribution, **r.values}
            for r in self.reasons
        ]
        return {"record_id": self.record_id, "score": self.score, "reasons": reasons}


class Explainer(ABC):
    """Explains records that a pipeline scores."""

    @abstractmethod
    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        """Reasons of records.

        Args:
            pipeline: what scores them.
            records: raw records in order, with the history that a stateful task needs before them.
            record_ids: which of them to explain; None for all that were scored positive.
        """

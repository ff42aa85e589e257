"""What rules would do on records: each one's figures beside the model's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.decision.truth import codes_of
from lepton_core.errors import DataError
from lepton_core.rules.figures import rule_figures, share

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

_ROWS = 65_536


@dataclass(frozen=True)
class RulesReport:
    """Rules beside the model on some records.

    Args:
        bundle: address of the bundle.
        n: records counted.
        alerts: records that the model alone alerts.
        known: records whose class is known.
        positives: those of the positive class among them.
        known_alerts: the model's alerts whose class is known.
        hits: the model's alerts that are positive.
        added: alerts that live rules add.
        taken: alerts that live rules take away.
        reviews: records that live rules mark for review, and that were not marked.
        rules: as :func:`~lepton_core.rules.figures.rule_figures` gives them.
    """

    bundle: str
    n: int
    alerts: int
    known: int
    positives: int
    known_alerts: int
    hits: int
    added: int
    taken: int
    reviews: int
    rules: pa.Table

    def to_json(self) -> dict[str, Any]:
        """Plain values; shares of nothing are null."""
        return {
            "bundle": self.bundle,
            "n": self.n,
            "known": self.known,
            "positives": self.positives,
            "model": {
                "alerts": self.alerts,
                "rate": share(self.alerts, self.n),
                "precision": share(self.hits, self.known_alerts),
                "recall": share(self.hits, self.positives),
            },
            "live": {"added": self.added, "taken": self.taken, "reviews": self.reviews},
            "rules": self.rules.to_pylist(),
        }


def report(
    pipeline: Pipeline,
    records: pa.Table,
    since: datetime | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> RulesReport:
    """Score records with rules beside the model, and count.

    Args:
        pipeline: with rules.
        records: checked records in order of time, for the model's memory of the past.
        since: count the records from then on only, UTC; earlier ones still make the past.
        progress: called with records scored and in all.

    Raises:
        DataError: ``evaluate.nothing_scored``; ``rules.none_since``.
    """
    rules, decision = pipeline.rules, cast(Classify, pipeline.decision)
    assert rules is not None
    session = pipeline.open_session()
    hits, alerts, labels, review, marked, rows = [], [], [], [], [], []
    for start in range(0, records.num_rows, _ROWS):
        part = session.step(records.slice(start, _ROWS))
        plain = decision.apply({"score": part.raw["score"]})
        alerts.append(plain["probability"] >= np.float32(decision.threshold))
        marked.append(plain["review"])
        labels.append(part["label"] == decision.classes[1])
        review.append(part["review"].astype(bool))
        hits.append(part.raw["rule_hits"])
        rows.append(part.rows)
        if progress:
            progress(start + _ROWS, records.num_rows)
    if not any(map(len, rows)):
        raise DataError("evaluate.nothing_scored", task=pipeline.task.name, n=records.num_rows)
    scored = records.take(pa.array(np.concatenate(rows)))
    counted = _from_then_on(pipeline, scored, since)
    target = pipeline.task.inputs.of_role("label")
    truth = np.full(scored.num_rows, -1, np.int8)
    if target and target[0].name in scored.column_names:
        truth = codes_of(scored.column(target[0].name), decision.classes)
    truth = truth[counted]
    model = np.concatenate(alerts)[counted]
    after = np.concatenate(labels)[counted]
    looked = np.concatenate(review)[counted] & ~np.concatenate(marked)[counted]
    found = rules.named(np.concatenate(hits)[counted])
    return RulesReport(
        bundle=pipeline.address,
        n=len(model),
        alerts=int(model.sum()),
        known=int((truth >= 0).sum()),
        positives=int((truth == 1).sum()),
        known_alerts=int((model & (truth >= 0)).sum()),
        hits=int((model & (truth == 1)).sum()),
        added=int((after & ~model).sum()),
        taken=int((model & ~after).sum()),
        reviews=int(looked.sum()),
        rules=rule_figures(rules, found, model, truth),
    )


def _from_then_on(pipeline: Pipeline, scored: pa.Table, since: datetime | None) -> np.ndarray:
    """Which scored records count, bool [n]."""
    times = pipeline.task.inputs.of_role("time")
    if since is None or not times:
        return np.ones(scored.num_rows, bool)
    moments = scored.column(times[0].name).cast(pa.int64()).to_numpy()
    counted: np.ndarray = moments >= int(since.timestamp() * 1e6)
    if not counted.any():
        last = datetime.fromtimestamp(moments.max() / 1e6, UTC)
        raise DataError("rules.none_since", since=since, last=last.isoformat(timespec="seconds"))
    return counted

"""Rules beside the model within a session: what they read, what they do, what is remembered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.errors import UsageError

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.preprocessing import Prepared
    from lepton_core.solution import Task


def extended(pipeline: Pipeline) -> Task:
    """The pipeline's task with the rules' columns among its outputs.

    Raises:
        UsageError: ``rules.two_classes``.
    """
    from lepton_core.rules.ruleset import with_columns

    task = pipeline.task
    if not isinstance(pipeline.decision, Classify):
        received = pipeline.decision.kind
        raise UsageError("rules.two_classes", task=task.name, received=received)
    return task if pipeline.rules else replace(task, outputs=with_columns(task.outputs))


def hits(
    pipeline: Pipeline, records: pa.Table, prepared: Prepared, outputs: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Which of a batch's scored records each rule hits, bool [n, rules].

    Args:
        pipeline: with rules.
        records: the checked records.
        prepared: of the n among them that were scored.
        outputs: the model's, [n, ...].
    """
    assert pipeline.rules is not None
    decided = pipeline.decision.apply(outputs)
    kinds = pipeline.preprocessor.fact_types()
    wanted = pipeline.rules.names
    facts = pipeline.preprocessor.facts(prepared.arrays) if wanted & kinds.keys() else {}
    rows = None if len(prepared.kept) == records.num_rows else pa.array(prepared.kept)
    # The id is always there: a table without columns has no rows.
    columns: dict[str, Any] = {}
    for name in sorted(wanted | {"record_id"}):
        if name in decided:
            columns[name] = decided[name]
        elif name in facts:
            # Not a number is how arrays say that nothing is known; the condition reads it so.
            columns[name] = pa.array(facts[name], kinds[name])
        else:
            column = records.column(name)
            columns[name] = column if rows is None else column.take(rows)
    return pipeline.rules.matrix(pa.table(columns))


def decide(pipeline: Pipeline, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The columns of the decision, and of the rules where there are some."""
    decided = pipeline.decision.apply(outputs)
    if pipeline.rules is None:
        return decided
    assert isinstance(pipeline.decision, Classify)
    return pipeline.rules.act(decided, outputs["rule_hits"], pipeline.decision.classes)


def packed(outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The score to remember, with the rules' hits behind it, eight of them in a number.

    So a repeated record is answered as it was the first time, though what a rule read of it (the
    card's past) has moved on.
    """
    if "rule_hits" not in outputs:
        return outputs
    score = outputs["score"]
    bits = np.packbits(outputs["rule_hits"], axis=1).astype(np.float32)
    flat = score.reshape(len(score), math.prod(score.shape[1:]))
    return {"score": np.concatenate([flat, bits], axis=1)}


def unpacked(stored: np.ndarray, outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Score, and hits where there are rules, from what :func:`packed` made of them.

    Args:
        stored: float32 [m, width].
        outputs: of the same session, for the shapes.
    """
    shape = outputs["score"].shape[1:]
    width = math.prod(shape)
    found = {"score": stored[:, :width].reshape(len(stored), *shape)}
    if "rule_hits" in outputs:
        bits = stored[:, width:].astype(np.uint8)
        n_rules = outputs["rule_hits"].shape[1]
        found["rule_hits"] = np.unpackbits(bits, axis=1, count=n_rules).astype(bool)
    return found

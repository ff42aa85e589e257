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

_NAMES = "rules.names"


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
    kinds = pipeline.preprocessor.fact_types()
    wanted = pipeline.rules.names
    of_decision = wanted & set(pipeline.task.outputs.names) - {"record_id"}
    decided = pipeline.decision.apply(outputs) if of_decision else {}
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


def export(pipeline: Pipeline) -> dict[str, np.ndarray]:
    """What a session's memory notes of the rules: which of them the remembered hits are of."""
    if pipeline.rules is None:
        return {}
    names = "\n".join(rule.name for rule in pipeline.rules.rules)
    return {_NAMES: np.frombuffer(names.encode(), np.uint8)}


def restored(pipeline: Pipeline, arrays: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """A session's memory for the pipeline's rules, where it was made with others.

    A remembered answer keeps its hits of the rules that still have their name; a new rule did not
    hit it.
    """
    before = _names(arrays)
    after = _names(export(pipeline))
    widths = arrays.get("seen.widths", np.empty(0, np.int64))
    if before == after or not (widths > 0).any():
        return arrays
    rows = arrays["seen.scores"].reshape((widths > 0).sum(), -1)
    width = rows.shape[1] - _numbers(len(before))
    old = np.unpackbits(rows[:, width:].astype(np.uint8), axis=1)
    new = np.zeros((len(rows), len(after)), bool)
    for place, name in enumerate(after):
        if name in before:
            new[:, place] = old[:, before.index(name)]
    bits = np.packbits(new, axis=1).astype(np.float32)
    scores = np.concatenate([rows[:, :width], bits], axis=1)
    return {
        **arrays,
        "seen.scores": scores.reshape(-1),
        "seen.widths": np.where(widths > 0, scores.shape[1], 0),
    }


def _names(arrays: Mapping[str, np.ndarray]) -> list[str]:
    return arrays[_NAMES].tobytes().decode().split("\n") if _NAMES in arrays else []


def _numbers(rules: int) -> int:
    """How many numbers the hits of so many rules take."""
    return -(-rules // 8)


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

"""Why a table's row scored as it did: each column made usual in turn, and the score taken again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.checking import check
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.messages import has_message, t
from lepton_core.pipeline import Pipeline
from lepton_core.tabular import TablePreprocessor

# Below this fall of the logit (a tenth of the odds) a column is not worth a sentence.
_LEAST = 0.1
_MOST = 4
# Records whose variants are scored at once: some thousand rows.
_RECORDS_A_CALL = 256


@dataclass(frozen=True)
class ColumnReason(Reason):
    """A reason that names a column, in the reader's language where a catalogue has its title.

    Args:
        title: message key of the column's title.
    """

    title: str = ""

    def text(self, language: str | None = None) -> str:
        named = {n: _shown(v) if isinstance(v, float) else v for n, v in self.values.items()}
        if has_message(self.title):
            named["column"] = t(self.title, language=language)
        return t(self.key, language=language, **named)


def _shown(value: float) -> str:
    """A number with as many digits as a person reads.

    Example:
        >>> [_shown(value) for value in (12345.678, 15.46, 2.0, 0.01234)]
        ['12,346', '15.5', '2', '0.0123']
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 10 else f"{value:.3g}"


class ColumnOcclusion(Explainer):
    """Up to four columns that raise a record's score.

    A column's contribution is the fall of the raw score when its features take their mean over the
    training records: what the model would say of the record if that column were like everyone's.
    Columns that mean something only together share what they have in common.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        scored = pipeline.score(records)
        if record_ids is None:
            positive = pipeline.decision.to_json()["classes"][-1]
            wanted = pc.equal(scored.columns["label"], positive)
        else:
            wanted = pc.is_in(scored.columns["record_id"], pa.array(record_ids, pa.string()))
        chosen = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
        some = records.take(pa.array(scored.rows[chosen]))
        explained: list[Explanation] = []
        for start in range(0, len(chosen), _RECORDS_A_CALL):
            explained += _explain(pipeline, some.slice(start, _RECORDS_A_CALL))
        return explained


def _explain(pipeline: Pipeline, records: pa.Table) -> list[Explanation]:
    """Explanations of records [n] that are known to pass."""
    preprocessor = pipeline.preprocessor
    if not isinstance(preprocessor, TablePreprocessor):
        raise TypeError(f"rows of a table are explained. Received: {type(preprocessor).__name__}")
    table = check(records, pipeline.task.inputs, whole=False).table
    x = preprocessor.transform(table).arrays["x"]
    columns = preprocessor.columns
    variants = np.repeat(x[None], len(columns) + 1, axis=0)
    for number, places in enumerate(columns.values(), start=1):
        variants[number][:, places] = preprocessor.usual[places]
    outputs = pipeline.runtime.run("main", {"x": variants.reshape(-1, x.shape[1])})
    scores = outputs["score"].reshape(len(columns) + 1, len(x))
    falls = scores[0] - scores[1:]
    derived = preprocessor.derive(table)
    usual = {number.name: number.mean for number in preprocessor.numbers}
    ids = table.column("record_id").to_pylist()
    found = []
    for row, record_id in enumerate(ids):
        order = [at for at in np.argsort(-falls[:, row])[:_MOST] if falls[at, row] >= _LEAST]
        names = list(columns)
        reasons = tuple(
            _reason(pipeline, names[at], derived[names[at]][row].as_py(), usual, falls[at, row])
            for at in order
        )
        found.append(Explanation(record_id, float(scores[0, row]), reasons))
    return found


def _reason(
    pipeline: Pipeline, name: str, value: Any, usual: dict[str, float], fall: float
) -> ColumnReason:
    values: dict[str, Any] = {"column": name}
    if value is None:
        key = "explain.column.missing"
    elif isinstance(value, bool):
        key = "explain.column.yes" if value else "explain.column.no"
    elif name in usual:
        key = "explain.column.number"
        values |= {"value": float(value), "usual": usual[name]}
    else:
        key = "explain.column.text"
        values["value"] = value
    title = f"{pipeline.task.name.replace('/', '.')}.column.{name}"
    return ColumnReason(key, values, float(fall), title)

"""One record at a time, as a payment comes: the session's step without the cost of a batch.

A batch is checked, encoded and decided on as Arrow columns, which for a single record costs thirty
times the model's step. Here a plain record goes the same way on plain numbers: through the same
formulas, the same model and the same memory. Whatever is out of the ordinary (a value to be
converted or refused, a repeated id, a late time, a label that falls due, rules) goes the way of a
batch of one, so that there is one definition of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lepton_core.pipeline import Pipeline, Session
from lepton_core.scoring.stream import answers_of, table_of
from lepton_core.spec import Column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OnlineSession(Session):
    """A session that also takes single records; both in any order, on the same memory.

    A record id that came before gets its stored answer and is not applied again.

    Args:
        pipeline: what scores.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(pipeline, on_repeat="answer")
        assert self._answers is not None
        self._known = self._answers
        self._readers = [(c.name, _reader(c)) for c in pipeline.task.inputs]
        self._is_recurrent = "step" in pipeline.runtime.roles() and pipeline.rules is None

    def step_one(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to the next record.

        Args:
            record: column -> plain value, as JSON gives it; a time may be a ``datetime``.

        Returns:
            the columns of the predictions, or ``record_id`` and ``rejected`` with its reasons.
            Equal to :meth:`step` of a batch of one within 1e-5.
        """
        if self._is_recurrent:
            try:
                values = {name: read(record.get(name)) for name, read in self._readers}
            except (TypeError, ValueError, OverflowError):
                return self._take_one(record)
            if values["record_id"] not in self._known:
                row = self.pipeline.preprocessor.transform_one(values, self._history)
                if row is not None:
                    return self._run_one(values["record_id"], *row)
        return self._take_one(record)

    def _run_one(self, record_id: str, x: Any, slot: int) -> dict[str, Any]:
        if slot >= self._n_entities:
            self._grow(slot + 1)
        inputs = {name: state[slot : slot + 1] for name, state in self._hidden.items()}
        outputs = self.pipeline.runtime.run("step", {"x": x, **inputs})
        for name, state in self._hidden.items():
            state[slot] = outputs[f"{name}_next"][0]
        score = outputs["score"].reshape(1)
        self._known.remember_one(record_id, score)
        self.cursor += 1
        decided = self.pipeline.decision.apply_one(score)
        return {"record_id": record_id, **decided, "bundle": self.pipeline.address}

    def _take_one(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A batch of one, as a stream's single line."""
        first, task = self.cursor, self.pipeline.task
        line = json.dumps(dict(record), default=str).encode()
        records, faults = table_of([line], task.inputs, {})
        work = self.pipeline.prepare(records, "record", first, whole=False)
        for position, reason in faults.items():
            work.checked.rejects.replace(first + position, None, "json", reason=reason)
        answer: dict[str, Any] = json.loads(next(answers_of(self.take(work), first, 1)))
        return answer


def _reader(column: Column) -> Callable[[Any], Any]:
    """Takes a plain value of a column as the check would leave it, raises ValueError for others."""
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    required, choices = column.required, frozenset(column.choices)

    def text(value: Any) -> str | None:
        if type(value) is str:
            if not value.isascii():
                value.encode()  # half a surrogate pair is no text
            if (not choices or value in choices) and (value.strip() or not required):
                return value
        elif value is None and not required:
            return None
        raise ValueError

    def number(value: Any) -> float | None:
        if type(value) is float or type(value) is int:
            if low <= value <= high and -math.inf < value < math.inf:
                return float(value)
        elif value is None and not required:
            return None
        raise ValueError

    def whole(value: Any) -> int | None:
        if type(value) is int:
            if low <= value <= high and -(2**63) <= value < 2**63:
                return value
        elif value is None and not required:
            return None
        raise ValueError

    def moment(value: Any) -> int | None:
        if value is None and not required:
            return None
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def other(value: Any) -> None:
        raise ValueError

    readers: dict[str, Callable[[Any], Any]] = {
        **{"string": text, "float64": number, "int64": whole, "timestamp": moment}
    }
    return readers.get(column.dtype, other)

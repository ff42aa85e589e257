"""Records that were refused, each with its reasons."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lepton_core.messages import t


class Refusal(Exception):
    """Why one record cannot be used, raised where that is seen; the run goes on without it.

    Args:
        key: of the sentence, below ``reject.`` in the message catalogues.
        **values: what its placeholders stand for, but ``column`` and ``received``.

    Example:
        >>> Refusal("picture_too_small", width=1, height=1).values
        {'width': 1, 'height': 1}
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


@dataclass(frozen=True)
class Reject:
    """One refused record: where it stood, its id, and why.

    Args:
        row: position in the input as a whole, from 0.
        record_id: the record's id, or None where it had none.
        reasons: pairs of message key (below ``reject.``) and values.
    """

    row: int
    record_id: str | None
    reasons: tuple[tuple[str, dict[str, Any]], ...]

    def to_json(self) -> dict[str, Any]:
        """The line that stands in ``<out>.rejected.jsonl``."""
        return {
            "record_id": self.record_id,
            "row": self.row,
            "reasons": [
                {"key": key, "message": t(f"reject.{key}", language="en", **values), **values}
                for key, values in self.reasons
            ],
        }


@dataclass
class Rejects:
    """All refused records of one piece of work, in input order.

    Example:
        >>> rejects = Rejects()
        >>> rejects.add(4, "tx-5", "below", column="amount", low=0, received=-3.0)
        >>> len(rejects), rejects.counts()
        (1, {'below': 1})
    """

    _by_row: dict[int, Reject] = field(default_factory=dict)

    def add(self, row: int, record_id: str | None, key: str, **values: Any) -> None:
        """Refuse a record, or add a further reason to one already refused."""
        known = self._by_row.get(row)
        reasons = (*known.reasons, (key, values)) if known else ((key, values),)
        self._by_row[row] = Reject(row, record_id, reasons)

    def replace(self, row: int, record_id: str | None, key: str, **values: Any) -> None:
        """Give a record one reason instead of those it has."""
        self._by_row[row] = Reject(row, record_id, ((key, values),))

    def extend(self, others: Iterable[Reject], offset: int = 0) -> None:
        """Take over ``others``, their rows shifted by ``offset``."""
        for reject in others:
            for key, values in reject.reasons:
                self.add(reject.row + offset, reject.record_id, key, **values)

    def __len__(self) -> int:
        return len(self._by_row)

    def __iter__(self) -> Iterator[Reject]:
        return iter(sorted(self._by_row.values(), key=lambda reject: reject.row))

    def __contains__(self, row: int) -> bool:
        return row in self._by_row

    def counts(self) -> dict[str, int]:
        """Number of records by reason key, the most frequent first."""
        keys = Counter(key for reject in self._by_row.values() for key, _ in reject.reasons)
        return dict(keys.most_common())

    def write(self, path: Path) -> None:
        """Write JSON lines to ``path``."""
        with path.open("w", encoding="utf-8") as file:
            for reject in self:
                file.write(json.dumps(reject.to_json(), ensure_ascii=False, default=str) + "\n")

"""What a person said about a record, and what may be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lepton_core.errors import StoreError
from lepton_core.store.marks import marks_text
from lepton_core.store.tables import LIMITS, in_utc

# In place of a class: takes an earlier verdict back, so that the record has none.
WITHDRAWN = "withdrawn"

# Clocks of two machines differ; a verdict further ahead would outweigh all that come after it.
_AHEAD = timedelta(days=1)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Verdict:
    """What a person found a record to be.

    Args:
        task: address of the task, ``fraud_rnn/transactions``.
        bundle: address of the bundle whose prediction was judged; empty where there was none.
        record_id: the record.
        who: the person, or the system that told it.
        verdict: a class of the task, what the record truly is (``fraud`` confirms an alert,
            ``genuine`` dismisses it), or ``withdrawn``, which takes an earlier verdict back.
        note: anything else; at most 4,000 characters.
        when: the moment it was given; without a time zone in UTC; now when None.
        marks: where in a picture what is, boxes with ``label x0 y0 x1 y1`` in its pixels; empty
            where there is nothing; None where the verdict tells the class alone.

    Example:
        >>> verdict = Verdict("fraud_rnn/transactions", "", "tx-17", "ana", "fraud")
        >>> verdict.verdict, verdict.note
        ('fraud', '')
    """

    task: str
    bundle: str
    record_id: str
    who: str
    verdict: str
    note: str = ""
    when: datetime | None = None
    marks: Sequence[Mapping[str, Any]] | None = None

    def row(self) -> dict[str, object]:
        """What is stored of it.

        Raises:
            StoreError: ``store.bad_text`` for an empty or too long text, ``store.bad_time`` for a
                moment before 1970 or more than a day ahead, ``store.bad_marks`` for what is no box.
        """
        now = datetime.now(UTC)
        when = now if self.when is None else in_utc(self.when)
        texts = {
            "task": self.task,
            "bundle": self.bundle,
            "record_id": self.record_id,
            "who": self.who,
            "verdict": self.verdict,
            "note": self.note,
        }
        check_texts(texts, may_be_empty=("bundle", "note"))
        if not _FIRST <= when <= now + _AHEAD:
            raise StoreError("store.bad_time", record=self.record_id, received=when.isoformat())
        return {**texts, "when": when, "marks": marks_text(self.marks, self.record_id)}


def check_texts(texts: Mapping[str, str], may_be_empty: tuple[str, ...] = ()) -> None:
    """Refuse texts that a database would cut, alter or refuse.

    Args:
        texts: column -> text.
        may_be_empty: columns that need no text.

    Raises:
        StoreError: ``store.bad_text`` names the first.
    """
    for name, text in texts.items():
        most = LIMITS[name]
        fits = isinstance(text, str) and len(text) <= most
        if fits and (text.strip() or name in may_be_empty) and is_plain(text):
            continue
        shown = repr(text if len(str(text)) <= 60 else str(text)[:60] + "...")
        least = 0 if name in may_be_empty else 1
        length = len(str(text))
        raise StoreError(
            "store.bad_text", column=name, least=least, most=most, length=length, received=shown
        )


def is_plain(text: str) -> bool:
    """Whether a database can hold ``text``: PostgreSQL has no NUL, and UTF-8 no half characters."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)

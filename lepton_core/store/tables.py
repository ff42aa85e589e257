"""The three tables of the store, and times in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

# Longest texts, in characters. A longer one is refused and never cut: half an id is another id.
LIMITS = {
    "task": 200,
    "bundle": 500,
    "record_id": 500,
    "who": 200,
    "verdict": 100,
    "note": 4000,
    "label": 200,
}


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC with microseconds; SQLite, which knows no time zones, holds it as text.

    A moment without a time zone is taken to be in UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = in_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else in_utc(value)


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is in UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# SQLite numbers rows by itself only where the type is exactly INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

METADATA = MetaData()

VERDICT = Table(
    "verdict",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("task", String(LIMITS["task"]), nullable=False),
    Column("bundle", String(LIMITS["bundle"]), nullable=False),
    Column("record_id", String(LIMITS["record_id"]), nullable=False),
    Column("who", String(LIMITS["who"]), nullable=False),
    Column("when", UtcTime, nullable=False),
    Column("verdict", String(LIMITS["verdict"]), nullable=False),
    Column("note", String(LIMITS["note"]), nullable=False),
    # Boxes as JSON; added later than the rest, so that older stores lack it until they are opened.
    Column("marks", Text),
    Index("verdict_by_record", "task", "record_id", "when"),
    Index("verdict_by_time", "task", "when"),
)

RUN = Table(
    "run",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("task", String(LIMITS["task"]), nullable=False),
    Column("bundle", String(LIMITS["bundle"]), nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("ended", UtcTime),
    Column("command", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Index("run_by_time", "task", "started"),
)

PREDICTION = Table(
    "prediction",
    METADATA,
    Column("id", _Number, primary_key=True),
    Column("run_id", _Number, ForeignKey("run.id"), nullable=False),
    Column("record_id", String(LIMITS["record_id"]), nullable=False),
    Column("score", Float(53)),
    Column("probability", Float(53)),
    Column("label", String(LIMITS["label"])),
    Column("review", Boolean),
    Column("value", Float(53)),
    Column("low", Float(53)),
    Column("high", Float(53)),
    UniqueConstraint("run_id", "record_id", name="prediction_once"),
    Index("prediction_by_record", "record_id"),
)

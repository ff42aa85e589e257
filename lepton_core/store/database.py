"""The store: verdicts that are only ever added, and what runs predicted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

from lepton_core.predictions import Predictions
from lepton_core.store import opening
from lepton_core.store.tables import LIMITS, PREDICTION, RUN, VERDICT
from lepton_core.store.verdict import WITHDRAWN, Verdict, check_texts

_TIME = pa.timestamp("us", "UTC")
_VERDICTS = pa.schema(
    [
        ("id", pa.int64()),
        ("task", pa.string()),
        ("bundle", pa.string()),
        ("record_id", pa.string()),
        ("who", pa.string()),
        ("when", _TIME),
        ("verdict", pa.string()),
        ("note", pa.string()),
        ("marks", pa.string()),
    ]
)
_RUNS = pa.schema(
    [
        ("id", pa.int64()),
        ("task", pa.string()),
        ("bundle", pa.string()),
        ("started", _TIME),
        ("ended", _TIME),
        ("command", pa.string()),
        ("inputs", pa.string()),
        ("counts", pa.string()),
    ]
)
_PREDICTIONS = pa.schema(
    [
        ("run_id", pa.int64()),
        ("record_id", pa.string()),
        ("score", pa.float64()),
        ("probability", pa.float64()),
        ("label", pa.string()),
        ("review", pa.bool_()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
# Values in one statement; SQLite takes 32,766, PostgreSQL 65,535.
_IDS_AT_ONCE = 5000
_ROWS_AT_ONCE = 2000


class Store:
    """Verdicts, runs and predictions in SQLite or PostgreSQL.

    Safe to use from several threads and processes at once: every call that writes is one
    transaction, a writer waits for another one up to 30 seconds, and readers wait for nobody.
    Values reach the database as parameters alone, never as a part of a statement.

    Example:
        >>> store = Store.open("sqlite://")
        >>> store.add_verdict(Verdict("fraud_rnn/transactions", "", "tx-1", "ana", "fraud"))
        1
        >>> store.latest("fraud_rnn/transactions")["verdict"].to_pylist()
        ['fraud']
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine, self._url = engine, url

    @classmethod
    def open(cls, url: str | None = None) -> Store:
        """Open a store; its tables, and the file of SQLite, are made where they are not there.

        Args:
            url: ``sqlite:///FILE``, ``postgresql://USER:PASSWORD@HOST/NAME`` or the path of a
                file; None takes ``$LEPTON_STORE``, and without it ``lepton/lepton.sqlite`` in the
                user's data folder (``$XDG_DATA_HOME``, otherwise ``~/.local/share``).

        Raises:
            StoreError: ``store.bad_url``, ``store.unreachable``, ``store.damaged``,
                ``store.other_tables``.
            MissingDependency: PostgreSQL without its driver.
        """
        found = opening.url_of(url)
        return cls(opening.open_engine(found), found)

    @property
    def url(self) -> str:
        """Where it stands, without a password."""
        return opening.shown(self._url)

    def close(self) -> None:
        """Give connections back; the store can be used again all the same."""
        self._engine.dispose()

    def add_verdict(self, verdict: Verdict) -> int:
        """Add a verdict and return its number; nothing that was said before is changed.

        Raises:
            StoreError: ``store.bad_text``, ``store.bad_time``, or the database refuses.
        """
        row = verdict.row()
        with self._writing() as connection:
            added = connection.execute(VERDICT.insert().values(row).returning(VERDICT.c.id))
            return int(added.scalar_one())

    def add_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Add many verdicts, all or none, and return how many.

        Raises:
            StoreError: as :meth:`add_verdict`, of the first that cannot be stored.
        """
        rows = [verdict.row() for verdict in verdicts]
        with self._writing() as connection:
            if rows:
                connection.execute(VERDICT.insert(), rows)
        return len(rows)

    def verdicts(
        self, task: str, *, bundle: str | None = None, since: datetime | None = None
    ) -> pa.Table:
        """Every verdict on a task's records, in order of time, those taken back included.

        Args:
            task: address of the task.
            bundle: only verdicts on predictions of this bundle.
            since: only verdicts from this moment on; without a time zone in UTC.

        Returns:
            ``id task bundle record_id who when verdict note marks``; ``when`` is timestamp[us, UTC]
            and ``marks`` JSON text of boxes, null where the verdict tells the class alone.
        """
        query = select(VERDICT).where(VERDICT.c.task == task)
        if bundle is not None:
            query = query.where(VERDICT.c.bundle == bundle)
        if since is not None:
            query = query.where(VERDICT.c.when >= since)
        return self._read(query.order_by(VERDICT.c.when, VERDICT.c.id), _VERDICTS)

    def latest(self, task: str, record_ids: Sequence[str] | None = None) -> pa.Table:
        """The verdict that counts of each record: the latest one, unless it was taken back.

        Args:
            task: address of the task.
            record_ids: only these records; None for all that have one.

        Returns:
            one row a record, columns as :meth:`verdicts`, in order of time.
        """
        place = func.row_number().over(
            partition_by=VERDICT.c.record_id, order_by=(VERDICT.c.when.desc(), VERDICT.c.id.desc())
        )
        ranked = select(VERDICT, place.label("place")).where(VERDICT.c.task == task)
        wanted = [None] if record_ids is None else _cut(list(dict.fromkeys(record_ids)))
        tables = []
        for ids in wanted:
            some = ranked if ids is None else ranked.where(VERDICT.c.record_id.in_(ids))
            found = some.subquery()
            counting = (found.c.place == 1) & (found.c.verdict != WITHDRAWN)
            columns = [found.c[name] for name in _VERDICTS.names]
            tables.append(self._read(select(*columns).where(counting), _VERDICTS))
        table = pa.concat_tables(tables) if tables else _VERDICTS.empty_table()
        return table.sort_by([("when", "ascending"), ("id", "ascending")])

    def add_run(
        self,
        task: str,
        bundle: str,
        *,
        command: str = "",
        inputs: Sequence[str] = (),
        started: datetime | None = None,
        key: str | None = None,
    ) -> int:
        """Note a scoring run and return its number.

        Args:
            task: address of the task.
            bundle: address of the bundle that scores.
            command: the command line, for people.
            inputs: files or whatever else was scored.
            started: when; now when None.
            key: names the run, at most 64 characters: a run of the same key is the same run, and
                its number is returned. None for a run of its own.
        """
        check_texts({"task": task, "bundle": bundle})
        row = {
            "key": key or uuid.uuid4().hex,
            "task": task,
            "bundle": bundle,
            "started": started or datetime.now(UTC),
            "command": _plain(command),
            "inputs": json.dumps([str(name) for name in inputs]),
            "counts": "{}",
        }
        with self._writing() as connection:
            connection.execute(self._insert(RUN).values(row).on_conflict_do_nothing())
            found = select(RUN.c.id).where(RUN.c.key == row["key"])
            return int(connection.execute(found).scalar_one())

    def add_predictions(self, run_id: int, predictions: Predictions | pa.Table) -> int:
        """Add what a run predicted, and return how many were new.

        A record that the run has a prediction of already is passed over, so that a repeated call
        stores nothing twice.

        Args:
            run_id: from :meth:`add_run`.
            predictions: of any task; ``record_id`` and those of ``score probability label review
                value low high`` that hold one value a record are kept.

        Raises:
            StoreError: ``store.bad_text`` for an id that cannot be stored; then nothing is.
        """
        given = predictions if isinstance(predictions, pa.Table) else predictions.to_arrow()
        rows = _prediction_rows(run_id, given)
        with self._writing() as connection:
            statement = self._insert(PREDICTION).on_conflict_do_nothing()
            before = _stored(connection, run_id)
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                connection.execute(statement, rows[start : start + _ROWS_AT_ONCE])
            return _stored(connection, run_id) - before

    def finish_run(
        self, run_id: int, counts: Mapping[str, Any], ended: datetime | None = None
    ) -> None:
        """Note that a run is over, and what it counted.

        Args:
            run_id: from :meth:`add_run`.
            counts: plain values: ``read``, ``scored``, ``rejected`` and the like.
            ended: when; now when None.
        """
        values = {"ended": ended or datetime.now(UTC), "counts": json.dumps(dict(counts))}
        with self._writing() as connection:
            connection.execute(update(RUN).where(RUN.c.id == run_id).values(values))

    def runs(self, task: str) -> pa.Table:
        """Every run of a task, in order of their start.

        Returns:
            ``id task bundle started ended command inputs counts``; ``ended`` is null while a run
            is not finished, ``inputs`` is a JSON list and ``counts`` a JSON object.
        """
        columns = [RUN.c[name] for name in _RUNS.names]
        query = select(*columns).where(RUN.c.task == task).order_by(RUN.c.started, RUN.c.id)
        return self._read(query, _RUNS)

    def predictions(self, run_id: int) -> pa.Table:
        """What a run predicted, as far as it was stored, in the order of storing."""
        columns = [PREDICTION.c[name] for name in _PREDICTIONS.names]
        query = select(*columns).where(PREDICTION.c.run_id == run_id).order_by(PREDICTION.c.id)
        return self._read(query, _PREDICTIONS)

    def _read(self, query: Select[Any], schema: pa.Schema) -> pa.Table:
        with opening.speaking(self._url), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
        arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
        return pa.table(arrays, schema=schema)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with opening.speaking(self._url), opening.begin(self._engine) as connection:
            yield connection

    def _insert(self, table: Any) -> Any:
        kind = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        return kind.insert(table)


def _cut(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE)]


def _stored(connection: Connection, run_id: int) -> int:
    query = select(func.count()).select_from(PREDICTION).where(PREDICTION.c.run_id == run_id)
    return int(connection.execute(query).scalar_one())


def _prediction_rows(run_id: int, table: pa.Table) -> list[dict[str, Any]]:
    ids = table.column("record_id").cast(pa.string())
    lengths = pc.utf8_length(ids)
    bad = pc.or_(pc.greater(lengths, LIMITS["record_id"]), pc.equal(lengths, 0))
    bad = pc.or_kleene(pc.or_(bad, pc.match_substring(ids, "\0")), pc.is_null(ids))
    if pc.any(bad).as_py():
        check_texts({"record_id": ids.filter(bad)[0].as_py() or ""})
    kept = {
        field.name: table.column(field.name).cast(field.type)
        for field in _PREDICTIONS
        if field.name in table.column_names and _is_single(table.schema.field(field.name).type)
    }
    kept["run_id"] = pa.repeat(pa.scalar(run_id, pa.int64()), table.num_rows)
    return pa.table(kept).to_pylist()


def _is_single(kind: pa.DataType) -> bool:
    return not pa.types.is_nested(kind)


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()

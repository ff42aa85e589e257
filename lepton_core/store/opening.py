"""From a URL to a database: which one, how it is opened, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import DDL, Connection, Engine, create_engine, event, func, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

from lepton_core.errors import MissingDependency, StoreError
from lepton_core.store.tables import METADATA

# How long a writer waits for another one.
_BUSY_SECONDS = 30
# Any number of our own: two processes that open a new database make its tables in turn.
_ADVISORY_LOCK = 4_711_204_217
# Text columns that came later, by table: they may be empty, so that an older program still writes.
_ADDED = (("verdict", "marks"),)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_OTHER_TABLES = ("no such column", "no such table", "has no column", "does not exist")


def default_file() -> Path:
    """``lepton/lepton.sqlite`` in ``$XDG_DATA_HOME``, otherwise in ``~/.local/share``."""
    given = os.environ.get("XDG_DATA_HOME", "")
    # The standard says that a path which is not absolute is passed over.
    data = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "share"
    return data / "lepton" / "lepton.sqlite"


def url_of(text: str | None) -> URL:
    """The database that ``text`` names.

    Args:
        text: ``sqlite:///FILE``, ``postgresql://USER:PASSWORD@HOST/NAME`` or the path of a file;
            None takes ``$LEPTON_STORE``, and without it :func:`default_file`.

    Raises:
        StoreError: ``store.bad_url``.

    Example:
        >>> url_of("postgresql://ana@db/lepton").drivername
        'postgresql+psycopg'
    """
    given = text or os.environ.get("LEPTON_STORE") or str(default_file())
    if "://" not in given:
        return URL.create("sqlite", database=os.path.abspath(given))
    try:
        url = make_url(given)
    except ArgumentError as error:
        # The text itself is not repeated: it may hold a password.
        raise StoreError("store.bad_url", received=given.partition("://")[0] + "://...") from error
    kind = url.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or url.host:
        raise StoreError("store.bad_url", received=shown(url))
    in_memory = url.database in (None, "", ":memory:")
    return url if in_memory else url.set(database=os.path.abspath(str(url.database)))


def shown(url: URL) -> str:
    """The URL as a person may see it, without a password."""
    return url.render_as_string(hide_password=True)


def open_engine(url: URL) -> Engine:
    """An engine on the database, its tables made where they are not there.

    Raises:
        StoreError: as :func:`speaking`.
        MissingDependency: the driver for PostgreSQL is not installed.
    """
    file = url.database if url.drivername.startswith("sqlite") else None
    options: dict[str, Any] = {}
    if not url.drivername.startswith("sqlite"):
        options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
    elif file in (None, "", ":memory:"):
        # All threads share the one connection: a second one would be another, empty database.
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    else:
        # A connection a transaction: cheap with SQLite, and nothing is carried over a fork.
        options = {"poolclass": NullPool, "connect_args": {"timeout": _BUSY_SECONDS}}
        with speaking(url):
            Path(str(file)).absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        engine = create_engine(url, hide_parameters=True, **options)
    except ModuleNotFoundError as error:
        raise MissingDependency("psycopg", extra="postgres") from error
    if url.drivername.startswith("sqlite"):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    with speaking(url):
        with engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
        if not there.issuperset(METADATA.tables) or _lacking(engine):
            _make_tables(engine)
        with engine.connect() as connection:
            for table in METADATA.sorted_tables:
                # Tables of that name that are not ours are found now, not at the first verdict.
                connection.execute(select(table).limit(0))
    return engine


def _make_tables(engine: Engine) -> None:
    with begin(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))
        for of, name in _lacking(connection):
            # Whoever waited for the lock finds it there already.
            connection.execute(DDL(f"ALTER TABLE {of} ADD COLUMN {name} TEXT"))


def _lacking(bind: Engine | Connection) -> list[tuple[str, str]]:
    """Columns that stores of earlier versions lack, in tables that are otherwise ours."""
    found = []
    for table, name in _ADDED:
        if not inspect(bind).has_table(table):
            continue
        there = {column["name"] for column in inspect(bind).get_columns(table)}
        if name not in there and there >= set(METADATA.tables[table].columns.keys()) - {name}:
            found.append((table, name))
    return found


def begin(engine: Engine) -> AbstractContextManager[Connection]:
    """A transaction that writes, committed at the end of the ``with`` block."""
    return engine.execution_options(lepton_writes=True).begin()


def _begin_sqlite(connection: Connection) -> None:
    # One that reads first and then writes could not wait for another writer any more; so a writer
    # asks for the lock at once. Python's own driver begins too late for that.
    writes = connection.get_execution_options().get("lepton_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        # Readers then do not wait for a writer. The file remembers it. Where another process is
        # doing just this, or the disk cannot, the usual journal serves too, only slower.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def speaking(url: URL) -> Iterator[None]:
    """Say in words what the database refuses.

    Raises:
        StoreError: ``store.unreachable``, ``store.damaged``, ``store.other_tables``, or
            ``store.failed`` for what is none of these.
    """
    try:
        yield
    except OSError as error:
        raise StoreError("store.unreachable", store=shown(url), reason=error) from error
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split())
        raise StoreError(_key(cause, reason), store=shown(url), reason=reason) from error


def _key(cause: BaseException | None, reason: str) -> str:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _DAMAGED:
        return "store.damaged"
    if any(words in reason for words in _OTHER_TABLES) and "database" not in reason:
        return "store.other_tables"
    operational = type(cause).__name__ in ("OperationalError", "ConnectionTimeout")
    return "store.unreachable" if operational else "store.failed"

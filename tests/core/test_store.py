"""The store: what was said stays, the latest counts, and no value is ever read as SQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.errors import MissingDependency, StoreError
from lepton_core.store import WITHDRAWN, Store, Verdict

TASK = "fraud_rnn/transactions"
NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(str(tmp_path / "lepton.sqlite"))


def said(record: str, verdict: str = "fraud", hours: float = 0, **more: str) -> Verdict:
    given = {"bundle": "", "who": "ana", "note": "", **more}
    when = NOON + timedelta(hours=hours)
    return Verdict(TASK, record_id=record, verdict=verdict, when=when, **given)  # type: ignore[arg-type]


def words(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["record_id"].to_pylist(), table["verdict"].to_pylist(), strict=True))


def test_the_latest_verdict_counts_and_earlier_ones_stay(store: Store) -> None:
    store.add_verdict(said("a", "fraud", 0))
    store.add_verdict(said("a", "genuine", 2))
    # Came in last, and was said before: it changes nothing.
    store.add_verdict(said("a", "fraud", 1))
    assert words(store.latest(TASK)) == {"a": "genuine"}
    assert store.verdicts(TASK)["verdict"].to_pylist() == ["fraud", "fraud", "genuine"]


def test_of_two_at_one_moment_the_one_stored_last_counts(store: Store) -> None:
    for verdict in ("fraud", "genuine", "fraud"):
        store.add_verdict(said("a", verdict))
    assert words(store.latest(TASK)) == {"a": "fraud"}


def test_a_verdict_taken_back_leaves_the_record_without_one(store: Store) -> None:
    store.add_verdict(said("a", "fraud", 0))
    store.add_verdict(said("a", WITHDRAWN, 1))
    assert store.latest(TASK).num_rows == 0
    assert store.verdicts(TASK).num_rows == 2
    store.add_verdict(said("a", "genuine", 2))
    assert words(store.latest(TASK)) == {"a": "genuine"}


def test_verdicts_are_chosen_by_task_bundle_time_and_record(store: Store) -> None:
    store.add_verdicts([said(name, hours=n, bundle=f"b{n % 2}") for n, name in enumerate("abcd")])
    store.add_verdict(Verdict("other/task", "", "a", "ana", "left", when=NOON))
    assert words(store.verdicts(TASK, bundle="b1")) == {"b": "fraud", "d": "fraud"}
    since = (NOON + timedelta(hours=2)).astimezone(timezone(timedelta(hours=9)))
    assert list(words(store.verdicts(TASK, since=since))) == ["c", "d"]
    assert set(words(store.latest(TASK, ["d", "a", "nobody", "a"]))) == {"a", "d"}
    assert store.latest(TASK, []).num_rows == 0
    assert words(store.latest("other/task")) == {"a": "left"}


def test_more_records_can_be_asked_for_than_a_statement_takes(store: Store) -> None:
    store.add_verdicts([said(f"r{n}") for n in range(12_000)])
    assert store.latest(TASK, [f"r{n}" for n in range(60_000)]).num_rows == 12_000


def test_moments_are_kept_in_utc_to_the_microsecond(store: Store) -> None:
    in_beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    store.add_verdict(Verdict(TASK, "", "a", "ana", "fraud", when=in_beijing))
    store.add_verdict(Verdict(TASK, "", "b", "ana", "fraud", when=NOON.replace(tzinfo=None)))
    found = store.verdicts(TASK)["when"]
    assert found.type == pa.timestamp("us", "UTC")
    assert found.to_pylist() == [NOON, NOON]


def test_without_a_moment_it_is_now(store: Store) -> None:
    before = datetime.now(UTC)
    store.add_verdict(Verdict(TASK, "", "a", "ana", "fraud"))
    assert before <= store.verdicts(TASK)["when"][0].as_py() <= datetime.now(UTC)


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE verdict; --", '" OR 1=1 --', "%", "字\n'\\x00", "a'b\"c;d", "?", ":who"]
)
def test_no_value_is_read_as_sql(store: Store, text: str) -> None:
    store.add_verdict(said("other"))
    store.add_verdict(said(text, note=text, who=text, bundle=text))
    assert store.latest(TASK, [text]).num_rows == 1
    row = store.verdicts(TASK, bundle=text).to_pylist()[0]
    assert (row["record_id"], row["note"], row["who"]) == (text, text, text)
    assert store.verdicts(text).num_rows == 0
    assert store.verdicts(TASK).num_rows == 2


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("record", ""),
        ("record", "x" * 501),
        ("record", "a\0b"),
        ("record", "half \ud800"),
        ("who", "  "),
        ("verdict", "x" * 101),
        ("note", "x" * 4001),
        ("bundle", "x" * 501),
    ],
)
def test_text_that_would_be_cut_or_altered_is_refused(store: Store, column: str, text: str) -> None:
    given = {"record": "a", column: text}
    with pytest.raises(StoreError) as caught:
        store.add_verdicts([said("good"), said(**given)])
    assert caught.value.key == "store.bad_text"
    assert caught.value.text("en") != caught.value.text("zh")
    assert store.verdicts(TASK).num_rows == 0


@pytest.mark.parametrize(
    "when", [datetime.now(UTC) + timedelta(days=2), datetime(1969, 12, 31, tzinfo=UTC)]
)
def test_a_clock_far_ahead_cannot_outweigh_all_that_follows(store: Store, when: datetime) -> None:
    with pytest.raises(StoreError) as caught:
        store.add_verdict(Verdict(TASK, "", "a", "ana", "fraud", when=when))
    assert caught.value.key == "store.bad_time"


WRITER = """
import sys
import pyarrow as pa
from lepton_core.store import Store, Verdict
store = Store.open(sys.argv[1])
run = store.add_run("t/x", "b")
for number in range(15):
    store.add_verdict(Verdict("t/x", "", f"r{number}", sys.argv[2], "fraud"))
    store.add_predictions(run, pa.table({"record_id": [f"r{number}"]}))
    store.latest("t/x")
"""


def test_processes_and_threads_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    # The folder and the tables are not there yet either: all of them make them.
    path = tmp_path / "new" / "lepton.sqlite"
    command = [sys.executable, "-c", WRITER, str(path)]
    started = [subprocess.Popen([*command, f"process {n}"]) for n in range(2)]
    store = Store.open(str(path))

    def write(name: str) -> None:
        run = store.add_run("t/x", "b")
        for number in range(15):
            store.add_verdict(Verdict("t/x", "", f"r{number}", name, "genuine"))
            # Reads and then writes: it must not read before it may write.
            store.add_predictions(run, pa.table({"record_id": [f"r{number}"]}))

    threads = [threading.Thread(target=write, args=(f"thread {n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in started] == [0, 0]
    runs = store.runs("t/x")["id"].to_pylist()
    found = store.verdicts("t/x")
    assert found.num_rows == len(set(found["id"].to_pylist())) == 4 * 15
    assert store.latest("t/x").num_rows == 15
    assert [store.predictions(run).num_rows for run in runs] == [15] * 4


def test_a_run_resumed_is_the_same_run_and_stores_nothing_twice(store: Store) -> None:
    predictions = pa.table(
        {
            "record_id": ["a", "b"],
            "score": pa.array([1.5, -2.0], pa.float32()),
            "probability": pa.array([0.9, 0.1], pa.float32()),
            "label": ["fraud", "genuine"],
            "review": [False, True],
            "bundle": ["b", "b"],
        }
    )
    for _ in range(2):
        number = store.add_run(TASK, "b", key="the run", command="lepton score", inputs=["in.csv"])
        added = store.add_predictions(number, predictions)
        store.finish_run(number, {"read": 2})
    assert added == 0
    runs = store.runs(TASK).to_pylist()
    assert [(run["counts"], run["inputs"]) for run in runs] == [('{"read": 2}', '["in.csv"]')]
    assert runs[0]["started"] <= runs[0]["ended"]
    stored = store.predictions(number).to_pylist()
    assert [(row["record_id"], row["score"], row["label"]) for row in stored] == [
        ("a", 1.5, "fraud"),
        ("b", -2.0, "genuine"),
    ]
    assert store.add_run(TASK, "b") != store.add_run(TASK, "b")


def test_predictions_are_stored_all_or_none(store: Store) -> None:
    number = store.add_run(TASK, "b")
    ids = [f"r{n}" for n in range(5000)] + ["x" * 501]
    with pytest.raises(StoreError):
        store.add_predictions(number, pa.table({"record_id": ids}))
    assert store.predictions(number).num_rows == 0
    with pytest.raises(StoreError):
        store.add_predictions(number + 7, pa.table({"record_id": ["a"]}))


def test_the_tables_are_those_that_were_promised(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "lepton.sqlite") as file:
        names = {row[0] for row in file.execute("select name from sqlite_master where sql > ''")}
        columns = [row[1] for row in file.execute("pragma table_info(verdict)")]
    assert {"verdict", "prediction", "run"} <= names
    first = ["id", "task", "bundle", "record_id", "who", "when", "verdict", "note"]
    assert columns == [*first, "marks"]


def test_a_store_can_be_opened_and_read_while_somebody_writes(store: Store, tmp_path: Path) -> None:
    store.add_verdict(said("a"))
    with sqlite3.connect(tmp_path / "lepton.sqlite", isolation_level=None) as other:
        other.execute("begin immediate")
        assert Store.open(str(tmp_path / "lepton.sqlite")).latest(TASK).num_rows == 1
        other.execute("rollback")


def test_a_damaged_store_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "lepton.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError) as caught:
        Store.open(str(path))
    assert caught.value.key == "store.damaged"
    assert path.read_bytes().startswith(b"no database")


def test_a_store_that_is_damaged_later_is_told(store: Store, tmp_path: Path) -> None:
    store.add_verdicts([said(f"r{n}", note="x" * 1000) for n in range(200)])
    path = tmp_path / "lepton.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("pragma wal_checkpoint(truncate)")
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError) as caught:
        store.verdicts(TASK)
    assert caught.value.key == "store.damaged"


def test_tables_of_somebody_else_are_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("create table verdict (id integer, court text)")
    with pytest.raises(StoreError) as caught:
        Store.open(str(path))
    assert caught.value.key == "store.other_tables"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("mysql://ana:secret@db/lepton", "store.bad_url"),
        ("nonsense://", "store.bad_url"),
        ("sqlite://host/file", "store.bad_url"),
        ("sqlite:////proc/nowhere/lepton.sqlite", "store.unreachable"),
    ],
)
def test_a_store_that_cannot_be_is_told_without_its_password(url: str, key: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    assert caught.value.key == key
    assert "secret" not in str(caught.value) + str(caught.value.to_json())


def test_postgresql_asks_for_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match="postgres"):
        Store.open("postgresql://ana:secret@localhost:1/lepton")


def test_the_file_stands_where_the_user_keeps_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEPTON_STORE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    Store.open().add_verdict(said("a"))
    assert (tmp_path / "data/lepton/lepton.sqlite").is_file()
    monkeypatch.setenv("LEPTON_STORE", f"sqlite:///{tmp_path / 'mine.sqlite'}")
    assert Store.open().verdicts(TASK).num_rows == 0
    assert (tmp_path / "mine.sqlite").is_file()


def test_nobody_loads_a_database_who_does_not_ask_for_one() -> None:
    program = (
        "import lepton_core.scoring.engine, lepton_core.cli.main, lepton_core.data.feedback, sys; "
        "print('sqlalchemy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "False", run.stderr

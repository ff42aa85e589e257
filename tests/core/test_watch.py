"""A folder as it fills: each file once, whole, also across kills; nothing stops the others."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from crashing import DONE, KILLED, every_change, killed_at
from scoring_task import outcome, picture_pipeline, records, table_pipeline

from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import open_run, score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.watch import Watcher

pytestmark = pytest.mark.usefixtures("fast_runs")

OPTIONS = Options(batch_rows=8, part_batches=2, threads=1)


class Inbox:
    """A folder, its watcher, and what the watcher noted; made again by :meth:`watching`."""

    def __init__(self, folder: Path, pipeline: Pipeline) -> None:
        self.folder, self.out, self.pipeline = folder / "inbox", folder / "scores", pipeline
        self.folder.mkdir()
        self.notes: list[str] = []

    @contextmanager
    def watching(self, options: Options = OPTIONS, **more: Any) -> Iterator[Watcher]:
        with open_run(self.pipeline, self.out, options, True, mode="watch", **more) as run:
            yield Watcher(run, self.folder, 0.01, self.notes.append)

    def send(self, name: str, table: pa.Table) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        if name.endswith(".parquet"):
            pq.write_table(table, path)
        else:
            pyarrow.csv.write_csv(table, path)

    def ids(self) -> list[str]:
        return [row["record_id"] for row in outcome(self.out)["rows"]] if self.out.exists() else []

    def logged(self, log: str) -> list[dict[str, Any]]:
        path = self.out / log
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path, table_pipeline())


def clean(n: int, seed: int) -> pa.Table:
    return records(n, seed, faults=False)


def ids_of(*tables: pa.Table) -> list[str]:
    return [record_id for table in tables for record_id in table["record_id"].to_pylist()]


def test_a_file_is_scored_once_it_stays_the_same(inbox: Inbox) -> None:
    with inbox.watching() as watcher:
        path = inbox.folder / "a.csv"
        lines = "".join(f"r{n},{n + 20}\n" for n in range(10))
        path.write_text("record_id,amount\n")
        assert watcher.look() == 0
        for end in (20, 40, len(lines)):  # still being written, in the middle of a line too
            path.write_text("record_id,amount\n" + lines[:end])
            assert watcher.look() == 0
            assert not inbox.ids()
        assert [watcher.look(), watcher.look()] == [1, 0]
    assert inbox.ids() == [f"r{n}" for n in range(10)]
    assert not inbox.notes


def test_files_go_in_the_order_of_their_times(inbox: Inbox) -> None:
    tables = {name: clean(5, seed) for seed, name in enumerate(("c.csv", "a.parquet", "b.csv"))}
    for moment, (name, table) in enumerate(tables.items()):
        inbox.send(name, table)
        os.utime(inbox.folder / name, ns=(0, 1_000_000_000 + moment))
    with inbox.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 3]
    assert inbox.ids() == ids_of(*tables.values())


def test_hidden_and_foreign_files_are_left_alone(inbox: Inbox) -> None:
    for name in (".a.csv", "_a.csv", "a.csv.part", "notes.txt"):
        (inbox.folder / name).write_text("record_id,amount\nx,20\n")
    (inbox.folder / "folder.csv").mkdir()
    with inbox.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 0]


def test_a_file_that_is_renamed_into_place_is_scored(inbox: Inbox) -> None:
    table = clean(5, 0)
    inbox.send(".a.csv", table)
    with inbox.watching() as watcher:
        watcher.look()
        (inbox.folder / ".a.csv").rename(inbox.folder / "a.csv")
        assert [watcher.look(), watcher.look()] == [0, 1]
    assert inbox.ids() == ids_of(table)


def test_a_changed_file_is_a_new_one(inbox: Inbox) -> None:
    first, second = clean(5, 0), clean(7, 1)
    with inbox.watching() as watcher:
        for table in (first, second):
            inbox.send("a.csv", table)
            assert [watcher.look(), watcher.look(), watcher.look()] == [0, 1, 0]
    assert inbox.ids() == ids_of(first, second)


@pytest.mark.parametrize(
    "damage", ["", "record_id\nx\n", "record_id,amount\n\xff", "record_id,amount\na,5\nb,6,7\n"]
)
def test_an_unreadable_file_is_noted_and_does_not_stop_the_others(
    inbox: Inbox, damage: str
) -> None:
    tables = clean(5, 0), clean(5, 1)
    inbox.send("a.csv", tables[0])
    (inbox.folder / "b.csv").write_bytes(damage.encode("latin-1"))
    inbox.send("c.csv", tables[1])
    for _ in range(2):  # also after a restart it is not tried again
        with inbox.watching() as watcher:
            watcher.look()
            watcher.look()
    assert set(inbox.ids()) >= set(ids_of(*tables))
    (failed,) = inbox.logged("_failed.jsonl")
    assert failed["input"]["path"] == str(inbox.folder / "b.csv")
    assert failed["message"] == inbox.notes[0]
    # Repaired, it is scored.
    third = clean(6, 2)
    inbox.send("b.csv", third)
    with inbox.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 1]
    assert inbox.ids()[-6:] == ids_of(third)


def test_a_folder_that_is_gone_is_one_clear_error(inbox: Inbox) -> None:
    inbox.folder.rmdir()
    with pytest.raises(Exception, match="inbox") as caught, inbox.watching() as watcher:
        watcher.look()
    assert caught.value.key == "data.no_access"


def test_refused_records_are_told_with_their_file_and_row(inbox: Inbox) -> None:
    inbox.send("a.csv", records(20, 0))
    inbox.send("b.csv", records(20, 1))
    with inbox.watching() as watcher:
        watcher.look()
        watcher.look()
    told = {(line["source"], line["row"]) for line in inbox.logged("_rejected.jsonl")}
    for name in ("a.csv", "b.csv"):
        assert {row for source, row in told if source.endswith(name)} == {7, 9, 17}


def test_a_restart_scores_nothing_again_from_any_folder(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.send("a.csv", clean(5, 0))
    with inbox.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 1]
    monkeypatch.chdir(inbox.folder.parent)
    inbox.folder = Path("inbox")
    with inbox.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 0]
    assert len(inbox.ids()) == 5


@every_change
def test_a_kill_anywhere_loses_and_doubles_nothing(inbox: Inbox, stride: int) -> None:
    # The first by time is the one that is longer than a part.
    tables = {"b.csv": records(40, 0), "a.csv": clean(5, 1), "c.csv": records(21, 2)}
    for moment, (name, table) in enumerate(tables.items()):
        inbox.send(name, table)
        os.utime(inbox.folder / name, ns=(0, 1_000_000_000 + moment))
    late = inbox.folder / "z.csv"

    def watch() -> None:
        with inbox.watching() as watcher:
            watcher.look()
            watcher.look()

    watch()
    rows = {row["record_id"]: row for row in outcome(inbox.out)["rows"]}
    refused = {(line["source"], line["row"]) for line in inbox.logged("_rejected.jsonl")}
    step = 0
    while True:
        step += stride
        inbox.out = inbox.folder.parent / f"scores-{step}"
        ended = killed_at(step, watch, inbox.out)
        if ended == DONE:
            break
        assert ended == KILLED
        # Meanwhile an older file arrives, which goes first otherwise.
        inbox.send("z.csv", clean(6, 9))
        os.utime(late, ns=(0, 1))
        watch()
        late.unlink()
        received = [row for row in outcome(inbox.out)["rows"] if row["record_id"][0] != "9"]
        assert len(received) == len(rows), f"killed before change {step}"
        assert {row["record_id"]: row for row in received} == rows
        logged = inbox.logged("_rejected.jsonl")
        assert len(logged) == len(refused)
        assert {(line["source"], line["row"]) for line in logged} == refused
    assert step > 20


def test_an_interrupt_in_the_middle_of_a_file_is_made_good(inbox: Inbox) -> None:
    inbox.send("a.csv", records(60, 0))

    def stop(done: int, total: int | None) -> None:
        if done == 40:
            raise KeyboardInterrupt

    with inbox.watching(progress=stop) as watcher:
        watcher.look()
        with pytest.raises(KeyboardInterrupt):
            watcher.look()
        watcher._run.abort()  # as the command does
    assert not list(inbox.out.glob("_part-*"))
    with inbox.watching() as watcher:
        watcher.look()
        watcher.look()
    whole = inbox.out.with_name("whole")
    score_files(inbox.pipeline, [inbox.folder / "a.csv"], whole, OPTIONS)
    assert outcome(inbox.out)["rows"] == outcome(whole)["rows"]


def test_a_watch_does_not_go_on_with_a_batch(inbox: Inbox) -> None:
    inbox.send("a.csv", clean(5, 0))
    score_files(inbox.pipeline, [inbox.folder / "a.csv"], inbox.out, OPTIONS)
    with pytest.raises(UsageError) as caught, inbox.watching():
        pass
    assert (caught.value.key, caught.value.values["setting"]) == ("journal.other_settings", "mode")


def test_pictures_are_scored_together_at_any_depth(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, picture_pipeline())
    for name, size in (("a.png", 5), ("line 2/b.jpg", 7), ("line 2/.c.png", 9), (".new/d.png", 9)):
        (inbox.folder / name).parent.mkdir(exist_ok=True)
        (inbox.folder / name).write_bytes(b"x" * size)
    options = replace(OPTIONS, batch_rows=None)
    with inbox.watching(options) as watcher:
        assert [watcher.look(), watcher.look()] == [0, 2]
        (inbox.folder / "e.png").write_bytes(b"x" * 11)
        (inbox.folder / "gone.png").write_bytes(b"")
        assert [watcher.look(), watcher.look(), watcher.look()] == [0, 2, 0]
    assert sorted(inbox.ids()) == ["a.png", "e.png", "line 2/b.jpg"]
    assert [line["record_id"] for line in inbox.logged("_rejected.jsonl")] == ["gone.png"]
    assert not inbox.notes


def test_it_ends_when_nothing_arrives_any_more(inbox: Inbox) -> None:
    inbox.send("a.csv", clean(5, 0))
    with inbox.watching() as watcher:
        thread = threading.Thread(target=watcher.serve, args=(0.1,))
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
    assert len(inbox.ids()) == 5

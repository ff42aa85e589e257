"""Verdicts that mark places in a picture, and stores that were made before there were any."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from lepton_core.errors import StoreError
from lepton_core.store import Store, Verdict
from lepton_core.store.marks import read_marks

TASK = "defect_detection/surface"
DENT = {"label": "dent", "x0": 1, "y0": 2.5, "x1": 9, "y1": 5}

BEFORE = """
create table verdict (id integer not null primary key, task varchar(200) not null,
    bundle varchar(500) not null, record_id varchar(500) not null, who varchar(200) not null,
    "when" datetime not null, verdict varchar(100) not null, note varchar(4000) not null);
insert into verdict values (1, 'defect_detection/surface', '', 'old.png', 'ana',
    '2026-05-01 12:00:00.000000', 'good', 'dust');
"""


def said(record: str, verdict: str = "dent", marks: object = None) -> Verdict:
    return Verdict(TASK, "", record, "ana", verdict, marks=marks)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(str(tmp_path / "lepton.sqlite"))


def test_marks_come_back_as_they_were_given(store: Store) -> None:
    store.add_verdict(said("marked", marks=[{**DENT, "x0": np.float32(1)}]))
    store.add_verdict(said("nothing there", "good", marks=[]))
    store.add_verdict(said("class alone"))
    marks = read_marks(store.latest(TASK)["marks"]).to_pylist()
    (box,) = marks[0]
    assert {name: box[name] for name in DENT} == DENT
    assert marks[1:] == [[], None]


def test_a_later_verdict_without_marks_tells_that_places_are_not_known(store: Store) -> None:
    store.add_verdict(said("a", marks=[DENT]))
    store.add_verdict(said("a", "scratch"))
    assert store.latest(TASK)["marks"].to_pylist() == [None]


@pytest.mark.parametrize(
    "marks",
    [
        [{**DENT, "x1": 1}],
        [{**DENT, "y0": -40}],
        [{**DENT, "x0": float("nan")}],
        [{**DENT, "label": " "}],
        [{**DENT, "width": 4}],
        [{"label": "dent", "x0": 1, "y0": 2}],
        [DENT] * 1001,
    ],
)
def test_what_is_no_box_is_refused_and_nothing_is_stored(store: Store, marks: list[object]) -> None:
    with pytest.raises(StoreError) as caught:
        store.add_verdicts([said("good one"), said("a", marks=marks)])
    assert caught.value.key == "store.bad_marks"
    assert caught.value.text("en") != caught.value.text("zh")
    assert store.verdicts(TASK).num_rows == 0


def test_a_store_of_an_earlier_version_keeps_its_verdicts_and_takes_marks(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as file:
        file.executescript(BEFORE)
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(Store.open(str(path)))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 2
    opened[0].add_verdict(said("new.png", marks=[DENT]))
    found = opened[1].latest(TASK).to_pylist()
    assert [(row["record_id"], row["note"], row["marks"] is None) for row in found] == [
        ("old.png", "dust", True),
        ("new.png", "", False),
    ]
    # A program of the earlier version, which knows no marks, still writes to it.
    with sqlite3.connect(path) as file:
        file.execute(
            'insert into verdict (task, bundle, record_id, who, "when", verdict, note) '
            "values (?, '', 'b', 'bo', '2026-05-02 12:00:00.000000', 'good', '')",
            (TASK,),
        )
    assert Store.open(str(path)).latest(TASK, ["b"])["marks"].to_pylist() == [None]

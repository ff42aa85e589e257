"""A watched line moves its parts out, each when its result counts, also across kills."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from crashing import DONE, KILLED, every_change, killed_at
from scoring_task import outcome, table_pipeline
from watched_line import Line, encoded, names, score_of

pytestmark = pytest.mark.usefixtures("fast_runs")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_the_same_file_sent_again_is_judged_again_once_it_was_moved(line: Line) -> None:
    original = line.send("../golden.png", encoded(".png"))
    for start in range(2):
        with line.watching() as watcher:
            for _ in range(2):
                shutil.copy2(original, line.folder / "golden.png")  # with its time of change
                assert [watcher.look(), watcher.look()] == [1, 0], start
    assert len(line.rows()) == 4
    assert len(set(line.rows().values())) == 1


def test_nothing_in_the_done_folder_is_replaced(line: Line) -> None:
    line.done.mkdir()
    (line.done / "a.png").write_bytes(b"of another day")
    line.send("a.png", encoded(".png"))
    with line.watching() as watcher:
        watcher.look()
    assert line.moved() == ["a.png", "a~2.png"]
    assert (line.done / "a.png").read_bytes() == b"of another day"
    assert list(line.rows()) == ["a~2.png"]


def test_names_in_folders_are_moved_into_folders(line: Line) -> None:
    line.send("line 2/a.png", encoded(".png"))
    line.send("line 2/_b.png", encoded(".png"))
    with line.watching() as watcher:
        watcher.look()
    assert line.moved() == ["line 2/a.png"]
    assert line.waiting() == ["line 2/_b.png"]


def test_tables_are_moved_too_and_one_that_cannot_be_read_stays(tmp_path: Path) -> None:
    line = Line(tmp_path, table_pipeline())
    for _ in range(2):
        line.send("a.csv", b"record_id,amount\n1,20\n")
        line.send("b.csv", b"record_id\n1\n")
        with line.watching() as watcher:
            watcher.look()
            watcher.look()
    assert line.moved() == ["a.csv", "a~2.csv"]
    assert line.waiting() == ["b.csv"]


def test_a_done_folder_that_refuses_stops_nothing_and_is_tried_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepton_core.scoring.moves._RETRY_S", 0.0)
    line.done.write_bytes(b"in the way")
    for start in range(2):
        with line.watching() as watcher:
            line.send(f"{start}.png", encoded(".png", start))
            assert [watcher.look(), watcher.look()] == [1, 0]
            assert len(line.notes) == start + 1  # once each time
    assert line.waiting() == ["0.png", "1.png"]
    line.done.unlink()
    with line.watching() as watcher:
        assert watcher.look() == 0
    assert line.moved() == ["0.png", "1.png"]
    assert sorted(line.rows()) == ["0.png", "1.png"]
    assert str(line.done) in line.notes[0]


def test_a_watch_that_moves_nothing_forgets_nothing_either(line: Line) -> None:
    line.done.write_bytes(b"in the way")
    line.send("a.png", encoded(".png"))
    with line.watching() as watcher:
        assert watcher.look() == 1
    for name in ("b.png", "c.png"):
        with line.watching(done=None) as watcher:
            line.send(name, encoded(".png"))
            assert watcher.look() == 1
    line.done.unlink()
    with line.watching() as watcher:
        assert watcher.look() == 0
    assert line.moved() == ["a.png"]
    assert len(outcome(line.out)["rows"]) == 3


@pytest.fixture(params=["one file system", "two"])
def file_systems(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two":
        rename = os.rename

        def other(source: Path, target: Path) -> None:
            if "inbox" in str(source):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            rename(source, target)

        monkeypatch.setattr("os.rename", other)


@every_change
@pytest.mark.usefixtures("file_systems")
def test_a_kill_anywhere_loses_and_doubles_no_part(tmp_path: Path, stride: int) -> None:
    pictures = {f"{n}.png": encoded(".png", n, 30 + n) for n in range(4)}
    pictures["0~2.png"] = encoded(".png", 9, 60)
    scores = {name: score_of(data) for name, data in pictures.items()}
    step = 0
    while True:
        step += stride
        place = tmp_path / str(step)
        place.mkdir()
        line = Line(place)

        def watch(line: Line = line, last: str = "") -> None:
            with line.watching() as watcher:
                for name in pictures:
                    if "~" not in name and name > last:
                        line.send(name, pictures[name])
                        watcher.look()
                line.send("0.png", pictures["0~2.png"])
                watcher.look()
                watcher.look()

        ended = killed_at(step, watch, place)
        if ended == DONE:
            break
        assert ended == KILLED
        # The sender goes on where it was; what it had sent is here or there.
        with line.watching() as watcher:
            watcher.look()
            watcher.look()
        sent = {**line_files(line.folder), **line_files(line.done)}
        received = outcome(line.out)["rows"]
        ids = [row["record_id"] for row in received]
        assert len(set(ids)) == len(ids), step
        assert {i: line.rows()[i] for i in ids} == {i: scores[i] for i in ids}, step
        assert sorted(sent) == sorted(ids), f"killed before change {step}"
        assert not line.waiting()
        assert sent == {name: pictures[name] for name in sent}
    assert step > 20


def line_files(folder: Path) -> dict[str, bytes]:
    found = names(folder) if folder.exists() else []
    return {name: (folder / name).read_bytes() for name in found}

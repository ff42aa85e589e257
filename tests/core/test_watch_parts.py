"""Pictures that arrive at a line: whole ones only, each a part of its own, moved when it counts."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from crashing import DONE, KILLED, every_change, killed_at
from scoring_task import outcome, picture_pipeline, table_pipeline

from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import open_run
from lepton_core.scoring.options import Options
from lepton_core.scoring.part_ids import PartIds
from lepton_core.scoring.watch import Watcher

pytestmark = pytest.mark.usefixtures("fast_runs")

OPTIONS = Options(threads=1)
NEVER = 1000.0


class Line:
    """A line's folder, what watches it, and what that noted."""

    def __init__(self, folder: Path, pipeline: Pipeline | None = None) -> None:
        self.folder, self.out, self.done = folder / "inbox", folder / "scores", folder / "done"
        self.pipeline = pipeline or picture_pipeline()
        self.folder.mkdir()
        self.notes: list[str] = []

    @contextmanager
    def watching(self, options: Options = OPTIONS, **more: Any) -> Iterator[Watcher]:
        with open_run(self.pipeline, self.out, options, True, mode="watch") as run:
            more.setdefault("done", self.done)
            yield Watcher(run, self.folder, 0.01, self.notes.append, **more)

    def send(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        return path

    def rows(self) -> dict[str, float]:
        return {row["record_id"]: row["score"] for row in outcome(self.out)["rows"]}

    def refused(self) -> dict[str, str]:
        lines = outcome(self.out)["refused"]
        return {line["record_id"]: line["reasons"][0]["key"] for line in lines}

    def waiting(self) -> list[str]:
        return names(self.folder)

    def moved(self) -> list[str]:
        return names(self.done) if self.done.exists() else []


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def encoded(ending: str, seed: int = 0, side: int = 40) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)
    return cv2.imencode(ending, picture)[1].tobytes()


def score_of(data: bytes) -> float:
    return float(np.sin(np.float32(len(data))))


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_picture_that_shows_its_end_is_scored_at_the_first_look(line: Line, ending: str) -> None:
    data = encoded(ending)
    with line.watching(quiet_s=NEVER, settle_s=NEVER) as watcher:
        for share in (0.2, 0.5, 0.999):  # however long it stays half
            line.send(f"a{ending}", data[: int(len(data) * share)])
            assert [watcher.look(), watcher.look()] == [0, 0]
        line.send(f"a{ending}", data)
        assert watcher.look() == 1
    assert line.rows() == {f"a{ending}": score_of(data)}
    assert not line.waiting()


@pytest.mark.parametrize("ending", [".bmp", ".tif", ".webp"])
def test_one_whose_end_cannot_be_seen_is_scored_when_it_is_still(line: Line, ending: str) -> None:
    data = encoded(ending)
    with line.watching(settle_s=NEVER) as watcher:
        line.send(f"a{ending}", data[:-9])  # still as well, but not whole
        assert [watcher.look(), watcher.look(), watcher.look()] == [0, 0, 0]
        line.send(f"a{ending}", data)
        assert [watcher.look(), watcher.look()] == [0, 1]
    assert line.rows() == {f"a{ending}": score_of(data)}


def test_a_file_that_has_its_size_before_its_content_waits(line: Line) -> None:
    data = encoded(".bmp")
    with line.watching(settle_s=NEVER) as watcher:
        line.send("a.bmp", data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
        assert [watcher.look(), watcher.look(), watcher.look()] == [0, 0, 0]
        line.send("a.bmp", data)
        assert [watcher.look(), watcher.look()] == [0, 1]


def test_what_stays_half_is_handed_over_once_it_has_settled(line: Line) -> None:
    for name, data in (("a.jpg", encoded(".jpg")[:300]), ("b.png", b""), ("c.png", b"text")):
        line.send(name, data)
    with line.watching() as watcher:
        assert [watcher.look(), watcher.look(), watcher.look()] == [0, 3, 0]
    # The pipeline of these tests takes any bytes; an empty file has none.
    assert set(line.rows()) == {"a.jpg", "c.png"}
    assert line.refused() == {"b.png": "unreadable_image"}
    assert line.moved() == ["a.jpg", "b.png", "c.png"]


def test_a_file_that_is_written_while_it_is_read_waits(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, data = line.send("a.png", encoded(".png")), encoded(".png", side=50)
    from lepton_core.scoring import part_reading

    read = part_reading.read_file

    def meanwhile(asked: Path) -> bytes | None:
        found = read(asked)
        path.write_bytes(data)
        monkeypatch.setattr(part_reading, "read_file", read)
        return found

    monkeypatch.setattr(part_reading, "read_file", meanwhile)
    with line.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [0, 1]
    assert line.rows() == {"a.png": score_of(data)}


@pytest.mark.parametrize("moving", [True, False])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_name_that_comes_again_is_a_part_of_its_own(
    line: Line, moving: bool, restarts: bool
) -> None:
    sent = {f"7~{n}.png" if n > 1 else "7.png": encoded(".png", n, 40 + n) for n in (1, 2, 3)}
    more = {} if moving else {"done": None}
    if restarts:
        for data in sent.values():
            line.send("7.png", data)
            with line.watching(**more) as watcher:
                assert watcher.look() == 1
    else:
        with line.watching(**more) as watcher:
            for data in sent.values():
                line.send("7.png", data)
                assert [watcher.look(), watcher.look()] == [1, 0]
    assert line.rows() == {name: score_of(data) for name, data in sent.items()}
    if moving:
        # A part's id is where its picture lies.
        assert {name: (line.done / name).read_bytes() for name in line.moved()} == sent
    else:
        assert line.waiting() == ["7.png"]


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


def test_a_folder_that_goes_and_comes_is_waited_for(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = line.folder.with_name("away")
    turns = iter([lambda: line.folder.rename(away), lambda: None, lambda: away.rename(line.folder)])

    def sleep(seconds: float) -> None:
        next(turns, lambda: None)()

    monkeypatch.setattr("lepton_core.scoring.watch.time.sleep", sleep)
    line.send("a.png", encoded(".png"))
    with line.watching(done=None) as watcher:
        watcher.serve(idle_s=0.2)
        line.send("b.png", encoded(".png"))
        watcher.serve(idle_s=0.0)
    assert sorted(line.rows()) == ["a.png", "b.png"]
    assert len(line.notes) == 1
    assert "inbox" in line.notes[0]


def test_a_folder_that_was_never_there_is_an_error(line: Line) -> None:
    line.folder.rmdir()
    with pytest.raises(DataError) as caught, line.watching() as watcher:
        watcher.serve()
    assert caught.value.key == "data.no_access"


def test_a_folder_below_that_cannot_be_read_stops_no_other(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.send("closed/a.png", encoded(".png"))
    line.send("open/b.png", encoded(".png"))
    scandir = os.scandir

    def refusing(place: str) -> Any:
        if "closed" in str(place):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(place)

    monkeypatch.setattr("os.scandir", refusing)
    with line.watching() as watcher:
        assert [watcher.look(), watcher.look()] == [1, 0]
    assert list(line.rows()) == ["open/b.png"]
    assert len(line.notes) == 1


def test_a_column_that_pictures_lack_is_told_at_the_start(line: Line) -> None:
    with pytest.raises(DataError) as caught, line.watching(Options(select=("score", "shift"))):
        pass
    assert caught.value.key == "data.unknown_column"


def test_no_memory_is_written_with_each_part(line: Line) -> None:
    line.send("a.png", encoded(".png"))
    with line.watching() as watcher:
        watcher.look()
        assert not list(line.out.glob("_state*"))
    manifest = json.loads((line.out / "_manifest.json").read_text(encoding="utf-8"))
    assert manifest["summary"]["read"] == 1


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (["a.png", "b.png"], ["a.png", "b.png"]),
        (["a.png", "a.png", "a.png"], ["a.png", "a~2.png", "a~3.png"]),
        (["a~2.png", "a.png", "a.png"], ["a~2.png", "a.png", "a~3.png"]),
        (["a.png", "a.png", "a~2.png"], ["a.png", "a~2.png", "a~2~2.png"]),
        (["x/a.tar.gz", "x/a.tar.gz", "a.tar.gz"], ["x/a.tar.gz", "x/a.tar~2.gz", "a.tar.gz"]),
    ],
)
def test_no_two_parts_have_one_id(given: list[str], ids: list[str]) -> None:
    part_ids, again = PartIds(), PartIds()
    for name, expected in zip(given, ids, strict=True):
        assert part_ids.give(name) == expected
        # A process that comes later goes on from the log.
        assert again.give(name) == expected
        restarted = PartIds()
        for kept, part_id in zip(given, ids, strict=True):
            restarted.keep(kept, part_id)
        again = restarted if expected == ids[-1] else again


def test_the_memory_of_names_is_bounded_by_the_last_that_came() -> None:
    ids = PartIds(remembered=3)
    for name in ("a.png", "b.png", "c.png", "a.png"):
        ids.give(name)
    assert ids.give("b.png") == "b.png"  # forgotten: "a" came again after it
    assert ids.give("a.png") == "a~3.png"

"""Pictures that arrive at a line: whole ones only, each a part of its own."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from watched_line import Line, encoded, score_of

from lepton_core.errors import DataError
from lepton_core.scoring.options import Options

pytestmark = pytest.mark.usefixtures("fast_runs")

NEVER = 1000.0


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


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

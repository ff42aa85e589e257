"""The line: what has passed by when, what a watched folder's run says, and what is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from made_parts import detect, parts, picture

from lepton_core.errors import LeptonError
from lepton_core.scoring.folder import INPUTS_LOG, PARTS_LOG
from lepton_core.scoring.journal import Journal
from solutions.defect_detection.dashboard_line_folder import RunFolder
from solutions.defect_detection.dashboard_line_play import Play
from solutions.defect_detection.dashboard_line_seen import Seen, rate_of

GOOD = frozenset({"good"})


def seen(verdicts: str, labels: list[str] | None = None) -> Seen:
    """Parts by first letters of their verdicts."""
    names = {"p": "pass", "f": "fail", "u": "unsure"}
    verdict = np.array([names[letter] for letter in verdicts], object)
    n = len(verdict)
    label = np.array(labels or ["good"] * n, object)
    ids = [f"{row}" for row in range(n)]
    time = np.arange(n, dtype=float)
    return Seen(ids, verdict, label, GOOD, time, {}, lambda row: None, lambda row: [], "made")


def test_a_change_of_rate_moves_no_part_back() -> None:
    play = Play(60.0, since=0.0)
    at_half = play.shown(30.0, of=1000)
    slower = play.with_rate(6.0, now=30.0)
    assert slower.shown(30.0, of=1000) == at_half == 30
    assert slower.shown(40.0, of=1000) == 31


@pytest.mark.parametrize(
    ("verdicts", "streak"), [("", 0), ("f", 1), ("ffp", 0), ("pfff", 3), ("ffuff", 2)]
)
def test_a_streak_counts_fails_without_another_between(verdicts: str, streak: int) -> None:
    assert seen(verdicts).streak() == streak


@pytest.mark.parametrize(
    ("verdicts", "is_alarming"),
    [
        ("p" * 50 + "ff", False),
        ("p" * 50 + "fff", True),
        ("ffp" * 20 + "fff", False),
        ("ffp" * 20 + "f" * 14, True),
        ("fff", False),
    ],
)
def test_fails_in_a_row_alarm_where_they_are_rare(verdicts: str, is_alarming: bool) -> None:
    assert seen(verdicts).is_alarming() == is_alarming


def test_stretches_hold_every_part_once() -> None:
    line = seen("pfu" * 41)
    ends, counts = line.shares(most=10)
    assert counts.sum() == len(line)
    assert counts.sum(axis=0).tolist() == [41, 41, 41]
    assert ends[-1] == len(line)
    assert len(ends) <= 10


def test_pareto_counts_what_was_stopped_and_no_tolerated_defect() -> None:
    line = seen("pfff", ["dent", "dent", "spot", "good"])
    assert line.defects() == {"dent": 1, "spot": 1}


def test_the_rate_is_that_of_the_last_minutes() -> None:
    slow = np.arange(0.0, 3600.0, 60.0)
    fast = 3600.0 + np.arange(0.0, 301.0, 1.0)
    assert rate_of(np.concatenate([slow, fast])) == pytest.approx(60.0)
    assert rate_of(np.array([5.0])) is None
    assert rate_of(np.array([np.nan, 5.0, 5.0])) is None


def write_run(folder: Path, watched: Path, suffix: str, commits: list[list[int]]) -> Journal:
    """A run as a watch writes it: a part a commit, and what each input was."""
    made = parts(detect(), 12)
    journal = Journal(folder, {}, resume=False)
    counts: dict[str, int] = {}
    for rows in commits:
        hidden = folder / f"{journal.part_stem}{suffix}"
        table = pa.table(
            {
                "record_id": [made.ids[row] for row in rows],
                "label": [str(made.label[row]) for row in rows],
                "verdict": [str(made.verdict[row]) for row in rows],
                "defects": made.defects.take(pa.array(rows)),
            }
        )
        if suffix == ".csv":
            from lepton_core.box_cells import flat_boxes

            pa.csv.write_csv(flat_boxes(table), hidden)
        else:
            pq.write_table(table, hidden)
        for row in rows:
            path = watched / f"{row}.png"
            path.write_bytes(picture(row)[0])
            told = {"path": str(path), "bytes": path.stat().st_size, "modified_ns": row * 10**9}
            journal.append(INPUTS_LOG, {**told, "name": path.name, "id": made.ids[row]})
            verdict = str(made.verdict[row])
            counts[verdict] = counts.get(verdict, 0) + 1
        name = hidden.name.removeprefix("_")
        journal.append(PARTS_LOG, {"file": name, "rows": len(rows)})
        summary = {"verdicts": counts, "reasons": {"picture_cut_off": 2}}
        journal.commit({}, None, summary, parts=[hidden])
    return journal


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_watched_run_is_read_as_far_as_it_counts_and_further_at_the_next_look(
    tmp_path: Path, suffix: str
) -> None:
    watched, out = tmp_path / "in", tmp_path / "out"
    watched.mkdir()
    journal = write_run(out, watched, suffix, [[0, 1, 2], [3, 4]])
    run = RunFolder(out)
    found = run.look(GOOD)
    made = parts(detect(), 12)
    assert found.ids == made.ids[:5]
    assert found.verdict.tolist() == made.verdict[:5].tolist()
    (box,), (expected,) = found.boxes(1), made.boxes(1)
    assert box.pop("label") == expected.pop("label")
    assert box == pytest.approx(expected)
    assert found.picture(1) == picture(1)[0]
    assert found.refused == {"picture_cut_off": 2}
    # What is appended and not yet committed does not count.
    journal.append(PARTS_LOG, {"file": "part-99999.parquet", "rows": 1})
    journal.flush(PARTS_LOG)
    assert run.look(GOOD).ids == found.ids
    journal.close()


def test_only_the_last_rows_are_held_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solutions.defect_detection import dashboard_line_folder

    monkeypatch.setattr(dashboard_line_folder, "_MOST_ROWS", 4)
    watched, out = tmp_path / "in", tmp_path / "out"
    watched.mkdir()
    write_run(out, watched, ".parquet", [[0, 1, 2], [3, 4, 5], [6, 7, 8]]).close()
    found = RunFolder(out).look(GOOD)
    assert len(found) == 4
    assert found.total == 9
    verdicts = parts(detect(), 12).verdict[:9].tolist()
    assert [found.count(v) for v in ("pass", "fail", "unsure")] == [
        verdicts.count(v) for v in ("pass", "fail", "unsure")
    ]


def test_a_finished_picture_is_found_where_it_was_moved(tmp_path: Path) -> None:
    watched, out, done = tmp_path / "in", tmp_path / "out", tmp_path / "done"
    watched.mkdir()
    done.mkdir()
    write_run(out, watched, ".parquet", [[1]]).close()
    (watched / "1.png").rename(done / "1.png")
    assert RunFolder(out).look(GOOD).picture(0) is None
    assert RunFolder(out, done).look(GOOD).picture(0) == picture(1)[0]


def test_another_folder_or_another_kind_of_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(LeptonError, match="no run of"):
        RunFolder(tmp_path).look(GOOD)
    out = tmp_path / "out"
    journal = Journal(out, {}, resume=False)
    hidden = out / f"{journal.part_stem}.parquet"
    pq.write_table(pa.table({"record_id": ["a"], "score": [1.0]}), hidden)
    journal.append(PARTS_LOG, {"file": hidden.name.removeprefix("_"), "rows": 1})
    journal.commit({}, None, {}, parts=[hidden])
    with pytest.raises(LeptonError, match="no verdicts"):
        RunFolder(out).look(GOOD)
    (out / "_manifest.json").write_text("{")
    with pytest.raises(LeptonError):
        RunFolder(out).look(GOOD)
    journal.close()

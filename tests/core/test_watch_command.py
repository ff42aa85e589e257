"""`lepton score --watch` as a command: folders that would mix, status, a stop in good order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lepton_core.cli.score_watch import Status, check_folders
from lepton_core.errors import UsageError
from lepton_core.scoring.summary import Summary
from lepton_core.solution import find_task


@pytest.mark.parametrize(
    ("out", "done", "key"),
    [
        ("scores", None, None),
        ("scores", "done", None),
        ("inbox/_scores", "inbox/.done", None),
        ("inbox/line/.scores", None, None),
        ("inbox/scores", None, "usage.in_watched"),
        ("inbox", None, "usage.in_watched"),
        ("scores", "inbox/done", "usage.in_watched"),
        ("scores", "inbox/../inbox/line/done", "usage.in_watched"),
        ("scores", "link/done", "usage.in_watched"),
        ("scores", "scores", "usage.done_and_out"),
        ("scores", "scores/done", "usage.done_and_out"),
        ("done/scores", "done", "usage.done_and_out"),
        ("scores", "file", "usage.done_file"),
        ("scores", "no/such/done", "usage.out_folder"),
    ],
)
def test_folders_within_each_other_are_refused(
    tmp_path: Path, out: str, done: str | None, key: str | None
) -> None:
    (tmp_path / "inbox" / "line").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "inbox")
    (tmp_path / "file").touch()
    asked = tmp_path / "inbox", tmp_path / out, None if done is None else tmp_path / done
    if key is None:
        check_folders(*asked)
        return
    with pytest.raises(UsageError) as caught:
        check_folders(*asked)
    assert caught.value.key == key
    assert "inbox" in caught.value.text("en") or done in caught.value.text("en")


def summary(read: int) -> Summary:
    made = Summary("solution/task@bundle", "out", read=read, scored=read - 3, rejected=3)
    made.verdicts = {"pass": read - 7, "fail": 3, "unsure": 1}
    return made


def test_the_status_tells_rate_verdicts_refused_and_waiting() -> None:
    status = Status()
    status._marks.append((100.0, 1000))
    assert status.line(summary(1130), 2, 130.0) == (
        "1,130 records, 260 a minute; pass 1,123, fail 3, unsure 1; 3 refused, 2 waiting"
    )
    without = summary(1130)
    without.verdicts, without.labels, without.reviews = {}, {"good": 1000, "spot": 127}, 8
    assert "good 1,000, spot 127; 8 to review; 3 refused" in status.line(without, 0, 130.0)


def test_a_log_is_not_filled_while_nothing_happens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("lepton_core.cli.score_watch.time.monotonic", lambda: now[0])
    status, read = Status(), 10
    for minute in range(30):
        read += 5 if minute < 10 else 0
        for _ in range(6):
            now[0] += 10.0
            status(summary(read), 0)
    lines = capsys.readouterr().err.splitlines()
    assert 10 <= len(lines) <= 13
    assert "15 records" in lines[0]
    assert ", 5 a minute" in lines[6]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_in_good_order_and_the_next_start_goes_on(
    tmp_path: Path, stop: signal.Signals
) -> None:
    task = find_task("medical_imaging")
    cells = task.hook(task.sample)(seed=3)["image"].to_pylist()[:6]
    inbox, out, done = (tmp_path / name for name in ("inbox", "scores", "done"))
    inbox.mkdir()
    command = [sys.executable, "-m", "lepton_core.cli", "score", "medical_imaging@sample"]
    command += [str(inbox), "--watch", "--out", str(out), "--done", str(done)]
    for number, cell in enumerate(cells[:3]):
        (inbox / f"{number}.png").write_bytes(cell["bytes"])
    # A shell that runs the tests in the background has its children ignore Ctrl-C.
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + 120
    while time.monotonic() < until and not (done.exists() and len(list(done.iterdir())) == 3):
        time.sleep(0.05)
    process.send_signal(stop)
    said, told = process.communicate(timeout=60)
    assert process.returncode in (0, 3), told
    assert "the same command goes on from here" in told
    assert "3 records" in said
    for number, cell in enumerate(cells[3:], 3):
        (inbox / f"{number}.png").write_bytes(cell["bytes"])
    # A part that never becomes whole is in no count, and must not pass for scored.
    (inbox / "half.png").write_bytes(cells[0]["bytes"][:200])
    command += ["--idle", "2", "--settle", "600"]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode in (0, 3), again.stderr
    assert "1 files in" in again.stderr
    ids = [
        record_id
        for part in sorted(out.glob("part-*"))
        for record_id in pq.read_table(part)["record_id"].to_pylist()
    ]
    assert sorted(ids) == [f"{number}.png" for number in range(6)]

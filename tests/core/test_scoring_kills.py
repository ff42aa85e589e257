"""Real processes that score, killed by the system at random moments, and what they end with."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scoring_task
from scoring_task import outcome, read, records, table_pipeline

from lepton_core.scoring.engine import score_files, work_folder
from lepton_core.scoring.options import Options
from lepton_core.scoring.summary import Summary
from lepton_core.solution import find_task


def written(folder: Path, tables: Sequence[pa.Table]) -> list[Path]:
    paths = [folder / f"in-{number}.parquet" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(table, path)
    return paths


def program(out: Path, options: dict[str, Any], inputs: Sequence[Path]) -> list[str]:
    script = Path(scoring_task.__file__)
    return [sys.executable, str(script), str(out), json.dumps(options), *map(str, inputs)]


def ended(command: list[str], folder: Path, commits: int, wait_s: float, how: int) -> int | None:
    """Start a run, wait for some commits and a moment, and kill it: its exit code."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    manifest = folder / "_manifest.json"
    first = json.loads(manifest.read_text())["number"] if manifest.exists() else 0
    while process.poll() is None:
        try:
            if json.loads(manifest.read_text())["number"] >= first + commits:
                break
        except OSError:
            pass
        time.sleep(0.001)
    time.sleep(wait_s)
    process.send_signal(how)
    _, told = process.communicate(timeout=60)
    assert b"Traceback" not in told, told.decode()
    return process.returncode


@pytest.mark.parametrize(
    ("name", "kills"),
    [
        ("dir", 1),
        pytest.param("dir", 25, marks=pytest.mark.slow),
        pytest.param("one.csv", 25, marks=pytest.mark.slow),
        pytest.param("one.parquet", 25, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("task", ["stateless", "stateful"])
def test_a_process_killed_at_random(tmp_path: Path, task: str, name: str, kills: int) -> None:
    chance = random.Random(kills)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    whole, out = tmp_path / "a" / name, tmp_path / "b" / name
    if task == "stateless":
        inputs = written(tmp_path, [records(5_000, 0), records(5_000, 1)])
        settings = {"batch_rows": 1024, "part_batches": 1, "threads": 2}

        def command(out: Path, **modes: bool) -> list[str]:
            return program(out, settings | modes, inputs)
    else:
        fraud = find_task("fraud_rnn")
        table = fraud.hook(fraud.sample)(seed=2, cards=30, terminals=20, days=40)
        table = table.drop_columns(["pattern", "label"])
        half = table.num_rows // 2
        inputs = written(tmp_path, [table.slice(0, half), table.slice(half)])

        def command(out: Path, **modes: bool) -> list[str]:
            flags = [f"--{mode}" for mode in modes]
            start = [sys.executable, "-m", "lepton_core.cli", "score", "fraud_rnn@sample"]
            end = ["--out", str(out), "--part-rows", "256", "--json", *flags]
            return [*start, *map(str, inputs), *end]

    def finished(command: list[str]) -> Summary:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, 3), done.stderr
        return Summary.from_json(json.loads(done.stdout))

    expected = outcome(whole, finished(command(whole)))
    folder = out if name == "dir" else work_folder(out)
    killed = 0
    for _ in range(kills):
        wait = chance.random() * 0.03
        killed += ended(command(out, resume=True), folder, 1, wait, signal.SIGKILL) < 0
    assert killed
    summary = finished(command(out, resume=True))
    received = outcome(out, summary)
    if not summary.read:
        received["counts"] = expected["counts"]
    assert received == expected


def test_sigterm_ends_a_batch_in_good_order(tmp_path: Path) -> None:
    inputs = written(tmp_path, [records(10_000)])
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "one.csv"
    settings = {"batch_rows": 512, "part_batches": 1, "threads": 2}
    process = subprocess.Popen(program(out, settings, inputs), stderr=subprocess.PIPE)
    while not list(work_folder(out).glob("part-*")):
        assert process.poll() is None
        time.sleep(0.001)
    process.terminate()
    process.communicate(timeout=60)
    left = {path.name for path in work_folder(out).iterdir()}
    assert not {name for name in left if name.startswith("_part-") or name == "_lock"}
    assert not out.exists()
    score_files(table_pipeline(), inputs, out, Options(**settings), resume=True)
    whole = score_files(table_pipeline(), inputs, tmp_path / "whole.csv", Options(**settings))
    assert read(out).num_rows == whole.written

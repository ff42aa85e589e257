"""Kills scoring at random moments, resumes it, and compares the end with an unbroken run.

    python benchmarks/kill_resume.py [--kills 100] [--stateful BUNDLE] [--stateless BUNDLE]

Each of the tasks is scored into a folder of parts and into one file by `lepton score --resume`,
which SIGKILL ends at a random moment, again and again, until the output is complete; then the next
run begins, until there were enough kills. `ending` means that all records were scored: the file is
put together, moved into place, and the run's folder removed. Records come from the task's own
generator, with fresh ids; one in a thousand is repeated and must be refused. A run is identical
when rows, refused records and counts equal those of a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.scoring.assemble import rejects_path
from lepton_core.scoring.engine import work_folder
from lepton_core.scoring.folder import LOCK, MANIFEST, WHOLE
from lepton_core.solution import Task, resolve

PHASES = ("starting", "reading and scoring", "committing", "ending")
PART_ROWS = 4096


@dataclass
class Case:
    """One task into one kind of output, and what happened to it."""

    target: str
    source: Path
    out: Path
    expected: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    phases: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    runs: int = 0
    identical: int = 0

    @property
    def folder(self) -> Path:
        """Where the run keeps its parts."""
        return work_folder(self.out) if self.out.suffix else self.out

    def command(self) -> list[str]:
        """A run that begins, or goes on."""
        start = [sys.executable, "-m", "lepton_core.cli", "score", self.target, str(self.source)]
        return [*start, "--out", str(self.out), "--part-rows", str(PART_ROWS), "--resume", "--json"]

    def manifest(self) -> dict[str, Any]:
        """What counts at present; empty before there is anything."""
        try:
            return dict(json.loads((self.folder / MANIFEST).read_text(encoding="utf-8")))
        except OSError:
            return {}

    def phase(self, before: int) -> str:
        """What a killed process was doing, by what it left."""
        manifest = self.manifest()
        number = manifest.get("number", -1)
        if manifest.get("status") in ("done", "assembled") or list(self.folder.glob(f"{WHOLE}*")):
            return "ending"
        written = (f"_state-{number:05d}.npz", f"{MANIFEST}.tmp")
        if any((self.folder / name).exists() for name in written):
            return "committing"
        begun = number > before or any(self.folder.glob("_part-*"))
        return "reading and scoring" if begun else "starting"

    def remove(self) -> None:
        """Everything of the last run."""
        for folder in {self.folder, self.out}:
            if folder.is_dir():
                shutil.rmtree(folder)
        self.out.unlink(missing_ok=True)
        rejects_path(self.out).unlink(missing_ok=True)


def make_input(task: Task, path: Path, rows: int) -> None:
    """Records of the task's generator; one in a thousand has the id of another."""
    generate = task.hook(task.sample)
    if task.stateful:
        # In order of time, hence from one piece.
        sample = generate(seed=5, cards=max(rows // 70, 10), terminals=200, days=90)
    else:
        sample = generate(seed=5)
    names = [c.name for c in task.inputs if c.name in sample.column_names and c.role != "label"]
    sample = sample.select(names)
    times = 1 if task.stateful else -(-rows // sample.num_rows)
    table = pa.concat_tables([sample] * times).slice(0, rows)
    ids = [f"r{row:09d}" for row in range(table.num_rows)]
    ids[999::1000] = ids[500::1000][: len(ids[999::1000])]
    at = names.index("record_id")
    pq.write_table(table.set_column(at, "record_id", pa.array(ids)).combine_chunks(), path)


def outcome(case: Case, told: str) -> dict[str, Any]:
    """All that a finished run left."""
    counts = json.loads(told)
    left = {n: v for n, v in counts.items() if n not in ("seconds", "rows_per_second", "out")}
    out = case.out
    refused = out / "_rejected.jsonl" if out.is_dir() else rejects_path(out)
    parts = sorted(out.glob("part-*")) if out.is_dir() else [out]
    return {
        "rows": pa.concat_tables([pq.ParquetFile(part).read() for part in parts]),
        "refused": refused.read_text(encoding="utf-8"),
        # A run that was killed after its file stood has nothing left to count.
        "counts": left if counts["read"] else None,
        "seconds": counts["seconds"],
    }


def is_same(received: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether two runs left the same."""
    return (
        received["rows"].equals(expected["rows"])
        and received["refused"] == expected["refused"]
        and received["counts"] in (None, expected["counts"])
    )


def wait(case: Case, process: subprocess.Popen[str], chance: random.Random) -> None:
    """Until a random moment: of the whole life in one case of four, else of the scoring alone."""
    if chance.random() < 0.25:
        time.sleep(chance.uniform(0, case.seconds))
        return
    while process.poll() is None and not (case.folder / LOCK).exists():
        time.sleep(0.001)
    time.sleep(chance.uniform(0, case.expected["seconds"]))


def kill_until_done(case: Case, kills: int, chance: random.Random) -> int:
    """One run with as many of ``kills`` as hit it; returns how many did."""
    hit = 0
    while True:
        before = int(case.manifest().get("number", 0))
        (case.folder / LOCK).unlink(missing_ok=True)
        process = subprocess.Popen(
            case.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if hit < kills:
            wait(case, process, chance)
            process.send_signal(signal.SIGKILL)
        told, wrong = process.communicate()
        if process.returncode == -signal.SIGKILL:
            hit += 1
            case.commits += max(int(case.manifest().get("number", before)) - before, 0)
            case.phases[case.phase(before)] += 1
            continue
        if process.returncode not in (0, 3):
            raise SystemExit(f"a resumed run failed: {wrong}")
        case.runs += 1
        case.identical += is_same(outcome(case, told), case.expected)
        case.remove()
        return hit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stateful", default="fraud_rnn@sample", metavar="TASK|BUNDLE")
    parser.add_argument("--stateless", metavar="TASK|BUNDLE")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        folder, cases = Path(name), []
        for kind in ("stateful", "stateless"):
            if target := getattr(given, kind):
                source = folder / f"{kind}.parquet"
                make_input(resolve(target).task, source, given.rows)
                for out in (f"{kind}-parts", f"{kind}-scores.parquet"):
                    cases.append(Case(target, source, folder / out))
        for case in cases:
            start = time.monotonic()
            done = subprocess.run(case.command(), capture_output=True, text=True)
            if done.returncode not in (0, 3):
                raise SystemExit(done.stderr)
            case.seconds = time.monotonic() - start
            case.expected = outcome(case, done.stdout)
            case.remove()
        hit = 0
        while hit < given.kills:
            for case in cases:
                most = -(-given.kills // len(cases)) - sum(case.phases.values())
                hit += kill_until_done(case, min(most, given.kills - hit), chance)
    head = ["what", "rows", "kills that hit", *PHASES, "commits before them", "runs", "identical"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for case in cases:
        rows = case.expected["rows"].num_rows
        cells = [f"{case.target}, {case.out.name.split('-')[1]}", f"{rows:,}"]
        cells += [str(sum(case.phases.values())), *(str(case.phases[phase]) for phase in PHASES)]
        same = "yes" if case.identical == case.runs else f"NO: {case.runs - case.identical} differ"
        print(f"| {' | '.join([*cells, str(case.commits), str(case.runs), same])} |")


if __name__ == "__main__":
    main()

"""Kills a stream at random moments, restarts it, and compares the end with an unbroken run.

    python benchmarks/stream_kills.py [--rows 1000000] [--kills 200] [--bundle fraud_rnn@sample]

A client sends JSON lines to `lepton score BUNDLE - --stream --out FOLDER`. SIGKILL ends the process
at a random moment: while it starts or replays, scores, or commits. The client then starts it again
and sends all that has no answer yet. At the end every answer, every row of the output, every
refused record and every array of the memory is compared with a run that nobody disturbed: a record
that was lost, or applied twice, would have moved its card's state. Of a thousand records one is a
repetition and one has an amount that is refused.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from kill_resume import make_input

from lepton_core.scoring.folder import LOCK, MANIFEST
from lepton_core.solution import resolve

PHASES = ("starting", "replaying", "scoring", "committing")


@dataclass
class Client:
    """Sends all that has no answer, as often as the other side dies."""

    target: str
    lines: list[bytes]
    out: Path
    answers: list[bytes] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)

    def live(self) -> Life:
        """Start the stream, and send."""
        return Life(self)

    def manifest(self) -> dict[str, object]:
        """What counts at present; empty before there is anything."""
        try:
            return dict(json.loads((self.out / MANIFEST).read_text(encoding="utf-8")))
        except OSError:
            return {}

    def is_committing(self) -> bool:
        """Whether a state is being written that does not count yet."""
        number = self.manifest().get("number", 0)
        return (self.out / f"_state-{number:05d}.npz").exists()


class Life:
    """One process, from its start to its end."""

    def __init__(self, client: Client) -> None:
        command = [sys.executable, "-m", "lepton_core.cli", "score", client.target, "-"]
        self.client = client
        self.before = len(client.answers)
        (client.out / LOCK).unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [*command, "--stream", "--out", str(client.out)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read)
        self._writer = threading.Thread(target=self._write, args=(self.before,))
        self._reader.start()
        self._writer.start()

    def _write(self, first: int) -> None:
        assert self.process.stdin is not None
        # The pipe breaks when the other side is killed.
        with suppress(OSError):
            for start in range(first, len(self.client.lines), 500):
                self.process.stdin.write(b"".join(self.client.lines[start : start + 500]))
            self.process.stdin.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # Half an answer is none.
            if line.endswith(b"\n"):
                self.client.answers.append(line)

    @property
    def answered(self) -> int:
        """Answers of this life."""
        return len(self.client.answers) - self.before

    def is_over(self) -> bool:
        """Whether all was answered."""
        return len(self.client.answers) == len(self.client.lines)

    def kill(self) -> str:
        """SIGKILL, and what the process was doing."""
        self.process.send_signal(signal.SIGKILL)
        self.end()
        if self.client.is_committing():
            return "committing"
        if self.answered:
            return "scoring"
        return "replaying" if (self.client.out / LOCK).exists() else "starting"

    def end(self) -> None:
        """Wait for the process and for all that it said."""
        self._reader.join()
        self.process.wait()
        self._writer.join()


def wait(life: Life, chance: random.Random, rows_a_kill: float) -> None:
    """Until the moment of a kill."""
    how = chance.random()
    if how < 0.15:
        time.sleep(chance.uniform(0, 3.0))
        return
    if how < 0.25:
        until = time.monotonic() + 60
        while not (life.client.is_committing() or life.is_over() or time.monotonic() > until):
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.3))
        return
    wanted = chance.uniform(0, rows_a_kill)
    while life.answered < wanted and not life.is_over() and life.process.poll() is None:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.05))


def run(client: Client, kills: int, chance: random.Random) -> float:
    """To the end of the input, through as many ``kills``; returns seconds."""
    start = time.monotonic()
    while True:
        life = client.live()
        done = sum(client.phases.values())
        if done < kills:
            wait(life, chance, (len(client.lines) - life.before) / (kills - done))
            if life.process.poll() is None:
                client.phases[life.kill()] += 1
                print(f"\r{done + 1} kills, {len(client.answers):,} rows", end="", file=sys.stderr)
                continue
        life.end()
        if life.process.returncode not in (0, 3):
            assert life.process.stderr is not None
            raise SystemExit(life.process.stderr.read().decode())
        return time.monotonic() - start


def json_lines(path: Path) -> list[bytes]:
    """The records of a Parquet file as JSON lines; one in a thousand has a bad amount."""
    table = pq.read_table(path)
    table = table.set_column(
        table.column_names.index("time"), "time", pc.cast(table.column("time"), pa.string())
    )
    rows = table.to_pylist()
    for row in rows[250::1000]:
        row["amount"] = -1.0
    return [json.dumps(row).encode() + b"\n" for row in rows]


def memory(client: Client) -> dict[str, np.ndarray]:
    """The arrays of the final state; remembered ids in the order of their names."""
    with np.load(client.out / str(client.manifest()["state"])) as stored:
        # How many lines came: those that were sent twice count twice.
        arrays = {name: stored[name] for name in stored.files if name != "cursor"}
    ends = arrays.pop("seen.offsets")
    text = arrays.pop("seen.bytes").tobytes()
    ids = [text[a:b] for a, b in pairwise(ends)]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__))
    widths, scores = arrays.pop("seen.widths"), arrays.pop("seen.scores")
    padded = np.zeros(len(widths), scores.dtype)
    padded[widths > 0] = scores  # one number each, none of those that were refused
    seen = {"ids": np.array(ids)[order], "widths": widths[order], "scores": padded[order]}
    return arrays | {f"seen.{name}": values for name, values in seen.items()}


def rows_of(client: Client) -> pa.Table:
    """All rows of the output, in order."""
    parts = sorted(client.out.glob("part-*"))
    return pa.concat_tables([pq.ParquetFile(part).read() for part in parts]).combine_chunks()


def refused_by(client: Client) -> set[str]:
    """Ids and reasons of the refused records; one that was sent again was refused again."""
    text = (client.out / "_rejected.jsonl").read_text(encoding="utf-8")
    told = map(json.loads, text.splitlines())
    return {json.dumps([one["record_id"], one["reasons"]]) for one in told}


def apart(received: list[dict[str, Any]], expected: list[dict[str, Any]]) -> float:
    """The largest difference between numbers of two lists; infinite where they differ otherwise."""
    most = 0.0 if len(received) == len(expected) else math.inf
    for mine, theirs in zip(received, expected, strict=False):
        if mine == theirs:
            continue
        for name in mine.keys() | theirs.keys():
            a, b = mine.get(name), theirs.get(name)
            if isinstance(a, float) and isinstance(b, float):
                most = max(most, abs(a - b))
            elif a != b:
                most = math.inf
    return most


def differences(received: Client, expected: Client) -> dict[str, float]:
    """How far the answers, the rows, the refused records and the memory lie apart."""
    answers = [[json.loads(line) for line in one.answers] for one in (received, expected)]
    rows = [rows_of(one).to_pylist() for one in (received, expected)]
    mine, theirs = memory(received), memory(expected)
    found = {"answers": apart(*answers), "rows": apart(*rows)}
    found["refused records"] = 0.0 if refused_by(received) == refused_by(expected) else math.inf
    for name in sorted(mine.keys() | theirs.keys()):
        if name in mine and name in theirs and mine[name].shape == theirs[name].shape:
            is_number = mine[name].dtype.kind in "iuf"
            unlike = math.inf if (mine[name] != theirs[name]).any() else 0.0
            gap = np.abs(mine[name] - theirs[name]).max(initial=0.0) if is_number else unlike
            found[f"memory {name}"] = float(gap)
        else:
            found[f"memory {name}"] = math.inf
    return found


def told(found: dict[str, float]) -> str:
    """The result in words."""
    far = [name for name, gap in found.items() if gap > 0]
    return f"NO: {', '.join(far)}" if far else "yes, to the last digit"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--bundle", default="fraud_rnn@sample")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(resolve(given.bundle).task, folder / "in.parquet", given.rows)
        lines = json_lines(folder / "in.parquet")
        unbroken = Client(given.bundle, lines, folder / "unbroken")
        unbroken_s = run(unbroken, 0, random.Random(given.seed))
        killed = Client(given.bundle, lines, folder / "killed")
        killed_s = run(killed, given.kills, random.Random(given.seed))
        wrong = differences(killed, unbroken)
    print(f"\n{len(lines):,} records, {unbroken_s:,.0f} s unbroken, {killed_s:,.0f} s killed\n")
    head = ["what", "records", "kills", *PHASES, "answers, rows and memory identical"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    same = told(wrong)
    hits = [str(killed.phases[phase]) for phase in PHASES]
    cells = [given.bundle, f"{len(lines):,}", str(sum(killed.phases.values())), *hits, same]
    print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()

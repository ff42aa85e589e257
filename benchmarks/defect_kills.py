"""Kills a watched line at random moments while parts arrive; each must be there exactly once.

    python benchmarks/defect_kills.py [TASK|BUNDLE] [--kills 100] [--parts 2000] [--seed 0]

`lepton score --watch --done` runs over a folder into which a sender puts parts: PNG, JPEG and BMP,
some written slowly, some cut off for good, some under a name that came before. SIGKILL ends it at a
random moment: of its whole life, of its work, or in the middle of moving a group of files; then it
is started again. In the end every part that was sent must have one result or one refusal, under an
id of its own, and lie in the done folder as it was sent; results are compared with those of a watch
that nobody disturbed, over the same files.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
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

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.scoring.folder import LOCK
from lepton_core.solution import Task, resolve

MOMENTS = ("starting", "at work", "moving files")
ENDINGS = (".png", ".jpg", ".bmp")


@dataclass
class Line:
    """A line's folders, and what was sent into it."""

    target: str
    place: Path
    sent: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    turns: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.inbox, self.out, self.done = (self.place / n for n in ("inbox", "scores", "done"))
        self.inbox.mkdir(parents=True)

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        """The watch, beginning or going on."""
        command = [sys.executable, "-m", "lepton_core.cli", "score", self.target, str(self.inbox)]
        command += ["--watch", "--out", str(self.out), "--done", str(self.done)]
        command += ["--every", "0.05", "--settle", "1", *more]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def send(self, name: str, data: bytes, chance: random.Random, is_cut: bool) -> None:
        """Write a part in some pieces, as a slow camera does."""
        self.turns[name] += 1
        turn, path = self.turns[name], Path(name)
        part_id = name if turn == 1 else f"{path.stem}~{turn}{path.suffix}"
        self.sent[part_id] = data
        if is_cut:
            self.cut.add(part_id)
        pieces = chance.choice((1, 1, 2, 4))
        with (self.inbox / name).open("wb") as file:
            for piece in range(pieces):
                start, end = (len(data) * n // pieces for n in (piece, piece + 1))
                file.write(data[start:end])
                file.flush()
                time.sleep(0.01 if pieces > 1 else 0.0)

    def results(self) -> tuple[pa.Table, list[str]]:
        """Rows by id, and the ids of the refused parts."""
        parts = sorted(self.out.glob("part-*.parquet"))
        table = pa.concat_tables([pq.ParquetFile(part).read() for part in parts])
        log = self.out / "_rejected.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        refused = [str(json.loads(line)["record_id"]) for line in lines]
        return table.sort_by("record_id"), sorted(refused)


def pictures(task: Task, n: int) -> list[bytes]:
    """Parts from the task's generator, no two alike, of three formats, as its gate accepts them."""
    made: list[bytes] = []
    for seed in itertools.count(5):
        for one in task.hook(task.sample)(seed=seed)["image"].to_pylist():
            array = cv2.imdecode(np.frombuffer(one["bytes"], np.uint8), cv2.IMREAD_UNCHANGED)
            made.append(cv2.imencode(ENDINGS[len(made) % len(ENDINGS)], array)[1].tobytes())
        if len(made) >= n:
            break
    return made[:n]


def feed(line: Line, parts: list[bytes], first: int, count: int, chance: random.Random) -> int:
    """Send the next ``count`` parts; returns where the sender is then."""
    for number in range(first, min(first + count, len(parts))):
        name = f"{number:05d}{ENDINGS[number % len(ENDINGS)]}"
        is_cut = number % 97 == 50
        older = f"{max(number - 30, 0):05d}{ENDINGS[max(number - 30, 0) % len(ENDINGS)]}"
        # A camera that begins again at a number; it does not write over a part that still waits.
        if number % 20 == 19 and not (line.inbox / older).exists() and older in line.turns:
            name = older
        data = parts[number]
        line.send(name, data[: len(data) * 2 // 3] if is_cut else data, chance, is_cut)
        time.sleep(chance.uniform(0, 0.02))
    return min(first + count, len(parts))


def kill(line: Line, process: subprocess.Popen[bytes], moment: str, chance: random.Random) -> None:
    """SIGKILL at such a moment."""
    until = time.monotonic() + 60
    if moment != "starting":
        while not (line.out / LOCK).exists() and time.monotonic() < until:
            time.sleep(0.002)
        if moment == "at work":
            time.sleep(chance.uniform(0.0, 1.5))
        else:
            before = len(os.listdir(line.done)) if line.done.exists() else 0
            until = time.monotonic() + 10
            while time.monotonic() < until:
                if line.done.exists() and len(os.listdir(line.done)) > before:
                    break
    else:
        time.sleep(chance.uniform(0.0, 3.0))
    process.send_signal(signal.SIGKILL)
    process.wait()


def broken_run(line: Line, parts: list[bytes], kills: int, chance: random.Random) -> Counter[str]:
    """The line under kills until every part was sent and scored; how many hit, by moment."""
    hit: Counter[str] = Counter()
    sent = 0
    for number in range(kills):
        (line.out / LOCK).unlink(missing_ok=True)
        process = line.start()
        moment = chance.choice(MOMENTS)
        share = -(-(len(parts) - sent) // (kills - number + 1))
        sent = feed(line, parts, sent, share, chance)
        kill(line, process, moment, chance)
        if process.returncode == -signal.SIGKILL:
            hit[moment] += 1
        else:
            assert process.stderr is not None
            raise SystemExit(f"the watch ended by itself: {process.stderr.read().decode()}")
    process = line.start("--idle", "3")
    feed(line, parts, sent, len(parts), chance)
    process.communicate()
    return hit


def compare(line: Line, whole: Line) -> dict[str, object]:
    """What the disturbed line left, beside the undisturbed one."""
    (table, refused), (expected, refused_whole) = line.results(), whole.results()
    ids = table["record_id"].to_pylist()
    numbers = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    same_ids = ids == expected["record_id"].to_pylist()
    gaps = (
        [np.abs(table[name].to_numpy() - expected[name].to_numpy()).max() for name in numbers]
        if same_ids
        else [np.inf]
    )
    moved = {path.name: path.read_bytes() for path in line.done.iterdir()}
    return {
        "parts": len(line.sent),
        "scored": len(ids),
        "refused": len(refused),
        "twice": len(ids + refused) - len({*ids, *refused}),
        "lost": len(set(line.sent) - {*ids, *refused}),
        # The gate may refuse some whole ones, too.
        "refused as undisturbed": line.cut <= set(refused) and refused == refused_whole,
        "left in the folder": len(os.listdir(line.inbox)),
        "moved as they were sent": moved == line.sent,
        "greatest difference": float(max(gaps)),
        "identical": same_ids
        and table.drop_columns(["bundle"]).equals(expected.drop_columns(["bundle"])),
    }


def run(
    target: str, place: Path, kills: int, n: int, seed: int
) -> tuple[Counter[str], dict[str, object]]:
    """The whole experiment."""
    chance = random.Random(seed)
    line = Line(target, place / "killed")
    hit = broken_run(line, pictures(resolve(target).task, n), kills, chance)
    whole = Line(target, place / "whole")
    for path in line.done.iterdir():
        shutil.copy2(path, whole.inbox / path.name)
    whole.start("--idle", "3").communicate()
    return hit, compare(line, whole)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", default="defect_detection/surface@sample")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--parts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        hit, found = run(given.target, Path(name), given.kills, given.parts, given.seed)
    print(f"{given.target}: {sum(hit.values())} kills ({dict(hit)})")
    for what, value in found.items():
        print(f"{what}: {value}")


if __name__ == "__main__":
    main()

"""What a watched folder costs: a look at many files, and the way from a whole file to its result.

    python benchmarks/defect_watch.py [TASK|BUNDLE] [--parts 300] [--a-minute 300] [--side 1024]

Looks: a folder of settled files that were left there, and the same with `--done`, where it is
empty. Latency: `lepton score --watch --done` in a process of its own; here a sender writes a JPEG,
renames it into place and notes the time. A part's result stands when the output part with its row
has its final name, which the time of change of that file tells.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq

from lepton_core.scoring.arrivals import Arrivals

COUNTS = (0, 1_000, 20_000, 100_000)


def look_ms(folder: Path, n: int) -> float:
    """Median CPU milliseconds of a look at ``n`` settled files."""
    folder.mkdir()
    for number in range(n):
        (folder / f"{number:06d}.jpg").touch()
    arrivals = Arrivals(folder, (), ())
    for one in arrivals.look():
        arrivals.settle(one)
    took = []
    for _ in range(30):
        began = time.process_time()
        assert not arrivals.look()
        took.append(time.process_time() - began)
    return float(np.median(took)) * 1e3


def latencies(target: str, place: Path, parts: int, a_minute: float, side: int) -> np.ndarray:
    """Seconds from a whole file to its result, float64 [parts]."""
    inbox, out = place / "inbox", place / "scores"
    inbox.mkdir()
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(60, 200, (64, 64), np.uint8), (side, side))
    files = []
    for _ in range(8):
        noisy = np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)
        files.append(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
    command = [sys.executable, "-m", "lepton_core.cli", "score", target, str(inbox), "--watch"]
    command += ["--out", str(out), "--done", str(place / "done"), "--idle", "3"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (out / "_manifest.json").exists():
        if process.poll() is not None:
            raise SystemExit(f"the watch ended by itself: {' '.join(command)}")
        time.sleep(0.05)
    time.sleep(1.0)
    whole: dict[str, int] = {}
    for number in range(parts):
        due = time.monotonic() + 60 / a_minute * rng.uniform(0.5, 1.5)
        name = f"{number:05d}.jpg"
        (inbox / f".{name}").write_bytes(files[number % len(files)])
        os.rename(inbox / f".{name}", inbox / name)
        whole[name] = time.time_ns()
        time.sleep(max(due - time.monotonic(), 0))
    process.wait()
    took = []
    for part in out.glob("part-*.parquet"):
        shown = part.stat().st_ctime_ns
        took += [shown - whole[name] for name in pq.read_table(part)["record_id"].to_pylist()]
    if len(took) != parts:
        raise SystemExit(f"{len(took)} of {parts} parts were scored; see what {target} refuses")
    return np.array(took) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", default="defect_detection/surface@sample")
    parser.add_argument("--parts", type=int, default=300)
    parser.add_argument("--a-minute", type=float, default=300)
    parser.add_argument("--side", type=int, default=1024)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print("| settled files in the folder | a look, CPU ms |\n|---|---|")
        for n in COUNTS:
            print(f"| {n:,} | {look_ms(Path(name, str(n)), n):.2f} |", flush=True)
        place = Path(name, "line")
        place.mkdir()
        took = latencies(given.target, place, given.parts, given.a_minute, given.side)
    median, p95, most = np.quantile(took, (0.5, 0.95, 1.0)) * 1e3
    print(
        f"\n{given.target}: {given.parts} JPEGs of {given.side} x {given.side}, "
        f"{given.a_minute:g} a minute; from whole file to result: median {median:.0f} ms, "
        f"p95 {p95:.0f} ms, most {most:.0f} ms (load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()

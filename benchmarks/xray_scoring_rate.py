"""How fast 1,000 JPEGs of 1024 x 1024 are scored, beside decoding them alone at the same scale.

python benchmarks/xray_scoring_rate.py [BUNDLE] [--pictures 1000] [--repeats 3]

All in one process and one run, on the same files, which lie in the page cache:

- decoding alone: the files read, decoded by `cv2.imdecode` at the fraction of their size that
  scoring uses, too, and shrunk to the side of the network;
- lepton: `lepton score` from the folder to Parquet: reading, hashing, checking, decoding, gate,
  network, decision and writing.

The pictures are made here: simulated ones, enlarged. CPU
seconds count every thread.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.scoring.engine import score_files
from lepton_core.solution import resolve
from solutions.medical_imaging.xray.sample import generate

SIDE = 1024


def write_pictures(folder: Path, n: int) -> None:
    """``n`` grey JPEGs of 1024 x 1024, no two alike."""
    small = [image["bytes"] for image in generate(seed=5, pictures=100)["image"].to_pylist()]
    rng = np.random.default_rng(0)
    for number in range(n):
        picture = cv2.imdecode(np.frombuffer(small[number % len(small)], np.uint8), 0)
        large = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        grain = rng.normal(0, 3, large.shape)
        large = np.clip(large + grain, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), large, [cv2.IMWRITE_JPEG_QUALITY, 92])


def measured(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Least CPU and wall seconds of some repetitions."""
    cpu, wall = [], []
    for _ in range(repeats):
        start, began = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - began)
    return min(cpu), min(wall)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", nargs="?", default="medical_imaging")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    pipeline = load_bundle(resolve(asked.bundle).bundle_or_default())
    side = pipeline.preprocessor.height
    factor = next(factor for factor in (8, 4, 2) if SIDE // factor >= side)
    reduced = getattr(cv2, f"IMREAD_REDUCED_GRAYSCALE_{factor}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "pictures")
        folder.mkdir()
        write_pictures(folder, asked.pictures)
        paths = sorted(folder.iterdir())

        def decode() -> None:
            for path in paths:
                data = np.frombuffer(path.read_bytes(), np.uint8)
                picture = cv2.imdecode(data, reduced)
                cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)

        rounds = iter(range(100))

        def score() -> None:
            out = Path(place, f"out{next(rounds)}.parquet")
            summary = score_files(pipeline, [folder], out)
            assert summary.scored + summary.rejected == len(paths)

        decode()
        score()
        alone, alone_wall = measured(decode, asked.repeats)
        whole, whole_wall = measured(score, asked.repeats)
    n = asked.pictures
    print(f"{pipeline.address}, {n:,} JPEGs of {SIDE} x {SIDE} at 1/{factor} to {side} x {side}")
    print(f"decoding alone  {n / alone:8.1f} a CPU-second  {n / alone_wall:8.1f} a second")
    print(f"lepton score    {n / whole:8.1f} a CPU-second  {n / whole_wall:8.1f} a second")
    by_cpu, by_wall = alone / whole, alone_wall / whole_wall
    print(f"ratio           {by_cpu:8.2f} by CPU      {by_wall:8.2f} by wall")


if __name__ == "__main__":
    main()

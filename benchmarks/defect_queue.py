"""What a queue for labelling is worth: accuracy by number of labels, beside random choice.

LEPTON_DATA=... python benchmarks/defect_queue.py [--ways random,margin3+said] [--seeds 5]
    [--first-seed 0] [--until 360] [--copies 1] --json FILE
python benchmarks/defect_queue.py --show FILE [--part validation|test] [--ways ...]

The training part of `neu_det` is the pool. A small network is trained anew on 60 labels drawn at
random, then on 60 more a round, chosen by each way among the unlabelled ones; every way begins with
the same 60 and the same start weights, so that the differences are paired by seed. Ways are chosen
on the validation part. The same networks are judged on the test part for the file alone: `--show
--part test` is for the way that was chosen. Intervals of a difference are those of its mean over
the seeds (Student's t). With `--copies 5` the pool holds five near copies of each picture, as of a
line that looks at every part more than once.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from defect_queue_network import Network
from defect_queue_ways import WAYS, choose
from scipy.stats import t as student

from lepton_core.data.reading import load_records

JUDGES = ("validation", "test")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--until", type=int, default=360)
    parser.add_argument("--step", type=int, default=60)
    parser.add_argument("--side", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=40, help="but at least 150 steps")
    parser.add_argument("--copies", type=int, default=1, help="near copies of each pool picture")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=Path, nargs="*")
    parser.add_argument("--part", choices=JUDGES, default="validation")
    given = parser.parse_args()
    ways = given.ways.split(",")
    if given.show:
        runs = [run for file in given.show for run in json.loads(file.read_text())]
        print(table(runs, ways, given.part))
        return
    parts = pictures(given.side)
    parts["train"] = near_copies(*parts["train"], given.copies)
    network = Network(given.side, len(set(parts["train"][1].tolist())), given.epochs)
    counts = list(range(given.step, given.until + 1, given.step))
    runs = []
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        found = one_seed(network, parts, ways, counts, seed)
        runs += [
            {"seed": seed, "way": way, "counts": counts, **told} for way, told in found.items()
        ]
        if given.json:
            given.json.write_text(json.dumps(runs))
    print(table(runs, ways, "validation"))


def one_seed(
    network: Network,
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    ways: list[str],
    counts: list[int],
    seed: int,
) -> dict[str, dict[str, list[float]]]:
    """Way -> part -> accuracy at each number of labels."""
    x, codes = parts["train"]
    first = np.random.default_rng(seed).permutation(len(x))[: counts[0]]
    network.train(x[first], codes[first], seed)
    begun = {part: accuracy(network, *parts[part]) for part in JUDGES}
    network.keep()
    found: dict[str, dict[str, list[float]]] = {}
    for way in ways:
        labelled, told = first, {part: [value] for part, value in begun.items()}
        network.put_back()
        for before, count in pairwise(counts):
            began = time.process_time()
            more = choose(way, network, x, labelled, count - before, seed)
            labelled = np.concatenate([labelled, more])
            network.train(x[labelled], codes[labelled], seed)
            for part in JUDGES:
                told[part].append(accuracy(network, *parts[part]))
            spent = time.process_time() - began
            line = f"seed {seed} {way:16} {count:4} {told['validation'][-1]:.4f}"
            print(f"{line} {spent:.1f} s", flush=True)
        found[way] = told
    return found


def accuracy(network: Network, x: np.ndarray, codes: np.ndarray) -> float:
    return float((network.probabilities(x).argmax(axis=1) == codes).mean())


def pictures(side: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Part -> pictures uint8 [n, side, side, 1] and classes int64 [n], identical ones once."""
    records = load_records("neu_det")
    table, dataset = records.table, records.dataset
    assert dataset is not None
    root = Path(dataset.path)
    listed = next(p / "split.csv" for p in (root, *root.parents) if (p / "split.csv").is_file())
    with listed.open(encoding="utf-8") as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    classes = sorted({row["class"] for row in rows.values()})
    found: dict[str, tuple[list[np.ndarray], list[int]]] = {}
    seen = set()
    for image in table["image"].to_pylist():
        row = rows[Path(image["path"]).stem]
        if image["sha256"] in seen:
            continue
        seen.add(image["sha256"])
        grey = cv2.imdecode(np.frombuffer(image["bytes"], np.uint8), cv2.IMREAD_GRAYSCALE)
        x, codes = found.setdefault(row["split"], ([], []))
        x.append(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA))
        codes.append(classes.index(row["class"]))
    return {
        part: (np.stack(x)[..., None], np.array(codes, np.int64))
        for part, (x, codes) in found.items()
    }


def near_copies(x: np.ndarray, codes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each picture n times, as a line shows a part that stands still: grain and a pixel differ."""
    generator = np.random.default_rng(0)
    made = [x]
    for copy in range(1, n):
        moved = np.roll(x, copy % 2, axis=1 + copy % 3 % 2).astype(np.float32)
        made.append(np.clip(moved + generator.normal(0, 2, x.shape), 0, 255).astype(np.uint8))
    return np.concatenate(made), np.tile(codes, n)


def table(runs: list[dict[str, Any]], ways: list[str], part: str) -> str:
    """Mean accuracy by number of labels, and what each way gains over random choice."""
    counts = runs[0]["counts"]
    by_way = {
        way: {run["seed"]: np.array(run[part]) for run in runs if run["way"] == way} for way in ways
    }
    lines = ["| way | seeds | " + " | ".join(map(str, counts)) + " | mean gain after the first |"]
    lines.append("|---" * (len(counts) + 3) + "|")
    for way, found in by_way.items():
        cells = [f"{mean:.3f}" for mean in np.mean(list(found.values()), axis=0)]
        lines.append(f"| {way} | {len(found)} | " + " | ".join(cells) + " | |")
        shared = sorted(set(found) & set(by_way.get("random", {})))
        if way == "random" or len(shared) < 2:
            continue
        gains = np.stack([found[seed] - by_way["random"][seed] for seed in shared])[:, 1:]
        told = [interval(gains[:, place]) for place in range(gains.shape[1])]
        told.append(interval(gains.mean(axis=1)))
        lines.append(f"| over random | {len(shared)} | | " + " | ".join(told) + " |")
    return "\n".join(lines)


def interval(gains: np.ndarray) -> str:
    half = float(student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains)))
    mean = float(gains.mean())
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


if __name__ == "__main__":
    main()

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
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import t as student

from lepton_core._keras import keras
from lepton_core.data.lookup import load_records
from lepton_core.labelling.doubt import disagreement, margin_doubt
from lepton_core.labelling.spread import k_centre
from lepton_core.models.residual import residual_stages
from lepton_core.training.augmentation import Augmentation, augment

FILTERS, BATCH, RATE, DROPOUT = (16, 32, 64), 32, 3e-3, 0.2
VARIED = Augmentation(flip_left_right=True, flip_up_down=True, shift=0.1, brightness=0.1)
WAYS = ("random", "margin", "margin3+spread", "margin3+said", "views", "spread")
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
    import csv

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


class Network:
    """One compiled network, begun anew for every training."""

    def __init__(self, side: int, classes: int, epochs: int) -> None:
        self._epochs = epochs
        x = keras.Input((side, side, 1), dtype="uint8")
        pooled = keras.layers.GlobalAveragePooling2D()(residual_stages(x, FILTERS, blocks=1)[-1])
        kept = keras.layers.Dropout(DROPOUT)(pooled)
        self._model = keras.Model(x, keras.layers.Dense(classes)(kept))
        self._seen = keras.Model(x, [self._model.output, pooled])
        self._optimizer = keras.optimizers.AdamW(RATE, weight_decay=0.02)
        self._model.compile(
            self._optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [keras.ops.convert_to_numpy(v) for v in self._optimizer.variables]
        self._kept: list[np.ndarray] = []

    def train(self, x: np.ndarray, codes: np.ndarray, seed: int) -> None:
        """Begin with the weights of the seed and take all steps, their size falling to zero."""
        self._begin(seed)
        generator = np.random.default_rng([seed, len(x)])
        order = np.empty(0, np.int64)
        steps = max(self._epochs * len(x) // BATCH, 150)
        for step in range(steps):
            rising = min((step + 1) / (0.05 * steps), 1.0)
            rate = RATE * rising * 0.5 * (1.0 + np.cos(np.pi * step / steps))
            self._optimizer.learning_rate.assign(rate)
            while len(order) < BATCH:
                order = np.concatenate([order, generator.permutation(len(x))])
            rows, order = order[:BATCH], order[BATCH:]
            self._model.train_on_batch(augment(x[rows], VARIED, generator), codes[rows])

    def _begin(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        for variable, fresh in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(fresh)
        generator = np.random.default_rng(seed)
        for weight in self._model.weights:
            name, shape = weight.path.rsplit("/", 1)[-1], weight.shape
            if name == "kernel":
                spread = np.sqrt(2.0 / np.prod(shape[:-1]))
                weight.assign(generator.normal(0.0, spread, shape).astype(np.float32))
            elif name in ("gamma", "moving_variance"):
                weight.assign(np.ones(shape, np.float32))
            elif name in ("beta", "bias", "moving_mean"):
                weight.assign(np.zeros(shape, np.float32))

    def keep(self) -> None:
        self._kept = self._model.get_weights()

    def put_back(self) -> None:
        self._model.set_weights(self._kept)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        return self.seen(x)[0]

    def seen(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [n, C] and pooled features [n, F]."""
        parts = [self._seen.predict_on_batch(x[at : at + 256]) for at in range(0, len(x), 256)]
        logits, pooled = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True), pooled


def choose(
    way: str, network: Network, x: np.ndarray, labelled: np.ndarray, n: int, seed: int
) -> np.ndarray:
    """Which ``n`` pictures of the pool are labelled next."""
    rest = np.setdiff1d(np.arange(len(x)), labelled)
    if way == "random":
        return np.random.default_rng([seed, len(labelled)]).permutation(rest)[:n]
    p, pooled = network.seen(x[rest])
    if way == "views":
        turned = [p, *(network.probabilities(view) for view in views(x[rest]))]
        return rest[np.argsort(-disagreement(np.stack(turned)), kind="stable")[:n]]
    if way == "spread":
        return rest[k_centre(pooled, n, known=network.seen(x[labelled])[1])]
    doubt = margin_doubt(p)
    if way == "margin":
        return rest[np.argsort(-doubt, kind="stable")[:n]]
    times, _, kind = way.removeprefix("margin").partition("+")
    among = np.argsort(-doubt, kind="stable")[: n * int(times)]
    seen = pooled if kind == "spread" else np.log(p + 1e-6)
    return rest[among[k_centre(seen[among], n, first=0)]]


def views(x: np.ndarray) -> list[np.ndarray]:
    """Mirrored copies, and copies moved by a sixteenth of the side."""
    step = max(x.shape[1] // 16, 1)
    moved = [np.roll(x, by, axis) for axis in (1, 2) for by in (step, -step)]
    return [x[:, ::-1], x[:, :, ::-1], *moved]


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

"""What a queue for labelling is worth: accuracy by number of labels, beside random choice.

LEPTON_DATA=... python benchmarks/defect_queue.py [--part validation|test] [--ways margin,random]
    [--seeds 5] [--until 360] [--json FILE]

The training part of `neu_det` is the pool. A small network is trained anew on 60 labels drawn at
random, then on 60 more a round, chosen by each way among the unlabelled ones; every way begins with
the same 60 and the same start weights, so that the differences are paired by seed. Ways are chosen
on the validation part; the test part is for the chosen one, once. Intervals of a difference are
those of its mean over the seeds (Student's t).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import t as student

from lepton_core._keras import keras
from lepton_core.data.lookup import load_records
from lepton_core.labelling.doubt import disagreement, entropy_doubt, margin_doubt
from lepton_core.labelling.spread import k_centre
from lepton_core.models.residual import residual_stages
from lepton_core.training.augmentation import Augmentation, augment

FILTERS, BATCH, RATE, DROPOUT = (16, 32, 64), 32, 3e-3, 0.2
VARIED = Augmentation(flip_left_right=True, flip_up_down=True, shift=0.1, brightness=0.1)
WAYS = ("random", "margin", "margin3+spread", "margin3+said", "margin6+spread", "views", "spread")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=("validation", "test"), default="validation")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--until", type=int, default=360)
    parser.add_argument("--step", type=int, default=60)
    parser.add_argument("--side", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=40, help="but at least 150 steps")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    parts = pictures(given.side)
    pool, judge = parts["train"], parts[given.part]
    network = Network(given.side, len(set(pool[1].tolist())), given.epochs)
    counts = list(range(given.step, given.until + 1, given.step))
    ways = given.ways.split(",")
    found = {way: np.full((given.seeds, len(counts)), np.nan) for way in ways}
    for seed in range(given.seeds):
        own = given.first_seed + seed
        first = np.random.default_rng(own).permutation(len(pool[0]))[: given.step]
        for way in ways:
            labelled = first
            for place, count in enumerate(counts):
                began = time.process_time()
                if place or np.isnan(begun := found[ways[0]][seed, 0]):
                    network.train(pool[0][labelled], pool[1][labelled], own)
                    said = network.probabilities(judge[0]).argmax(axis=1)
                    found[way][seed, place] = (said == judge[1]).mean()
                    if not place:
                        network.keep()
                else:
                    found[way][seed, 0] = begun
                    network.put_back()
                if count < counts[-1]:
                    more = choose(way, network, pool[0], labelled, given.step, own)
                    labelled = np.concatenate([labelled, more])
                spent = time.process_time() - began
                told = f"seed {own} {way:16} {count:4} {found[way][seed, place]:.4f}"
                print(f"{told} {spent:.1f} s", flush=True)
            if given.json:
                values = {name: figures.tolist() for name, figures in found.items()}
                given.json.write_text(json.dumps({"counts": counts, "accuracy": values}))
    print(table(counts, found))


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
    if way == "entropy":
        return rest[np.argsort(-entropy_doubt(p), kind="stable")[:n]]
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


def table(counts: list[int], found: dict[str, np.ndarray]) -> str:
    """Mean accuracy by number of labels, and what each way gains over random choice."""
    lines = ["| labels | " + " | ".join(map(str, counts)) + " | mean gain after the first |"]
    lines.append("|---" * (len(counts) + 2) + "|")
    base = found.get("random")
    for way, values in found.items():
        cells = [f"{mean:.3f}" for mean in values.mean(axis=0)]
        lines.append(f"| {way} | " + " | ".join(cells) + " | |")
        if base is None or way == "random":
            continue
        gains = values - base
        told = [interval(gains[:, place]) if place else "" for place in range(len(counts))]
        lines.append(
            "| over random | " + " | ".join(told) + f" | {interval(gains[:, 1:].mean(1))} |"
        )
    return "\n".join(lines)


def interval(gains: np.ndarray) -> str:
    half = float(student.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains)))
    mean = float(gains.mean())
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


if __name__ == "__main__":
    main()

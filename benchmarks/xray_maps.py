"""Whether the activation map points at what the score rests on.

python benchmarks/xray_maps.py [BUNDLE] [--data NAME] [--part test|valid] [--share 0.2] [--seed 0]

In each picture that a bundle reads as positive, the places with the highest map values are deleted
until a fifth of the picture is gone; then, in its place, as many places drawn at random. Deleted
means: replaced by a strong blur of the picture, its edge softened, so that no hole of a shape of
its own is put in. The score, a logit, falls by more where the map was right.

The map needs no gradients: it is an output of the ONNX graph.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import protocol_of
from lepton_core.pipeline import Pipeline
from lepton_core.solution import resolve


def deleted(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A picture without some places of its map.

    Args:
        picture: uint8 [H, W].
        places: bool [h, w], what goes.
    """
    side = picture.shape[0]
    mask = cv2.resize(places.astype(np.float32), picture.shape[::-1], interpolation=0)
    mask = cv2.GaussianBlur(mask, (0, 0), side / 60)
    blurred = cv2.GaussianBlur(picture, (0, 0), side / 8).astype(np.float32)
    return np.rint(picture * (1 - mask) + blurred * mask).astype(np.uint8)


def highest(values: np.ndarray, count: int) -> np.ndarray:
    """Which ``count`` places of [h, w] have the highest values."""
    chosen = np.zeros(values.size, bool)
    chosen[np.argsort(-values, axis=None, kind="stable")[:count]] = True
    return chosen.reshape(values.shape)


def falls(
    pipeline: Pipeline, x: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """By how much each positive picture's score falls, with the map and at random, [n] each."""
    outputs = pipeline.runtime.run("main", {"x": x})
    called = pipeline.decision.apply(outputs)["probability"] >= pipeline.decision.threshold
    generator = np.random.default_rng(seed)
    by_map, by_chance = [], []
    for row in np.flatnonzero(called).tolist():
        values = outputs["map"][row, :, :, 0]
        count = round(share * values.size)
        versions = [
            deleted(x[row, :, :, 0], highest(guide, count))
            for guide in (values, *generator.random((8, *values.shape)))
        ]
        scores = pipeline.runtime.run("main", {"x": np.stack(versions)[..., None]})["score"]
        fall = outputs["score"][row] - scores
        by_map.append(fall[0])
        by_chance.append(fall[1:].mean())
    return np.array(by_map), np.array(by_chance)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", nargs="?", default="medical_imaging")
    parser.add_argument("--data", default="kermany_cxr")
    parser.add_argument("--part", default="test")
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    pipeline = load_bundle(resolve(asked.bundle).bundle_or_default())
    records, _ = load_labelled(asked.data, pipeline.task, {}, lambda text: None)
    protocol = protocol_of(pipeline, asked.data)
    rows = getattr(protocol.split(protocol.with_truth(records)), asked.part)
    x = pipeline.preprocessor.transform(take_rows(records, rows)).arrays["x"]
    by_map, by_chance = falls(pipeline, x, asked.share, asked.seed)
    print(f"{pipeline.address} on {asked.data}, {asked.part}: {len(by_map)} positive pictures")
    print(f"fall of the logit, top {asked.share:.0%} of the map: {by_map.mean():.3f}")
    print(f"fall of the logit, random {asked.share:.0%}: {by_chance.mean():.3f}")
    more = bootstrap(lambda a, b: float(a.mean() - 2 * b.mean()), by_map, by_chance)
    print(f"map less twice random: {more.value:.3f} [{more.low:.3f}, {more.high:.3f}]")
    print(f"the map deletes more than chance in {np.mean(by_map > by_chance):.1%} of them")


if __name__ == "__main__":
    main()

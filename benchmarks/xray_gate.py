"""What the X-ray gate refuses: test X-rays, altered ones, and foreign pictures of many kinds.

python benchmarks/xray_gate.py [--bundle BUNDLE] [--data kermany_cxr|pneumoniamnist] [--rate 0.02]

Without a bundle a gate of that rate is fitted on the training and validation pictures of the data
set, as `lepton train` does. Foreign pictures are those of other data sets in $LEPTON_DATA and
generated noise; no gate was fitted on any of them. `refused` counts every reason that a scored
record can meet (decoding, modality, colour, picture), `by picture` the decoded pictures that the
gate alone refuses. Intervals are Wilson's at 95%; frames of one film are near copies of each other,
and their intervals too narrow.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.data.reading import load_records
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import find_protocol, protocol_of
from lepton_core.records.frame_reading import read_frame
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.rejects import Refusal
from lepton_core.solution import find_task, resolve
from solutions.medical_imaging.xray.config import Config
from solutions.medical_imaging.xray.gate import Gate
from solutions.medical_imaging.xray.gate_records import origin
from solutions.medical_imaging.xray.preprocessing import Preprocessor
from solutions.medical_imaging.xray.training import usual_side

NOISES = ("white", "normal", "salt and pepper", "pink", "brown", "clouds", "blocks", "stripes")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle")
    parser.add_argument("--data", default="kermany_cxr")
    parser.add_argument("--rate", type=float, default=Config().decision.gate_rate)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    task = find_task("medical_imaging/xray")
    records, _ = load_labelled(given.data, task, {}, print, lambda report: None)
    if given.bundle:
        pipeline = load_bundle(resolve(given.bundle).bundle_or_default())
        protocol, preprocessor = protocol_of(pipeline, given.data), pipeline.preprocessor
        assert isinstance(preprocessor, Preprocessor)
        split = protocol.split(protocol.with_truth(records))
    else:
        split = find_protocol(task, given.data, Config()).split(records)
        side = usual_side(take_rows(records, split.train))
        preprocessor = fitted(records, split.train, split.valid, side, given.rate)
    assert preprocessor.gate is not None
    print(f"gate: {json.dumps(preprocessor.gate.fitted_on)}, limits {preprocessor.gate.limits}")
    rows = []
    print(f"{'kind':34}{'n':>6}  refused {'':15}  by picture   what spoke")
    for kind, table in kinds(records, split.test, preprocessor):
        row = judged(kind, table, preprocessor)
        rows.append(row)
        spoke = ", ".join(f"{key} {count}" for key, count in list(row["reasons"].items())[:3])
        low, high = row["interval"]
        share = f"{row['refused']:7.2%} [{low:.2%}, {high:.2%}]"
        print(f"{kind:34}{row['n']:>6}  {share:26}{row['by_picture']:9.2%}   {spoke}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1))


def fitted(
    records: pa.Table, train: np.ndarray, valid: np.ndarray, side: int, rate: float
) -> Preprocessor:
    """A preprocessor whose gate was fitted as training fits it."""
    made = Preprocessor(side)
    some = take_rows(records, train)
    x, held = (made.transform(take_rows(records, rows)).arrays["x"] for rows in (train, valid))
    made.gate = Gate.fit(x, held, rate=rate, origin=origin(some))
    return made


def judged(kind: str, table: pa.Table, preprocessor: Preprocessor) -> dict[str, Any]:
    """How many of a kind are refused, and by what."""
    n, kept, reasons = 0, 0, Counter[str]()
    by_picture, decoded = 0, 0
    gate = preprocessor.gate
    assert gate is not None
    for start in range(0, table.num_rows, 500):
        part = table.slice(start, 500)
        prepared = preprocessor.transform(part)
        n, kept = n + part.num_rows, kept + len(prepared.kept)
        reasons.update(prepared.rejects.counts())
        bare = Preprocessor(preprocessor.height, preprocessor.channels).transform(part)
        decoded += len(bare.kept)
        by_picture += int((~gate.judge(bare.arrays["x"])[1]).sum())
    refused = n - kept
    return {
        "kind": kind,
        "n": n,
        "refused": refused / n,
        "interval": wilson(refused, n),
        "by_picture": by_picture / max(decoded, 1),
        "reasons": dict(reasons.most_common()),
    }


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share."""
    z, share = 1.96, count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(middle - half, 0)), float(min(middle + half, 1))


def kinds(
    records: pa.Table, test: np.ndarray, preprocessor: Preprocessor
) -> Iterator[tuple[str, pa.Table]]:
    """Every kind of pictures with its records."""
    tested = take_rows(records, test).select(["record_id", "image"])
    yield "X-rays of the test", tested
    root = Path(os.environ["LEPTON_DATA"])
    yield "steel (neu_det)", files(sorted((root / "neu_det" / "IMAGES").glob("*.jpg")))
    tiles = sorted((root / "magnetic_tile").glob("*/Imgs/*.jpg"))
    yield "tiles (magnetic_tile)", files(tiles)
    yield "road (road_clip)", frames(root / "road_clip" / "input_video.mp4")
    yield (
        "road (cdnet_highway)",
        files(sorted((root / "cdnet_highway" / "input").glob("*.jpg"))[::4]),
    )
    dicom = load_records("dicom_samples", find_task("medical_imaging/xray").inputs).table
    modality = np.array([modality_of(data) for data in dicom["image"].to_pylist()])
    for name in sorted(set(modality)):
        yield f"DICOM {name}", take_rows(dicom, np.flatnonzero(modality == name))
    rng, side = np.random.default_rng(0), preprocessor.height
    for name in NOISES:
        yield f"noise, {name}", pictures([noise(name, side, rng) for _ in range(300)])
    x = Preprocessor(side, 1).transform(tested).arrays["x"][..., 0]
    yield "test X-rays turned by 90 degrees", pictures(np.rot90(x, 1, (1, 2)))
    yield "test X-rays turned by 180 degrees", pictures(np.rot90(x, 2, (1, 2)))
    yield "test X-rays mirrored", pictures(x[:, :, ::-1])
    yield "test X-rays inverted", pictures(255 - x)
    half = np.where(np.arange(side) < side // 2, 0, x)
    yield "test X-rays, left half blank", pictures(half.astype(np.uint8))
    quarter = slice(side // 4, side - side // 4)
    middle = [cv2.resize(p[quarter, quarter], (side, side)) for p in x]
    yield "test X-rays, middle quarter", pictures(middle)
    yield "blank, of each grey", pictures([np.full((side, side), g, np.uint8) for g in range(256)])


def modality_of(image: dict[str, bytes]) -> str:
    try:
        return read_frame(image["bytes"]).modality or "-"
    except Refusal as refusal:
        return refusal.key


def files(paths: list[Path]) -> pa.Table:
    """Records of picture files."""
    return table_of([path.read_bytes() for path in paths])


def frames(film: Path) -> pa.Table:
    """Every third frame of a film."""
    capture, number = cv2.VideoCapture(str(film)), 0
    found: list[np.ndarray] = []
    while True:
        there, frame = capture.read()
        if not there:
            return pictures(found)
        if number % 3 == 0:
            found.append(frame)
        number += 1


def pictures(arrays: np.ndarray | list[np.ndarray]) -> pa.Table:
    """Records of pictures as PNG."""
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    some = (np.ascontiguousarray(array) for array in arrays)
    return table_of([cv2.imencode(".png", array, options)[1].tobytes() for array in some])


def table_of(encoded: list[bytes]) -> pa.Table:
    rows = [{"path": f"{n}", "bytes": data, "sha256": ""} for n, data in enumerate(encoded)]
    ids = [str(number) for number in range(len(encoded))]
    return pa.table({"record_id": ids, "image": pa.array(rows, IMAGE_TYPE)})


def noise(name: str, side: int, rng: np.random.Generator) -> np.ndarray:
    """One picture of noise, uint8 [side, side]."""
    if name == "white":
        return rng.integers(0, 256, (side, side)).astype(np.uint8)
    if name == "salt and pepper":
        return np.uint8(255) * (rng.random((side, side)) < rng.uniform(0.02, 0.5)).astype(np.uint8)
    if name == "blocks":
        cells = rng.integers(0, 256, (8, 8)).astype(np.uint8)
        return cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST)
    if name == "stripes":
        down, right = np.mgrid[:side, :side] / side
        waves = np.sin(2 * np.pi * (rng.uniform(1, 10) * down + rng.uniform(-10, 10) * right))
        return np.clip(128 + 80 * waves, 0, 255).astype(np.uint8)
    # Amplitudes fall with the frequency to this power.
    power = {"normal": 0.0, "pink": 1.0, "brown": 2.0, "clouds": 3.0}[name]
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None])
    frequency[0, 0] = 1 / side
    waves = np.fft.fft2(rng.normal(0, 1, (side, side))) * frequency**-power
    grain = np.fft.ifft2(waves).real
    grain = (grain - grain.mean()) / grain.std()
    return np.clip(rng.uniform(90, 160) + rng.uniform(25, 70) * grain, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()

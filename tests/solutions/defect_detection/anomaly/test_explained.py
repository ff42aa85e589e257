"""What `lepton explain` writes of parts that look strange."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from lepton_core.cli.main import _run
from lepton_core.decision.good_parts import GoodParts
from lepton_core.decision.outlier import Outlier
from solutions.defect_detection.heat import strange_level

SAMPLE = Path(__file__).parents[4] / "datasets" / "surface_sample"


def test_strange_places_are_drawn_and_listed(tmp_path: Path, capsys) -> None:
    pictures = sorted((SAMPLE / "images" / "scratch").iterdir())[:6]
    (tmp_path / "parts").mkdir()
    for picture in pictures:
        shutil.copy(picture, tmp_path / "parts")
    asked = ["explain", "defect_detection/anomaly@sample", str(tmp_path / "parts")]
    assert _run([*asked, "--out", str(tmp_path / "out")], False) == 0
    parts = json.loads((tmp_path / "out" / "places.json").read_text(encoding="utf-8"))
    failed = [part for part in parts if part["verdict"] == "fail"]
    assert failed
    assert any(part["places"] for part in failed)
    text = (tmp_path / "out" / "places.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["record_id"] for row in rows} == {part["record_id"] for part in parts}
    assert sum(bool(row["x0"]) for row in rows) == sum(len(part["places"]) for part in parts)
    drawn = sorted((tmp_path / "out").glob("*.overlay.png"))
    assert len(drawn) == len(parts)
    assert all(cv2.imread(str(one)) is not None for one in drawn)


def test_color_begins_where_good_parts_end() -> None:
    maps = np.array([[[0.0, 2.0]], [[0.0, 1.0]], [[3.0, 0.0]]])
    places = GoodParts.of(np.arange(100, dtype=np.float32))
    held_out = Outlier(("good", "defect"), asked=0.05, places=places)
    assert 93 <= strange_level(held_out, maps) <= 96
    nothing_held_out = Outlier(("good", "defect"))
    assert strange_level(nothing_held_out, maps) == 2.0

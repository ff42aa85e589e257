"""The page as it is started, with the shipped bundle: it says what the command line says."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from made_page import figures, words
from streamlit.testing.v1 import AppTest

from lepton_core.bundle import load_bundle
from lepton_core.decision.detect import Detect
from lepton_core.solution import find_task

ROOT = Path(__file__).resolve().parents[4]
TASK = find_task("defect_detection/surface")


@cache
def sample() -> Any:
    """The shipped bundle's predictions of its sample."""
    from lepton_core.data.reading import load_records

    return load_bundle(TASK.bundle("sample")).score(
        load_records(TASK.sample_data, TASK.inputs).table
    )


def start(view: str, language: str = "en") -> AppTest:
    page = AppTest.from_file(str(ROOT / "apps/defect_detection.py"), default_timeout=300)
    page.query_params["lang"] = language
    page.query_params["view"] = view
    return page.run()


@pytest.mark.parametrize("view", ["line", "part", "threshold", "label"])
def test_every_view_opens_with_the_sample(view: str) -> None:
    page = start(view, "zh")
    assert not page.exception
    assert not page.error


def test_the_page_counts_what_scoring_counts() -> None:
    page = start("part")
    (group,) = [g for g in page.button_group if str(g.key).endswith("part.verdict")]
    verdicts = sample().columns["verdict"].to_pylist()
    for name, word in (("fail", "Fail"), ("unsure", "Unsure"), ("pass", "Pass")):
        assert any(
            f"{word} {verdicts.count(name):,}" in option.content for option in group.proto.options
        )


def test_a_bad_picture_is_told_and_the_others_are_inspected() -> None:
    page = start("part")
    page.radio[1].set_value("file").run()
    good = sample_files(3)
    damaged = good[0][1][: len(good[0][1]) // 2]
    black = cv2.imencode(".png", np.zeros((96, 96), np.uint8))[1].tobytes()
    files = [
        *((f"{row}.jpg", data, "image/jpeg") for row, (_, data) in enumerate(good)),
        ("half.jpg", damaged, "image/jpeg"),
        ("black.png", black, "image/png"),
    ]
    page.file_uploader[0].set_value(files)
    page = page.run()
    (bundle,) = [box for box in page.selectbox if box.label == "Bundle"]
    page = bundle.set_value("sample").run()
    assert not page.exception
    assert any("2 of 5 records were refused" in expander.label for expander in page.expander)
    assert "of 3" in words(page)
    assert "simulated surfaces" in words(page)


def sample_files(n: int) -> list[tuple[str, bytes]]:
    """Pictures of the sample that the bundle takes."""
    from lepton_core.data.reading import load_records

    table = load_records(TASK.sample_data, TASK.inputs).table
    scored = set(sample().columns["record_id"].to_pylist())
    pairs = zip(table["record_id"].to_pylist(), table["image"].to_pylist(), strict=True)
    return [(name, image["bytes"]) for name, image in pairs if name in scored][:n]


def test_a_kept_decision_is_a_whole_bundle_that_decides_so(tmp_path: Path) -> None:
    from lepton_core.ui.scored import score_table
    from lepton_core.ui.uploader import Source
    from solutions.defect_detection.dashboard_parts import Parts, apply, scale_of
    from solutions.defect_detection.dashboard_threshold_ladder import shifted
    from solutions.defect_detection.dashboard_threshold_save import decided_zip

    folder = TASK.bundle("sample")
    pipeline = load_bundle(folder)
    from lepton_core.data.reading import load_records

    table = load_records(TASK.sample_data, TASK.inputs).table.slice(0, 8)
    scored = score_table(pipeline, table, "sample", "key")
    assert isinstance(pipeline.decision, Detect)
    decision = shifted(pipeline.decision, 0.75)
    scale = scale_of(scored)
    source = Source("sample", "key", table, True)
    parts = Parts(TASK, scored, source, folder, decision, apply(decision, scored, scale), scale)
    zipfile.ZipFile(io.BytesIO(decided_zip(parts, "stricter"))).extractall(tmp_path)
    kept = load_bundle(tmp_path / "stricter")
    assert kept.decision == decision
    again = kept.score(table)
    assert again.columns["verdict"].to_pylist() == parts.verdict.tolist()


def test_no_view_loads_what_trains() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_real_page import start
for view in ("line", "part", "threshold", "label", "teach"):
    assert not start(view).exception
heavy = ("keras", "tensorflow", "torch", "jax", "sklearn", "scipy", "lightgbm", "transformers")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_played_line_counts_each_part_of_the_sample_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from solutions.defect_detection import dashboard_line_source

    page = start("line")
    hours_later = SimpleNamespace(monotonic=lambda: time.monotonic() + 1e5)
    monkeypatch.setattr(dashboard_line_source, "time", hours_later)
    shown = figures(page.run())
    verdicts = sample().columns["verdict"].to_pylist()
    assert shown["Parts"] == f"{len(verdicts):,}"
    assert shown["Fail"] == f"{verdicts.count('fail'):,}"
    assert shown["Refused"] == f"{len(sample().rejects):,}"

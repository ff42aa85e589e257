"""The latency sheet: what it times, on which pictures, and that a busy machine is told."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.cli import latency as command
from lepton_core.cli.main import _run
from lepton_core.errors import DataError
from lepton_core.images import decode
from lepton_core.machine import OthersAtWork
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.scoring.latency import measure, resized
from lepton_core.solution import find_task
from lepton_core.spec import Column, Spec

SPEC = Spec((Column("record_id", "string", "id"), Column("image", "image")))


def pictures(*sides: tuple[int, int]) -> pa.Table:
    ramps = [np.add.outer(np.arange(h), np.arange(w)).astype(np.uint8) for h, w in sides]
    files = [cv2.imencode(".png", ramp)[1].tobytes() for ramp in ramps] + [b"no picture"]
    cells = [{"path": f"{n}.png", "bytes": data, "sha256": ""} for n, data in enumerate(files)]
    ids = [str(n) for n in range(len(files))]
    return pa.table({"record_id": ids, "image": pa.array(cells, IMAGE_TYPE)})


def test_pictures_of_another_size_keep_their_scale() -> None:
    made = resized(pictures((40, 90), (200, 100)), SPEC, 120)
    assert made["record_id"].to_pylist() == ["0", "1"]  # what is no picture is left out
    for cell in made["image"].to_pylist():
        array = decode(cell["bytes"], channels=1)
        assert array is not None
        assert array.shape == (120, 120, 1)
        # A ramp of one level a pixel stays one, continued by its mirror image; JPEG blurs a little.
        steps = np.abs(np.diff(array[40:80, 40:80, 0].astype(int), axis=1))
        assert np.median(steps) == 1


@pytest.mark.parametrize("sizes", [(), (64,)])
@pytest.mark.parametrize("n", [0, 1])
def test_no_picture_to_time_is_an_error(sizes: tuple[int, ...], n: int) -> None:
    task = find_task("medical_imaging")
    table = pa.table({"record_id": ["a"], "image": pa.nulls(1, IMAGE_TYPE)}).slice(0, n)
    with pytest.raises(DataError) as caught:
        measure(task.bundle("sample"), table, sizes, seconds=0.1)
    assert caught.value.key == "latency.none"


def test_rows_of_a_table_are_timed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepton_core.machine.OthersAtWork.cores", lambda self: 0.0)
    out = tmp_path / "sheet.csv"
    asked = ["latency", "fraud_rnn@sample", "--threads", "1,2", "--seconds", "0.1"]
    assert _run([*asked, "--out", str(out), "--json"], debug=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["threads"] for row in told["rows"]] == [1, 2]
    for row in told["rows"]:
        assert row["records"] >= 20
        assert 0 < row["p50_ms"] <= row["p95_ms"]
        assert row["a_minute"] > 0
    assert told["trusted"]
    assert {"python", "onnxruntime", "numpy"} <= told["versions"].keys()
    with out.open(encoding="utf-8") as file:
        assert [line["threads"] for line in csv.DictReader(file)] == ["1", "2"]


def test_a_busy_machine_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepton_core.machine.OthersAtWork.cores", lambda self: 1.4)
    asked = ["latency", "fraud_rnn@sample", "--threads", "1", "--seconds", "0.1"]
    assert _run(asked, debug=True) == 0
    told = capsys.readouterr()
    assert "1.4 cores busy" in told.err
    assert "p95 ms" in told.out


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="counts by the system's own count")
def test_work_of_others_is_counted_and_our_own_is_not() -> None:
    def spin(seconds: float) -> float:
        began, others = time.monotonic(), OthersAtWork()
        while time.monotonic() - began < seconds:
            sum(range(1000))
        return others.cores()

    alone = spin(0.5)
    code = "import time; t = time.monotonic()\nwhile time.monotonic() - t < 60: pass"
    other = subprocess.Popen([sys.executable, "-c", code])
    try:
        time.sleep(0.2)
        beside = spin(1.0)
    finally:
        other.kill()
        other.wait()
    assert beside > 0.2
    # Where the machine has cores left: beside others already at work, one more changes little.
    if alone < 0.2 and (os.cpu_count() or 1) > 1:
        assert beside > alone + 0.3


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--sizes", "512"], "latency.no_pictures"),
        (["--sizes", "a"], "latency.numbers"),
        (["--threads", "0"], "latency.numbers"),
        (["--out", "sheet.txt"], "latency.out"),
        (["--out", "no/such/sheet.csv"], "latency.out"),
    ],
)
def test_what_cannot_be_asked_is_told(options: list[str], key: str) -> None:
    from lepton_core.errors import UsageError

    with pytest.raises(UsageError) as caught:
        _run(["latency", "fraud_rnn@sample", *options], debug=True)
    assert caught.value.key == key


def test_numbers_may_stand_with_spaces() -> None:
    assert command._numbers("--sizes", " 512, 1024,", 8, 20_000) == [512, 1024]

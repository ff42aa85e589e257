"""Chest and leg as a hospital's devices wrote them: what comes of them, another program takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pydicom
import pytest
from reading_task import TASK, reading_pipeline

from lepton_core.explain.files import Asked, explain_files
from lepton_core.records import open_records
from solutions.medical_imaging.xray.explainer import Explainer

pytest.importorskip("highdicom")
pytest.importorskip("gdcm")

DATA = Path(os.environ.get("LEPTON_DATA", "")) / "dicom_samples"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs dicom_samples in LEPTON_DATA"),
]


@pytest.mark.parametrize("identified", [False, True])
def test_results_of_a_real_chest_x_ray(tmp_path: Path, identified: bool) -> None:
    source = DATA / "RG1_J2KI.dcm"
    reopen = partial(open_records, source, TASK.inputs, labels=False)
    pipeline = reading_pipeline()
    asked = Asked(("sc", "sr", "pdf", "overlay"), "zh", reopen if identified else None)
    with reopen() as reader:
        done = explain_files(pipeline, Explainer(pipeline, asked), reader, tmp_path)
    assert (done.explained, done.files) == (1, 5)
    original = pydicom.dcmread(source, stop_before_pixels=True)
    for path in tmp_path.glob("*.dcm"):
        made = pydicom.dcmread(path)
        assert (made.StudyInstanceUID == original.StudyInstanceUID) is identified
        assert (made.PatientID == original.PatientID) is identified
        if shutil.which("dciodvfy"):
            run = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
            assert not [line for line in run.stderr.splitlines() if line.startswith("Error")]


def test_every_sample_is_explained_or_refused_with_a_reason(tmp_path: Path) -> None:
    pipeline = reading_pipeline()
    explainer = Explainer(pipeline, Asked(("sc", "sr", "overlay")))
    with open_records(DATA, TASK.inputs, labels=False) as reader:
        done = explain_files(pipeline, explainer, reader, tmp_path)
    assert done.read == done.explained + len(done.rejects)
    assert "not_explained" not in done.rejects.counts()
    assert done.explained > 20

"""The shipped bundles on the data that they name: figures, maps, and what they refuse."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.data.lookup import find_dataset
from lepton_core.errors import DataError
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import protocol_of
from lepton_core.solution import find_task

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
from xray_maps import falls

TASK = find_task("medical_imaging/xray")

pytestmark = pytest.mark.real_data


def data_folder(name: str) -> Path:
    try:
        return find_dataset(name).path
    except DataError:
        pytest.skip(f"{name} is not in LEPTON_DATA")


@pytest.mark.parametrize("name", ["kermany_cxr", "pneumoniamnist"])
def test_the_card_of_a_bundle_tells_what_evaluation_finds(name: str, lepton, capsys) -> None:
    data_folder(name)
    assert lepton("evaluate", "medical_imaging", "--data", name, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    card = json.loads((TASK.bundle(name) / "card.json").read_text())
    assert found["bundle"] == f"medical_imaging/xray@{name}"
    for key in ("auc", "accuracy", "ece"):
        assert found["metrics"][key]["value"] == pytest.approx(
            card["metrics"][key]["value"], abs=1e-6
        )
    # Few of the test pictures may be turned away as something else.
    assert found["n"] >= 0.97 * 624
    assert (
        found["metrics"]["auc"]["low"] > found["baselines"]["thumbnail_regression"]["auc"]["high"]
    )


def test_deleting_the_top_of_the_map_matters_twice_as_much_as_chance() -> None:
    data_folder("kermany_cxr")
    pipeline = load_bundle(TASK.bundle("kermany_cxr"))
    records, _ = load_labelled("kermany_cxr", TASK, {}, lambda text: None)
    protocol = protocol_of(pipeline, "kermany_cxr")
    rows = protocol.split(protocol.with_truth(records)).test[::6]
    x = pipeline.preprocessor.transform(take_rows(records, rows)).arrays["x"]
    by_map, by_chance = falls(pipeline, x, share=0.2, seed=0)
    assert len(by_map) > 40
    assert by_map.mean() > 0.3
    assert by_map.mean() > 2 * max(by_chance.mean(), 0.0)


def test_a_folder_of_dicom_files_is_read_or_refused_file_by_file(tmp_path: Path, lepton) -> None:
    """Of 32 frames, the chest is scored; everything else is refused with the reason that it has."""
    out = tmp_path / "scores.parquet"
    folder = data_folder("dicom_samples")
    assert lepton("score", "medical_imaging@kermany_cxr", folder, "--out", out) == 3
    lines = (tmp_path / "scores.parquet.rejected.jsonl").read_text().splitlines()
    keys = [reason["key"] for line in lines for reason in json.loads(line)["reasons"]]
    assert pq.read_table(out).num_rows + len(lines) == 32
    assert {"dicom_segmentation", "dicom_radiotherapy"} <= set(keys)
    assert keys.count("foreign_modality") >= 20
    # Three of the files are copies of one instance, the one that is cut off among them.
    assert keys.count("repeated") == 3
    # The adult's chest; the other radiograph shows a lower leg.
    assert pq.read_table(out).num_rows == 1
    cut, alone = folder / "MR_truncated.dcm", tmp_path / "alone.csv"
    assert lepton("score", "medical_imaging@kermany_cxr", cut, "--out", alone) == 3
    assert '"dicom_cut_off"' in (tmp_path / "alone.csv.rejected.jsonl").read_text()
    assert np.isfinite(pq.read_table(out)["probability"].to_numpy()).all()

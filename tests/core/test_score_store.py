"""``lepton score --store``: a run is noted once, from what it wrote, and whatever goes wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scoring_task import records, table_pipeline

from lepton_core.errors import StoreError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.record import Recorder
from lepton_core.store import Store

TASK = "test/amounts"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(str(tmp_path / "store.sqlite"))


@pytest.fixture
def pipeline() -> Pipeline:
    """Alerts above a probability of 0.7, reviews from 0.6 on."""
    found = table_pipeline()
    return found.with_decision(replace(found.decision, threshold=0.7, band=(0.6, 0.7)))  # type: ignore[arg-type,type-var]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.parquet"
    pq.write_table(records(3000), path)
    return path


def score(
    pipeline: Pipeline,
    source: Path,
    out: Path,
    store: Store,
    resume: bool = False,
    everything: bool = False,
    **options: object,
) -> int:
    chosen = Options(threads=1, batch_rows=500, part_batches=2, **options)  # type: ignore[arg-type]
    recorder = Recorder(store, pipeline, chosen, everything)
    summary = score_files(pipeline, [source], out, chosen, resume=resume, overwrite=not resume)
    return recorder.record(out, [source], summary, "lepton score")


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.jsonl.gz", "out"])
def test_alerts_and_reviews_are_stored_from_every_kind_of_output(
    pipeline: Pipeline, source: Path, store: Store, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    stored = score(pipeline, source, out, store)
    whole = pipeline.score(records(3000)).to_arrow().to_pylist()
    wanted = [row for row in whole if row["label"] == "high" or row["review"]]
    assert 0 < stored == len(wanted) < len(whole)
    run = store.runs(TASK).to_pylist()[0]
    found = store.predictions(run["id"]).to_pylist()
    assert [row["record_id"] for row in found] == [row["record_id"] for row in wanted]
    assert np.allclose([row["score"] for row in found], [row["score"] for row in wanted])
    assert [row["review"] for row in found] == [row["review"] for row in wanted]
    counts = json.loads(run["counts"])
    assert counts["read"] == 3000
    assert counts["scored"] + counts["rejected"] == 3000
    assert run["bundle"] == pipeline.address
    assert json.loads(run["inputs"]) == [str(source)]


@pytest.mark.parametrize("name", ["out.parquet", "out"])
def test_a_run_that_is_resumed_when_all_is_done_is_the_same_run(
    pipeline: Pipeline, source: Path, store: Store, tmp_path: Path, name: str
) -> None:
    out = tmp_path / name
    first = score(pipeline, source, out, store)
    before = store.runs(TASK).to_pylist()
    assert score(pipeline, source, out, store, resume=True) == 0
    runs = store.runs(TASK).to_pylist()
    assert [(run["id"], run["counts"]) for run in runs] == [(before[0]["id"], before[0]["counts"])]
    assert store.predictions(runs[0]["id"]).num_rows == first
    # Scored anew it is another run.
    score(pipeline, source, out, store)
    assert store.runs(TASK).num_rows == 2


def test_a_store_that_fails_costs_no_prediction_and_is_made_up_for(
    pipeline: Pipeline, source: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.parquet"

    def fails(*given: object) -> int:
        raise StoreError("store.unreachable", store="x", reason="gone")

    with monkeypatch.context() as broken:
        broken.setattr(store, "add_predictions", fails)
        with pytest.raises(StoreError) as caught:
            score(pipeline, source, out, store)
    assert "--resume" in caught.value.__notes__[0]
    assert pq.read_metadata(out).num_rows > 0
    assert store.runs(TASK)["ended"].null_count == 1
    assert score(pipeline, source, out, store, resume=True) > 0
    assert store.runs(TASK)["ended"].null_count == 0
    assert store.runs(TASK).num_rows == 1


def test_all_predictions_can_be_stored_and_a_filter_holds(
    pipeline: Pipeline, source: Path, store: Store, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    scored = len(pipeline.score(records(3000)))
    assert score(pipeline, source, out, store, everything=True) == scored
    above = score(pipeline, source, out, store, condition="probability >= 0.72")
    assert above == pq.read_metadata(out).num_rows < scored
    for name in ("none.csv", "none.parquet", "none"):
        empty = score(pipeline, source, tmp_path / name, store, condition="probability > 1")
        assert empty == 0


def test_what_cannot_be_stored_is_refused_before_anything_is_scored(
    pipeline: Pipeline, store: Store
) -> None:
    cases = {
        "usage.store_select": Options(select=("record_id", "probability")),
        "usage.store_mode": Options(partition="label"),
    }
    for key, options in cases.items():
        with pytest.raises(UsageError) as caught:
            Recorder(store, pipeline, options)
        assert caught.value.key == key
    Recorder(store, pipeline, Options(select=("record_id", "score")), everything=True)

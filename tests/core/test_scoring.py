"""Files of records to files of predictions: whole or absent, and the same whatever the format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline, Session
from lepton_core.recent import RecentIds
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.run import Options
from lepton_core.scoring.sinks import SINK_SUFFIXES, open_sink
from lepton_core.solution import find_task

ROWS = pa.table(
    {
        "record_id": ["a", "b,1", 'c"', "数"],
        "score": pa.array([0.5, -1.25, 3.0, 0.0], pa.float32()),
        "review": [True, False, True, False],
    }
)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(find_task("fraud_rnn").bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    task = find_task("fraud_rnn")
    table = task.hook(task.sample)(seed=3, cards=20, terminals=10, days=30).slice(0, 300)
    return table.drop_columns(["pattern", "label"])


def read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    if path.suffix == ".csv":
        return pyarrow.csv.read_csv(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    return pa.Table.from_pylist([json.loads(line) for line in lines])


@pytest.mark.parametrize("suffix", SINK_SUFFIXES)
def test_every_format_holds_the_same_rows(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with open_sink(path, ROWS.schema) as sink:
        sink.write(ROWS.slice(0, 1))
        sink.write(ROWS.slice(1))
    assert read(path).to_pylist() == ROWS.to_pylist()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SINK_SUFFIXES)
@pytest.mark.parametrize("older", [False, True], ids=["new", "an older one"])
def test_nothing_changes_at_the_path_when_the_block_raises(
    tmp_path: Path, suffix: str, older: bool
) -> None:
    path = tmp_path / f"out{suffix}"
    if older:
        path.write_text("mine")

    def write() -> None:
        with open_sink(path, ROWS.schema, overwrite=True) as sink:
            sink.write(ROWS)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write()
    assert list(tmp_path.iterdir()) == ([path] if older else [])
    if older:
        assert path.read_text() == "mine"


@pytest.mark.parametrize("suffix", SINK_SUFFIXES)
def test_the_path_is_empty_until_the_block_ends(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with open_sink(path, ROWS.schema) as sink:
        sink.write(ROWS)
        assert not path.exists()
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("there.csv", "usage.out_exists"),
        ("new.xlsx", "usage.out_suffix"),
        ("new", "usage.out_suffix"),
        ("none/new.csv", "usage.out_folder"),
    ],
)
def test_an_output_that_cannot_be_is_wrong_usage(tmp_path: Path, name: str, key: str) -> None:
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(UsageError) as caught, open_sink(tmp_path / name, ROWS.schema):
        pass
    assert caught.value.key == key
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"


@pytest.mark.parametrize("suffix", SINK_SUFFIXES)
def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lepton_core.scoring.sinks.os.replace", full)
    with pytest.raises(DataError) as caught, open_sink(tmp_path / f"o{suffix}", ROWS.schema):
        pass
    assert "No space left" in str(caught.value)
    assert not list(tmp_path.iterdir())


def with_faults(records: pa.Table) -> pa.Table:
    """A negative amount at 10, a repetition of row 20 at 150, a time in the past at the end."""
    table = records.to_pylist()
    table[10]["amount"] = -1.0
    table[150] = dict(table[20])
    table[-1]["time"] = table[0]["time"].replace(year=2000)
    return pa.Table.from_pylist(table, schema=records.schema)


@pytest.mark.parametrize("batch", [32_768, 64, 7])
def test_the_summary_counts_what_was_read_scored_and_refused(
    pipeline: Pipeline,
    records: pa.Table,
    tmp_path: Path,
    batch: int,
) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(with_faults(records), source)
    told: list[tuple[int, int | None]] = []
    options = Options(batch_rows=batch, part_batches=3)
    summary = score_files(pipeline, [source], out, options, progress=lambda *now: told.append(now))
    scored = pq.read_table(out)
    assert (summary.read, summary.scored, summary.rejected) == (300, len(scored), 3)
    assert summary.scored + summary.rejected == summary.read
    assert summary.reasons == {"below": 1, "repeated": 1, "late": 1}
    assert sum(summary.labels.values()) == summary.scored
    assert set(scored["bundle"].to_pylist()) == {summary.bundle} == {pipeline.address}
    assert told[-1] == (300, 300)
    lines = (tmp_path / "out.parquet.rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["row"] for line in lines] == [10, 150, 299]
    # The refused records leave no trace in the scores of the others.
    kept = [row for row in range(300) if row not in (10, 150, 299)]
    clean = pipeline.score(with_faults(records).take(kept))
    np.testing.assert_allclose(scored["score"].to_numpy(), clean["score"], atol=1e-5)


def test_scores_do_not_depend_on_the_output_format(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path
) -> None:
    source = tmp_path / "in.parquet"
    pq.write_table(records, source)
    tables = []
    for suffix in SINK_SUFFIXES:
        out = tmp_path / f"out{suffix}"
        score_files(pipeline, [source], out)
        tables.append(read(out))
    for table in tables[1:]:
        assert table["record_id"].to_pylist() == tables[0]["record_id"].to_pylist()
        assert table["label"].to_pylist() == tables[0]["label"].to_pylist()
        for name in ("score", "probability"):
            values = table[name].to_numpy().astype(np.float32)
            np.testing.assert_array_equal(values, tables[0][name].to_numpy())


def test_rejects_of_an_older_run_do_not_outlive_it(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path
) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    pq.write_table(with_faults(records), source)
    score_files(pipeline, [source], out)
    assert (tmp_path / "out.csv.rejected.jsonl").exists()
    pq.write_table(records, source)
    assert score_files(pipeline, [source], out, overwrite=True).rejected == 0
    assert not (tmp_path / "out.csv.rejected.jsonl").exists()


def test_strict_stops_at_the_first_refused_record(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path
) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    pq.write_table(with_faults(records), source)
    with pytest.raises(DataError) as caught:
        score_files(pipeline, [source], out, Options(strict=True))
    assert caught.value.key == "data.strict"
    assert caught.value.values["row"] == 10
    assert list(tmp_path.iterdir()) == [source]


def test_a_repetition_is_refused_in_a_file_and_answered_in_a_stream(
    pipeline: Pipeline, records: pa.Table
) -> None:
    twice = pa.concat_tables([records.slice(0, 5), records.slice(2, 1)])
    refusing = pipeline.open_session().step(twice)
    assert len(refusing) == 5
    (reject,) = refusing.rejects
    assert (reject.row, reject.reasons[0][0]) == (5, "repeated")
    answering = pipeline.open_session(on_repeat="answer").step(twice)
    assert len(answering) == 6
    assert answering["score"][5] == answering["score"][2]
    assert not len(answering.rejects)
    # Across batches too, the first record of a batch among them.
    session = pipeline.open_session(on_repeat="answer")
    first = session.step(records.slice(0, 5))
    assert session.step(records.slice(0, 5))["score"].tolist() == first["score"].tolist()


def test_a_refused_record_is_not_taken_for_answered(pipeline: Pipeline, records: pa.Table) -> None:
    bad = records.slice(0, 1).set_column(
        records.schema.get_field_index("amount"), "amount", pa.array([-1.0])
    )
    session = pipeline.open_session(on_repeat="answer")
    assert not len(session.step(bad))
    # Sent again as it should have been, it is scored as if it came for the first time.
    again = session.step(records.slice(0, 1))
    assert again["score"].tolist() == pipeline.score(records.slice(0, 1))["score"].tolist()


def test_a_session_knows_two_ways_with_repetitions(pipeline: Pipeline) -> None:
    with pytest.raises(ValueError, match="ignore"):
        Session(pipeline, "ignore")


def test_recent_ids_forget_the_oldest_first() -> None:
    seen = RecentIds(capacity=3)
    seen.remember(pa.array(["a", "b"]), {"score": np.array([1.0, 2.0])})
    seen.remember(pa.array(["c", "d"]), {"score": np.array([3.0, 4.0])})
    fresh, repeats = seen.split(pa.array(["a", "b", "c", "d"]))
    assert (fresh.tolist(), repeats.tolist()) == ([0], [1, 2, 3])
    positions, scores = seen.recall(pa.array(["a", "d", "b"]))
    assert positions.tolist() == [1, 2]
    assert scores.tolist() == [[4.0], [2.0]]


def test_recent_ids_survive_their_export() -> None:
    seen = RecentIds(capacity=3)
    seen.remember(pa.array(["a", "数", ""]), {"score": np.array([1.0, 2.0, 3.0])})
    other = RecentIds(capacity=3)
    other.restore(seen.export())
    assert other.split(pa.array(["数", "a", "", "b"]))[0].tolist() == [3]
    # The order of arrival survives too: the oldest still gives way first.
    other.remember(pa.array(["b"]), {"score": np.array([4.0])})
    assert other.split(pa.array(["a", "数"]))[0].tolist() == [0]

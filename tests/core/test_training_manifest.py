"""Data are known by their content, and a run is only ever continued by its own command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import TrainingError
from lepton_core.training.manifest import Run, fingerprint, versions


def records(n: int = 100) -> pa.Table:
    generator = np.random.default_rng(0)
    at = np.datetime64("2018-04-01", "us") + np.arange(n).astype("timedelta64[s]")
    return pa.table(
        {
            "record_id": [f"tx-{row}" for row in range(n)],
            "time": pa.array(at, pa.timestamp("us", tz="UTC")),
            "card": pa.array(generator.choice(["a", "bb", "ccc"], n)),
            "amount": generator.gamma(2, 20, n),
            "label": pa.array([None if row % 5 == 0 else row % 2 for row in range(n)], pa.int64()),
            "checked": pa.array([None if row % 7 == 0 else row % 3 == 0 for row in range(n)]),
            "steps": pa.array(
                [None if row % 11 == 0 else list(range(row % 4)) for row in range(n)]
            ),
            "box": pa.array([None if row % 13 == 0 else {"x": row, "y": "k"} for row in range(n)]),
            "point": pa.array([[1.0, float(row)] for row in range(n)], pa.list_(pa.float32(), 2)),
        }
    )


@pytest.mark.parametrize("cuts", [[1], [50], [3, 4, 90], list(range(1, 100))])
def test_chunks_do_not_matter(cuts: list[int]) -> None:
    table = records()
    edges = [0, *cuts, 100]
    parts = [table.slice(a, b - a) for a, b in pairwise(edges)]
    assert fingerprint(pa.concat_tables(parts)) == fingerprint(table)
    assert fingerprint(pa.concat_tables(parts).combine_chunks()) == fingerprint(table)


def test_layout_does_not_matter() -> None:
    table = records()
    expected = fingerprint(table)
    encoded = table.set_column(2, "card", table["card"].dictionary_encode())
    large = table.set_column(2, "card", table["card"].cast(pa.large_string()))
    assert fingerprint(encoded) == fingerprint(large) == expected
    assert fingerprint(table.replace_schema_metadata({"by": "pandas"})) == expected
    padded = pa.concat_tables([table, table]).slice(100)
    assert fingerprint(padded) == expected


def changed() -> dict[str, pa.Table]:
    table = records()
    amounts = table["amount"].to_pylist()
    amounts[40] += 1e-9
    cards = table["card"].to_pylist()
    cards[3], cards[4] = cards[3] + cards[4][:1], cards[4][1:]
    unlabelled = [0 if value is None else value for value in table["label"].to_pylist()]
    return {
        "one value": table.set_column(3, "amount", pa.array(amounts)),
        "a letter moved to the next row": table.set_column(2, "card", pa.array(cards)),
        "empty is not zero": table.set_column(4, "label", pa.array(unlabelled)),
        "order of rows": table.take(list(reversed(range(100)))),
        "order of columns": table.select([*table.column_names[1:], "record_id"]),
        "name": table.rename_columns([*table.column_names[:-1], "other"]),
        "type": table.set_column(4, "label", table["label"].cast(pa.int32())),
        "one row less": table.slice(0, 99),
    }


@pytest.mark.parametrize("what", list(changed()))
def test_content_matters(what: str) -> None:
    assert fingerprint(changed()[what]) != fingerprint(records())


@dataclass(frozen=True)
class Settings:
    epochs: int = 3
    limit: float = float("inf")
    days: tuple[float, ...] = (1.0, 7.0)


def open_run(folder: Path, **changes) -> Run:
    settings = {"task": "t/one", "seed": 1, "data": "ab" * 32, "config": Settings()}
    return Run.open(folder, **{**settings, **changes})


def test_the_manifest_tells_what_repeats_the_training(tmp_path: Path) -> None:
    open_run(tmp_path, command="lepton train t/one --seed 1")
    written = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert written["seed"] == 1
    assert written["command"] == "lepton train t/one --seed 1"
    assert written["config"] == {"epochs": 3, "limit": "inf", "days": [1.0, 7.0]}
    assert {"python", "keras", "numpy", "backend"} <= set(written["versions"])
    assert written["versions"] == versions()
    assert written["status"] == "running"


def test_the_same_command_goes_on(tmp_path: Path) -> None:
    first = open_run(tmp_path)
    first.update("running", {"loss": [0.5]})
    second = open_run(tmp_path)
    assert second.resumed
    assert second.manifest.started == first.manifest.started
    assert second.manifest.history == {"loss": [0.5]}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed 1 there, 2 now"),
        ({"data": "cd" * 32}, "data"),
        ({"config": Settings(epochs=4)}, "config.epochs 3 there, 4 now"),
        ({"split": "other"}, "split"),
        ({"task": "t/two"}, "t/two now"),
    ],
)
def test_other_settings_are_never_continued(change: dict, named: str, tmp_path: Path) -> None:
    open_run(tmp_path)
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(TrainingError, match=named) as caught:
        open_run(tmp_path, **change)
    assert caught.value.key == "train.other_settings"
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_finished_run_begins_anew_but_its_parts_wait_for_the_last_one(tmp_path: Path) -> None:
    run = open_run(tmp_path)
    run.part("fold0").update("done", {"loss": [0.1]})
    again = open_run(tmp_path)
    assert again.part("fold0").done
    assert not again.part("fold1").done
    (tmp_path / "mine.txt").write_text("kept")
    again.finish()
    anew = open_run(tmp_path, seed=2)
    assert not anew.resumed
    assert not anew.part("fold0").done
    assert (tmp_path / "mine.txt").exists()


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"task": "t/on')
    with pytest.raises(TrainingError, match=r"run\.json"):
        open_run(tmp_path)


def test_pictures_that_lie_elsewhere_are_the_same_data() -> None:
    def records(folder: str, data: bytes) -> pa.Table:
        image = {"path": f"{folder}/a.png", "bytes": data, "sha256": data.hex()}
        return pa.table({"record_id": ["a.png"], "image": pa.array([image])})

    here = fingerprint(records("/data", b"one"))
    assert fingerprint(records("/elsewhere", b"one")) == here
    assert fingerprint(records("/data", b"two")) != here

"""The campaign's list as operations get it: from files that were scored, or refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.solution import find_task
from solutions.retail_recommender.__main__ import main
from solutions.retail_recommender.churn.sample import generate as contracts
from solutions.retail_recommender.customers.sample import generate as histories

OFFER = ["--cost", "2", "--success", "0.1", "--budget", "50"]


def scored(name: str, records: pa.Table) -> pa.Table:
    pipeline = load_bundle(find_task(f"retail_recommender/{name}").bundle("sample"))
    return pipeline.score(records).to_arrow()


@pytest.mark.parametrize("name", ["customers", "churn"])
def test_a_file_that_was_scored_becomes_the_list(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = []
    if name == "customers":
        table = scored(name, histories(customers=200))
        risks, values = table["churn_risk"].to_pylist(), table["value_kept"].to_pylist()
    else:
        records = contracts(customers=200)
        table = scored(name, records).append_column("monthly", records["monthly"])
        risks = table["probability"].to_pylist()
        values = [12 * charge for charge in records["monthly"].to_pylist()]
        more = ["--value", "monthly", "--times", "12"]
    pq.write_table(table, tmp_path / "scored.parquet")
    out = tmp_path / "list.csv"
    command = ["campaign", str(tmp_path / "scored.parquet"), *OFFER, *more, "--out", str(out)]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    rows = arrow_csv.read_csv(out).to_pylist()
    assert told["customers"] == table.num_rows
    assert told["contacts"] == len(rows) == 25
    assert told["spend"] == 50.0
    gains = [0.1 * risk * value - 2 for risk, value in zip(risks, values, strict=True)]
    best = sorted(gains, reverse=True)[:25]
    assert [row["expected_gain"] for row in rows] == pytest.approx(best, abs=0.006)
    assert told["expected_gain"] == pytest.approx(sum(best), abs=0.2)
    by_id = dict(zip(table["record_id"].to_pylist(), risks, strict=True))
    assert all(row["risk"] == pytest.approx(by_id[row["record_id"]], abs=1e-4) for row in rows)
    # What is there is not replaced unasked.
    assert main(command) == 2
    assert arrow_csv.read_csv(out).num_rows == 25


GOOD = {"record_id": ["a", "b"], "probability": [0.9, 0.2], "monthly": [50.0, 60.0]}


@pytest.mark.parametrize(
    ("columns", "more", "code", "words"),
    [
        (GOOD, [], 2, "--value"),
        (GOOD, ["--value", "yearly"], 2, "record_id, probability, monthly"),
        ({**GOOD, "record_id": ["a", "a"]}, ["--value", "monthly"], 1, "stands 2 times"),
        ({**GOOD, "probability": [0.9, 2.0]}, ["--value", "monthly"], 1, "A risk is 2"),
        ({**GOOD, "monthly": ["much", "1"]}, ["--value", "monthly"], 1, "monthly"),
        ({"record_id": ["a"], "score": [1.0]}, [], 1, "churn_risk"),
        (GOOD, ["--value", "monthly", "--cost", "0"], 2, "above 0"),
    ],
)
def test_what_no_list_can_be_made_of_is_told(
    columns: dict[str, Any],
    more: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, out = tmp_path / "scored.csv", tmp_path / "list.csv"
    arrow_csv.write_csv(pa.table(columns), source)
    assert main(["campaign", str(source), *OFFER, *more, "--out", str(out)]) == code
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_nobody_worth_it_is_an_empty_list_and_unknown_values_are_left_out(tmp_path: Path) -> None:
    source, out = tmp_path / "scored.csv", tmp_path / "list.csv"
    arrow_csv.write_csv(pa.table({**GOOD, "monthly": [None, 1.0]}), source)
    assert main(["campaign", str(source), *OFFER, "--value", "monthly", "--out", str(out)]) == 0
    assert out.read_text().splitlines() == ['"record_id","risk","value","expected_gain"']

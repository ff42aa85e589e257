"""Files as people send them: words in numbers, codes that do not exist, months missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from credit_clients import client, records, with_column

from lepton_core.cli import main as command
from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline


def reasons(pipeline: Pipeline, *some: dict[str, Any]) -> list[list[str]]:
    """Keys of the reasons why each client is refused; empty for one that is scored."""
    scored = pipeline.score(records(*some))
    told: list[list[str]] = [[] for _ in some]
    for reject in scored.rejects:
        told[reject.row] = [key for key, _ in reject.reasons]
        assert all(line["message"] for line in reject.to_json()["reasons"])
    assert len(scored) + len(scored.rejects) == len(some)
    return told


def lepton(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of ``lepton`` in this process."""
    monkeypatch.setattr(sys, "argv", ["lepton", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_words_in_numbers_refuse_the_record_alone(pipeline: Pipeline) -> None:
    table = records(client(), client(), client())
    table = with_column(table, "bill_1", ["40000", "forty thousand", "50000"])
    scored = pipeline.score(table)
    assert scored["record_id"].tolist() == ["0", "2"]
    (reject,) = scored.rejects
    assert reject.record_id == "1"
    assert "bill_1" in reject.to_json()["reasons"][0]["message"]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"delay_1": 12}, ["above"]),
        ({"delay_2": -3}, ["below"]),
        ({"limit": 0.0}, ["below"]),
        ({"limit": None}, ["null"]),
        ({"paid_3": -5.0}, ["below"]),
        ({"age": -1.0}, ["below"]),
        ({"bill_1": float("inf")}, ["not_finite"]),
        ({"delay_1": None}, ["null"]),
        ({"bill_3": None}, ["half_given"]),
        ({"delay_2": None, "bill_2": None, "paid_2": None}, ["gap"]),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    pipeline: Pipeline, values: dict[str, Any], keys: list[str]
) -> None:
    assert reasons(pipeline, client(), client(**values), client()) == [[], keys, []]


def test_codes_that_nobody_explained_are_scored(pipeline: Pipeline) -> None:
    """EDUCATION 0, 5, 6 and MARRIAGE 0 of the UCI data, a missing age, a negative bill."""
    some = [client(education=code) for code in ("0", "5", "6", "doctor")]
    some += [client(marriage="0"), client(age=None), client(bill_1=-500.0)]
    assert reasons(pipeline, *some) == [[]] * len(some)


def test_a_file_of_only_broken_records_scores_nothing_and_says_why(pipeline: Pipeline) -> None:
    assert reasons(pipeline, client(delay_1=99), client(delay_1=99)) == [["above"]] * 2


def test_a_missing_column_is_named(pipeline: Pipeline, clients: pa.Table) -> None:
    with pytest.raises(DataError, match="limit"):
        pipeline.score(clients.drop_columns(["limit"]))


def test_columns_of_older_months_may_be_left_out(pipeline: Pipeline, clients: pa.Table) -> None:
    names = [f"{name}_{month}" for name in ("delay", "bill", "paid") for month in range(2, 7)]
    scored = pipeline.score(clients.drop_columns(names))
    assert len(scored) == len(clients)
    assert np.isfinite(scored["score"]).all()


def test_an_empty_table_gives_an_empty_answer(pipeline: Pipeline, clients: pa.Table) -> None:
    assert len(pipeline.score(clients.slice(0, 0))) == 0


def test_an_empty_file_is_told_and_leaves_nothing(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.csv").write_text("")
    out = tmp_path / "scores.csv"
    source = tmp_path / "empty.csv"
    code = lepton(monkeypatch, "score", "fraud_rnn/credit@sample", source, "--out", out)
    assert code == 1
    assert "empty.csv" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.csv"]


def test_the_uci_file_is_recognised_by_its_columns(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names, codes and nan ages go in as they are."""
    ours = records(
        client(age=None, sex="2", education="5", default=1), client(delay_1=2, default=0)
    )
    theirs = {
        **{f"delay_{m}": f"PAY_{m if m > 1 else 0}" for m in range(1, 7)},
        **{f"bill_{m}": f"BILL_AMT{m}" for m in range(1, 7)},
        **{f"paid_{m}": f"PAY_AMT{m}" for m in range(1, 7)},
        "record_id": "ID",
        "limit": "LIMIT_BAL",
        "default": "default.payment.next.month",
    }
    table = ours.rename_columns([theirs.get(name, name.upper()) for name in ours.column_names])
    path, out = tmp_path / "UCI_Credit_Card.csv", tmp_path / "scores.jsonl"
    csv.write_csv(table, path)
    path.write_text(path.read_text().replace(",,", ",nan,", 1))
    code = lepton(monkeypatch, "score", "fraud_rnn/credit@sample", path, "--out", out)
    assert code == 0, capsys.readouterr().err
    scored = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["record_id"] for one in scored] == ["0", "1"]

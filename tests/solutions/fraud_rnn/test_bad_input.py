"""Whatever is wrong with the input: one clear line, the right exit code, nothing half written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEAD = "record_id,time,card,terminal,amount\n"
GOOD = "t1,2026-01-01T08:00:00,c1,s1,20.5\n"


def score(source: Path, *more: str, target: str = "fraud_rnn@sample") -> tuple[int, str, Path]:
    """Exit code, stderr and output path of ``lepton score`` in a fresh process."""
    out = source.parent / "scores.parquet"
    command = [sys.executable, "-m", "lepton_core.cli", "score", target, str(source)]
    run = subprocess.run(
        [*command, "--out", str(out), *more], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in run.stderr
    return run.returncode, run.stderr, out


def failed(source: Path, *told: str, target: str = "fraud_rnn@sample") -> None:
    """One line on stderr that tells what is wrong; exit code 1; no output."""
    before = set(source.parent.iterdir())
    code, text, _ = score(source, target=target)
    assert code == 1
    assert len(text.strip().splitlines()) == 1
    for part in told:
        assert part in text
    assert set(source.parent.iterdir()) == before


def rejected(out: Path) -> list[dict]:
    """The lines of ``<out>.rejected.jsonl``."""
    text = Path(f"{out}.rejected.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def refused(source: Path, ids: list[str | None], word: str) -> None:
    """Exit code 3; the bad records with id and reason beside the output, the others scored."""
    code, _, out = score(source)
    assert code == 3
    lines = rejected(out)
    assert [line["record_id"] for line in lines] == ids
    for line in lines:
        assert any(word in reason["message"] for reason in line["reasons"])
    assert not set(pq.read_table(out).column("record_id").to_pylist()) & set(ids)


def test_missing_columns(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("record_id,time,cards\nt1,2026-01-01,c1\n")
    failed(tmp_path / "in.csv", "in.csv", "card, amount", "--map cards=card")


def test_a_column_of_the_wrong_type(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + "t1,2026-01-01,c1,s1,cheap\n")
    failed(tmp_path / "in.csv", "amount", "float64", "cheap")


@pytest.mark.parametrize(
    ("amount", "word"),
    [("-3", "at least 0"), ("nan", "finite"), ("inf", "finite"), ("x", "readable"), ("", "empty")],
)
def test_bad_amounts(tmp_path: Path, amount: str, word: str) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD + f"t2,2026-01-01T09:00:00,c1,s1,{amount}\n")
    refused(tmp_path / "in.csv", ["t2"], word)


def test_amounts_as_people_write_them(tmp_path: Path) -> None:
    amounts = ["20.5", '"$1,234.50"', '"1.234,50 €"', '"¥1,200"', "CHF 1'234.50", "１２", '" 7,5 "']
    times = [f"2026-01-01T{hour:02d}:00:00" for hour in range(len(amounts))]
    plain = ["20.5", "1234.5", "1234.5", "1200", "1234.5", "12", "7.5"]
    told = []
    for column in (amounts, plain):
        rows = [f"t{n},{times[n]},c1,s1,{amount}\n" for n, amount in enumerate(column)]
        (tmp_path / "in.csv").write_text(HEAD + "".join(rows))
        code, _, out = score(tmp_path / "in.csv", "--overwrite")
        assert code == 0
        told.append(pq.read_table(out).column("score").to_pylist())
    assert told[0] == told[1]


@pytest.mark.parametrize(("amount", "word"), [('"1,234"', "thousands"), ("(45.00)", "at least 0")])
def test_amounts_that_are_not_taken(tmp_path: Path, amount: str, word: str) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD + f"t2,2026-01-01T09:00:00,c1,s1,{amount}\n")
    refused(tmp_path / "in.csv", ["t2"], word)


def test_a_repeated_transaction_id(tmp_path: Path) -> None:
    rows = HEAD + GOOD + "t2,2026-01-01T09:00:00,c1,s1,3\n" + GOOD.replace("20.5", "99")
    (tmp_path / "in.csv").write_text(rows)
    code, _, out = score(tmp_path / "in.csv")
    assert code == 3
    # The first one counts; the repetition is refused.
    assert pq.read_table(out).column("record_id").to_pylist() == ["t1", "t2"]
    (line,) = rejected(out)
    assert (line["record_id"], line["row"]) == ("t1", 2)


def test_times_out_of_order(tmp_path: Path) -> None:
    late = "t2,2025-12-31T09:00:00,c1,s1,5\nt3,2025-12-24T09:00:00,c1,s1,5\n"
    (tmp_path / "in.csv").write_text(HEAD + GOOD + late)
    refused(tmp_path / "in.csv", ["t3"], "at most 7 days back are taken. Sort the input by time")


@pytest.mark.parametrize("text", ["", HEAD], ids=["no byte", "no row"])
def test_an_empty_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    failed(tmp_path / "in.csv", "in.csv", "no records")


def test_a_truncated_parquet(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"record_id": ["a"] * 1000}), whole)
    (tmp_path / "in.parquet").write_bytes(whole.read_bytes()[:-200])
    failed(tmp_path / "in.parquet", "in.parquet", "cut off")


def test_a_bundle_with_one_byte_changed(tmp_path: Path) -> None:
    from lepton_core.solution import find_task

    bundle = tmp_path / "sample"
    shutil.copytree(find_task("fraud_rnn").bundle("sample"), bundle)
    model = bundle / "models" / "step.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(bytes(content))
    (tmp_path / "in.csv").write_text(HEAD + GOOD)
    failed(tmp_path / "in.csv", "models/step.onnx", "changed", target=str(bundle))


def test_an_output_that_exists_is_kept(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD)
    (tmp_path / "scores.parquet").write_text("mine")
    code, text, out = score(tmp_path / "in.csv")
    assert code == 2
    assert "--overwrite" in text
    assert out.read_text() == "mine"
    assert score(tmp_path / "in.csv", "--overwrite")[0] == 0


def test_strict_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD + "t2,2026-01-01T09:00:00,c1,s1,-5\n")
    code, text, out = score(tmp_path / "in.csv", "--strict")
    assert code == 1
    assert "t2" in text
    assert not out.exists()


def test_a_broken_csv_line(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD + "t2,2026-01-01,c1\n")
    failed(tmp_path / "in.csv", "row 3")


def test_an_unknown_task(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD)
    code, text, _ = score(tmp_path / "in.csv", target="frauds")
    assert code == 2
    assert "fraud_rnn" in text


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    source = tmp_path / "scores.csv"
    source.write_text(HEAD + GOOD)
    command = [sys.executable, "-m", "lepton_core.cli", "score", "fraud_rnn@sample", str(source)]
    run = subprocess.run(
        [*command, "--out", str(source), "--overwrite"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "input itself" in run.stderr
    assert source.read_text() == HEAD + GOOD


def test_a_blank_card_is_no_card(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEAD + GOOD + "t2,2026-01-01T09:00:00,  ,s1,5\n")
    refused(tmp_path / "in.csv", ["t2"], "empty")

"""Files as they come, through ``lepton score``: each has a defined outcome or a plain refusal."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from lepton_core.cli.main import main

LINES = "user,item,time,quantity,price\n"
CONTRACT = "record_id,tenure,contract,monthly,total\n"


def score(task: str, text: str, folder: Path) -> tuple[int, dict[str, dict[str, str]], list[str]]:
    """Exit code, predictions by id, and the reasons of what was refused."""
    (folder / "in.csv").write_text(text)
    out = folder / "out.csv"
    words = ["score", f"retail_recommender/{task}@sample", str(folder / "in.csv")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["lepton", *words, "--out", str(out)])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert isinstance(code, int)
    if not out.exists():
        return code, {}, []
    with out.open() as lines:
        rows = {row["record_id"]: row for row in csv.DictReader(lines)}
    beside = folder / "out.csv.rejected.jsonl"
    refused = beside.read_text().splitlines() if beside.exists() else []
    return code, rows, [json.loads(line)["reasons"][0]["key"] for line in refused]


@pytest.mark.parametrize(
    ("lines", "ids", "reasons"),
    [
        # one order is enough
        ("a,x,2025-03-01,1,5\n", "a", []),
        # nothing but returns of what was bought before the table begins: no order
        ("a,x,2025-03-01,-1,5\na,y,2025-03-02,-3,5\nb,x,2025-03-01,1,5\n", "b", ["no_orders"]),
        # prices as people write them; a word is none
        (
            'a,x,2025-03-01,1,$5.50\nb,x,2025-03-01,1,"1,234.50 EUR"\nc,x,2025-03-01,2,free\n',
            "ab",
            ["type"],
        ),
        # a date to come would make the others silent for a thousand years
        (
            "a,x,2025-03-01,1,5\nb,x,2999-03-01,1,5\n",
            "",
            ["as_of_to_come", "as_of_to_come"],
        ),
        # nobody, nothing, no time
        (",x,2025-03-01,1,5\na,,2025-03-01,1,5\nb,x,2025-03-01,1,5\n", "b", ["null", "null"]),
    ],
)
def test_order_lines_as_they_come(lines: str, ids: str, reasons: list[str], tmp_path: Path) -> None:
    code, rows, refused = score("customers", LINES + lines, tmp_path)
    assert "".join(sorted(rows)) == ids
    assert refused == reasons
    assert code == (3 if reasons else 0)


def test_zones_are_one_time(tmp_path: Path) -> None:
    lines = (
        "a,x,2025-03-01T23:00:00+00:00,1,5\n"
        "a,y,2025-03-02T01:00:00+02:00,1,5\n"  # the same moment
        "b,x,2025-03-01 11:00,1,5\n"
    )
    _, rows, _ = score("customers", LINES + lines, tmp_path)
    assert (rows["a"]["orders"], float(rows["a"]["recency_days"])) == ("1", 0.0)
    assert float(rows["b"]["recency_days"]) == 0.5


def test_a_missing_column_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows, _ = score("customers", "user,item,time\na,x,2025-03-01\n", tmp_path)
    assert (code, rows) == (1, {})
    assert "price" in capsys.readouterr().err


def test_contracts_as_they_come(tmp_path: Path) -> None:
    lines = (
        'a,0,Two year,50," "\n'  # the first month: nothing charged so far
        "b,5,One year,20,100\nc,-2,One year,20,1\nd,5,One year,,9\ne,5,Never heard of,20,100\n"
    )
    code, rows, refused = score("churn", CONTRACT + lines, tmp_path)
    assert (code, sorted(rows), refused) == (3, ["a", "b", "e"], ["below", "null"])
    assert all(0 < float(row["probability"]) < 1 for row in rows.values())

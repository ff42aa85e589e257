"""No cell of a download is a formula, whoever wrote it; numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.spreadsheet import shown_cell, to_csv

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\r=1"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_no_text_is_run(evil: str, kind: pa.DataType) -> None:
    table = pa.table({evil: pa.array([evil, None, "fine"], kind), "n": [-1.5, 2.0, 3.0]})
    told = list(csv.reader(io.StringIO(to_csv(table).decode(), newline="")))
    assert told[0] == ["'" + evil, "n"]
    assert [row[0] for row in told[1:]] == ["'" + evil, "", "fine"]
    assert [float(row[1]) for row in told[1:]] == [-1.5, 2.0, 3.0]


def test_words_of_a_dictionary_are_shown_too() -> None:
    table = pa.table({"label": pa.array(["=1", "=1", "b"]).dictionary_encode()})
    assert to_csv(table).decode().split() == ['"label"', '"\'=1"', '"\'=1"', '"b"']


def test_numbers_are_left_alone() -> None:
    assert [shown_cell(value) for value in (-0.5, None, True)] == [-0.5, None, True]


def test_every_download_of_a_page_is_written_so() -> None:
    """A page that writes CSV by itself lets a cell of somebody's file run on a colleague's desk."""
    direct = [
        str(path.relative_to(ROOT))
        for folder in ("solutions", "lepton_core")
        for path in (ROOT / folder).rglob("*.py")
        if (path.name.startswith("dashboard") or "ui" in path.parts)
        and re.search(r"write_csv\(|\.to_csv\(", path.read_text(encoding="utf-8"))
    ]
    assert not direct, f"these write CSV without lepton_core.spreadsheet: {direct}"

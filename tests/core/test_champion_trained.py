"""``lepton train --champion`` from records to a promoted bundle, with trained models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lepton_core.bundle
import lepton_core.solution
from lepton_core.bundle_files import read_json, verify_manifest
from lepton_core.cli import main as command
from lepton_core.store import Store, Verdict
from lepton_core.templates.table.records.sample import generate
from lepton_core.templates.table.records.task import TASK as TEMPLATE

pytestmark = pytest.mark.slow

TASK = replace(TEMPLATE, package="lepton_core.templates.table.records")
BRIEF = ("--set", "epochs=15")

Train = Callable[..., tuple[int, str, str]]


@pytest.fixture
def train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Train:
    """Runs ``lepton train`` of a template's task in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "store.sqlite"))
    for module in (lepton_core.bundle, lepton_core.solution):
        monkeypatch.setattr(module, "find_task", lambda name: TASK)
    table = generate(contracts=3000)
    pq.write_table(table, "good.parquet")
    mixed = np.random.default_rng(0).permutation(table["left"].to_numpy())
    at = table.column_names.index("left")
    pq.write_table(table.set_column(at, "left", pa.array(mixed)), "shuffled.parquet")

    def run(data: str, out: str, *more: str) -> tuple[int, str, str]:
        words = ["lepton", "train", "my_solution", "--data", data, "--out", out, *BRIEF, *more]
        monkeypatch.setattr(sys, "argv", words)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command.main()
        out_text, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out_text, err

    return run


def test_a_champion_of_shuffled_labels_is_replaced_and_an_equal_one_stays(train: Train) -> None:
    assert train("shuffled.parquet", "champion")[0] == 0
    worthless = (Path("champion") / "manifest.json").read_bytes()

    # Better, and not asked to take the place: both bundles stand, and the text says so.
    code, out, _ = train("good.parquet", "first", "--champion", "champion")
    assert code == 0
    assert "Promoted" in out
    card = read_json(Path("first"), "card.json")
    assert card["champion"]["promoted"] is True
    assert card["champion"]["figures"]["auc"]["low"] > 0.05
    assert "Promoted" in (Path("first") / "CARD.md").read_text(encoding="utf-8")
    assert (Path("champion") / "manifest.json").read_bytes() == worthless

    promoted = ("--champion", "champion", "--promote", "--overwrite", "--json")
    code, out, _ = train("good.parquet", "first", *promoted)
    found = json.loads(out)
    assert found["promoted"] is True
    assert (Path("champion.previous") / "manifest.json").read_bytes() == worthless
    verify_manifest(Path("champion"))
    assert read_json(Path("champion"), "card.json")["settings"] == card["settings"]

    # The same data and another seed: as good as the champion, and no more.
    better = (Path("champion") / "manifest.json").read_bytes()
    code, out, _ = train("good.parquet", "second", "--seed", "1", *promoted)
    assert code == 0
    found = json.loads(out)
    assert found["promoted"] is found["champion"]["promoted"] is False
    assert (Path("champion") / "manifest.json").read_bytes() == better
    text = (Path("second") / "CARD.md").read_text(encoding="utf-8")
    assert "Not promoted" in text
    assert read_json(Path("second"), "card.json")["champion"]["margin"] == 0.0


def test_verdicts_become_labels_and_a_stranger_among_them_is_told(train: Train) -> None:
    table = pq.read_table("good.parquet")
    mixed = pq.read_table("shuffled.parquet")
    ids, truth = table["record_id"].to_pylist(), table["left"].to_pylist()
    words = [("stays", "leaves")[value] for value in truth]
    store = Store.open()
    said = [Verdict(TASK.name, "", i, "ana", w) for i, w in zip(ids, words, strict=True)]
    store.add_verdicts([*said, Verdict(TASK.name, "", "c99999", "ana", "stays")])
    wrong = sum(a != b for a, b in zip(truth, mixed["left"].to_pylist(), strict=True))

    code, out, err = train("shuffled.parquet", "corrected", "--feedback", "--json")
    assert code == 0
    feedback = json.loads(out)["feedback"]
    assert feedback["matched"] == 3000
    assert feedback["overridden"] == wrong
    assert feedback["ids"]["unknown"] == ["c99999"]
    assert "c99999" in err
    # With its labels corrected the data teaches what it did before they were shuffled.
    card = read_json(Path("corrected"), "card.json")
    assert card["metrics"]["auc"]["low"] > 0.6
    assert card["data"]["feedback"] == {k: v for k, v in feedback.items() if k != "ids"}
    assert "c99999" not in json.dumps(card)


def test_options_without_a_champion_and_a_champion_in_the_way_are_refused(train: Train) -> None:
    for option in (("--promote",), ("--margin", "0.1"), ("--metric", "ap")):
        code, out, err = train("good.parquet", "x", *option)
        assert (code, out) == (2, "")
        assert option[0] in err
    assert train("shuffled.parquet", "champion")[0] == 0
    code, _, err = train("good.parquet", "champion", "--champion", "champion", "--overwrite")
    assert code == 2
    assert "itself" in err
    pq.write_table(generate(contracts=3000, start="2020-01-01"), "earlier.parquet")
    code, _, err = train("earlier.parquet", "y", "--champion", "champion")
    assert code == 1
    assert "learned from records until" in err
    assert not Path("y").exists()

"""``lepton train --feedback --also``: mistakes on the line are learned, the test part stays."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import lepton_core.bundle
import lepton_core.solution
from lepton_core.bundle_files import read_json
from lepton_core.cli import main as command
from lepton_core.store import Store, Verdict
from lepton_core.templates.image.pictures.sample import generate
from lepton_core.templates.image.pictures.task import TASK as TEMPLATE

pytestmark = pytest.mark.slow

TASK = replace(TEMPLATE, package="lepton_core.templates.image.pictures")

Lepton = Callable[..., dict[str, object]]


@pytest.fixture
def lepton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lepton:
    """Runs ``lepton ... --json`` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "store.sqlite"))
    for module in (lepton_core.bundle, lepton_core.solution):
        monkeypatch.setattr(module, "find_task", lambda name: TASK)

    def run(*words: str) -> dict[str, object]:
        monkeypatch.setattr(sys, "argv", ["lepton", *words, "--json"])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command.main()
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
        found: dict[str, object] = json.loads(out)
        return found

    return run


def write(folder: str, seed: int, pictures: int, flat: bool = False) -> dict[str, str]:
    """Pictures in class folders, or all in one; id -> class."""
    said = {}
    rows = generate(seed, pictures).to_pylist()
    for number, row in enumerate(rows):
        name = f"part {number:04}.png" if flat else row["record_id"]
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row["image"]["bytes"])
        said[name] = row["label"]
    return said


def test_what_was_overruled_on_the_line_is_learned_and_shown_before_it_is_promoted(
    lepton: Lepton,
) -> None:
    brief = ("--set", "model.epochs=12", "--set", "split.test=0.3")
    write("data", 0, 400)
    lepton("train", "my_solution", "--data", "data", "--out", "champion", *brief)
    truth = write("line", 1, 400, flat=True)
    store = Store.open()
    store.add_verdicts([Verdict(TASK.name, "", name, "ana", word) for name, word in truth.items()])
    test_id = next(iter(sorted(p.relative_to("data").as_posix() for p in Path("data").rglob("*"))))
    store.add_verdict(Verdict(TASK.name, "", test_id, "ana", "stripe"))

    challenger = ("--data", "data", "--also", "line", "--feedback", "--champion", "champion")
    found = lepton("train", "my_solution", *challenger, "--out", "next", *brief)
    card, before = (read_json(Path(name), "card.json") for name in ("next", "champion"))
    gathered = card["data"]["gathered"]
    assert gathered["further"] == gathered["learned"] == 400
    assert card["protocol"]["test_fingerprint"] == before["protocol"]["test_fingerprint"]
    assert card["protocol"]["train_records"] == before["protocol"]["train_records"] + 400
    contest = found["champion"]
    assert isinstance(contest, dict)
    wrong = contest["changed"]["wrong"]
    assert len(wrong["ids"]["gone"]) == wrong["gone"]
    # Twice as many pictures to learn from: fewer mistakes on the very same test part.
    assert wrong["challenger"] < wrong["champion"]
    assert contest["figures"]["accuracy"]["gain"] > 0
    assert "part 0001.png" not in json.dumps(card)

    # Its figures can be had again on the data it is tested on, and the queue goes on from here.
    report = lepton("evaluate", "next", "--data", "data")
    assert report["n"] == contest["records"]
    queue = lepton("queue", "next", "line")
    assert queue["labelled"] == 400
    assert queue["queue"] == []

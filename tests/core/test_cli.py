"""``lepton``: one JSON object where asked, one line where it fails, and light when scoring."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer

from lepton_core.cli import main as command
from lepton_core.solution import Broken, solutions

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("keras", "tensorflow", "torch", "jax", "sklearn", "lightgbm", "transformers")
HEAD = "record_id,time,card,terminal,amount\n"
GOOD = "t1,2026-01-01T08:00:00,c1,s1,20.5\n"
BAD = "t2,2026-01-01T09:00:00,c1,s1,-5\n"


class Lepton:
    """Runs ``lepton`` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        self._monkeypatch.setattr(sys, "argv", ["lepton", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command.main()
        out, err = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """The one object on stdout; anything before or after it is not JSON."""
        ended, out, _ = self(*arguments, "--json")
        assert ended == code
        value = json.loads(out)
        assert isinstance(value, dict)
        return value


@pytest.fixture
def lepton(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Lepton:
    return Lepton(monkeypatch, capsys)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(HEAD + GOOD)
    return path


def commands() -> Iterator[tuple[str, Any]]:
    """``data list`` -> command, of every command."""
    for name, found in typer.main.get_command(command.cli).commands.items():  # type: ignore[attr-defined]
        below = getattr(found, "commands", {})
        yield name, found
        for other, sub in below.items():
            yield f"{name} {other}", sub


NAMES = [name for name, _ in commands()]


def test_list_shows_every_shipped_bundle_with_figures(lepton: Lepton) -> None:
    found = lepton.json("list")
    assert found["broken"] == []
    shipped = {(t.name, b) for s in solutions()[0] for t in s.tasks for b in t.bundles()}
    assert {(row["task"], row["bundle"]) for row in found["bundles"]} == shipped
    for row in found["bundles"]:
        assert row["figures"]
        assert row["licence"] not in ("", "-")
    defaults = [row["task"] for row in found["bundles"] if row["default"]]
    assert sorted(defaults) == sorted({row["task"] for row in found["bundles"]})
    code, out, _ = lepton("list")
    assert code == 0
    assert "fraud_rnn/transactions" in out


def test_verify_says_how_near_the_stored_outputs_are(lepton: Lepton) -> None:
    found = lepton.json("verify", "fraud_rnn@sample")
    assert found["ok"]
    assert 0 <= found["parity"] <= 1e-4


def test_demo_finds_frauds_it_never_learned_from(lepton: Lepton) -> None:
    (found,) = lepton.json("demo", "fraud_rnn")["demos"]
    assert found["rejected"] == 0
    assert sum(found["labels"].values()) == found["records"] > 100_000
    assert 0 < found["found_positives"] <= found["known_positives"]


def test_a_broken_solution_does_not_spoil_the_json(
    lepton: Lepton, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, _ = solutions()
    broken = [Broken("theirs", "ImportError: no module")]
    monkeypatch.setattr("lepton_core.solution.solutions", lambda: (loaded, broken))
    assert lepton.json("list")["broken"] == [{"solution": "theirs", "reason": broken[0].reason}]
    assert lepton.json("demo", "fraud_rnn")["demos"]
    _, out, err = lepton("demo", "fraud_rnn")
    assert "theirs" in out + err


def test_data_sets_are_listed_and_found(lepton: Lepton) -> None:
    found = {row["name"]: row for row in lepton.json("data", "list")["datasets"]}
    assert found["fraud_sample"]["here"]
    assert all(row["licence"] for row in found.values())
    code, out, _ = lepton("data", "path", "fraud_sample")
    assert code == 0
    assert Path(out.strip()).is_file()


def test_an_unknown_data_set_is_told_with_the_known_ones(lepton: Lepton) -> None:
    code, out, err = lepton("data", "path", "nosuch")
    assert code in (1, 2)
    assert out == ""
    assert "fraud_sample" in err


def test_a_generated_sample_can_be_scored(lepton: Lepton, tmp_path: Path) -> None:
    records, out = tmp_path / "records.parquet", tmp_path / "scores.parquet"
    assert lepton("data", "sample", "fraud_rnn", "--seed", 4, "--out", records)[0] == 0
    found = lepton.json("score", "fraud_rnn@sample", records, "--out", out)
    assert found["scored"] == found["read"] == pq.read_metadata(records).num_rows
    assert pq.read_metadata(out).num_rows == found["scored"]


def test_scored_without_a_fault_ends_with_0(lepton: Lepton, source: Path) -> None:
    found = lepton.json("score", "fraud_rnn@sample", source, "--out", source.with_name("o.csv"))
    assert (found["read"], found["scored"], found["rejected"]) == (1, 1, 0)


def test_unusable_data_ends_with_1_and_one_line(lepton: Lepton, tmp_path: Path) -> None:
    score = ("score", "fraud_rnn@sample", tmp_path / "none.csv", "--out", tmp_path / "o.csv")
    code, out, err = lepton(*score)
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("lepton: ")
    error = lepton.json(*score, code=1)["error"]
    assert error["key"] == "data.no_file"
    assert error["message"] in err


@pytest.mark.parametrize(
    "words",
    [
        ("nosuch",),
        ("score",),
        ("list", "--nosuch"),
        ("verify", "nosuch"),
        ("verify", "fraud_rnn@nosuch"),
        ("score", "fraud_rnn@sample", "{source}", "--out", "{source}.xlsx"),
        ("score", "fraud_rnn@sample", "{source}", "--out", "{source}"),
        ("score", "fraud_rnn@sample", "{source}", "--out", "{source}.csv", "--map", "card"),
        ("evaluate", "fraud_rnn", "--data", "fraud_sample", "--set", "model.epochs=1"),
        ("evaluate", "fraud_rnn@sample", "--data", "fraud_sample", "--train"),
        ("train", "fraud_rnn", "--set", "nosuch=1"),
    ],
)
def test_wrong_usage_ends_with_2(lepton: Lepton, source: Path, words: tuple[str, ...]) -> None:
    code, out, err = lepton(*(word.format(source=source) for word in words))
    assert (code, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err
    assert [path.name for path in source.parent.iterdir()] == ["in.csv"]


def test_refused_records_end_with_3(lepton: Lepton, source: Path) -> None:
    source.write_text(HEAD + GOOD + BAD)
    out = source.with_name("o.csv")
    found = lepton.json("score", "fraud_rnn@sample", source, "--out", out, code=3)
    assert (found["read"], found["scored"], found["rejected"]) == (2, 1, 1)
    assert Path(f"{out}.rejected.jsonl").is_file()


def test_reasons_are_written_for_the_named_records(lepton: Lepton, source: Path) -> None:
    out = source.with_name("reasons")
    found = lepton.json("explain", "fraud_rnn@sample", source, "--out", out, "--id", "t1")
    assert found["explained"] == 1
    (line,) = (out / "reasons.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["record_id"] == "t1"
    assert [path.name for path in out.iterdir()] == ["reasons.jsonl"]


def test_the_unforeseen_is_one_line_too(lepton: Lepton, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("lepton_core.bundle.verify_parity", fails)
    code, out, err = lepton("verify", "fraud_rnn@sample")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert "ZeroDivisionError: by nought" in err
    assert "--debug" in err
    with pytest.raises(ZeroDivisionError):
        lepton("verify", "fraud_rnn@sample", "--debug")


def test_an_interruption_ends_with_130(lepton: Lepton, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lepton_core.bundle.verify_parity", stopped)
    code, _, err = lepton("verify", "fraud_rnn@sample")
    assert (code, err) == (130, "lepton: stopped.\n")


@pytest.mark.parametrize("debug", [False, True])
def test_only_debug_shows_a_traceback(tmp_path: Path, debug: bool) -> None:
    words = ["score", "fraud_rnn@sample", "none.csv", "--out", "o.csv", *["--debug"] * debug]
    run = subprocess.run(
        [sys.executable, "-m", "lepton_core.cli", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert ("Traceback" in run.stderr) == debug
    assert "none.csv" in run.stderr


@pytest.mark.parametrize("words", ["score", "verify", "list", "explain", "data list"])
def test_scoring_loads_nothing_heavy(source: Path, words: str) -> None:
    arguments = {
        "score": ["fraud_rnn@sample", str(source), "--out", str(source.with_name("o.parquet"))],
        "explain": ["fraud_rnn@sample", str(source), "--out", str(source.with_name("reasons"))],
        "verify": ["fraud_rnn@sample"],
    }.get(words, [])
    program = (
        "import sys\n"
        "from lepton_core.cli.main import main\n"
        f"sys.argv = {['lepton', *words.split(), *arguments]!r}\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        f"unused = {(*HEAVY, 'lepton_core.rules.ruleset')!r}\n"
        "print(code, [name for name in unused if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(("name", "found"), list(commands()), ids=NAMES)
def test_every_command_has_help(lepton: Lepton, name: str, found: Any) -> None:
    assert found.help
    code, out, _ = lepton(*name.split(), "--help")
    assert code == 0
    assert found.help.split()[0] in out


@pytest.mark.parametrize("name", [name for name in NAMES if " " not in name])
def test_every_command_is_told_of_in_the_documents(name: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert re.search(rf"\blepton {name}\b", text), f"no page names lepton {name}"

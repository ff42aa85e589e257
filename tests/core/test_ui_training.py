"""A training that a page began: a process that the page, or its server, may lose sight of."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.errors import UsageError
from lepton_core.scoring.lock import lock
from lepton_core.ui import training_job
from lepton_core.ui.training_home import Trainings, bundle_name
from lepton_core.ui.training_job import DONE, FAILED, RUNNING, STOPPED, PageTraining

RECORDS = pa.table({"record_id": ["a", "b"]})
# The worker as it is, with a training that tells no step and does not end by itself.
ENDLESS = """
import sys, time
from pathlib import Path
from lepton_core.ui import training_worker

def train(folder, say):
    say(step="start", done=0, total=1)
    time.sleep(300)

training_worker._train = train
training_worker.main(Path(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def training() -> PageTraining:
    """One that nobody is at."""
    made = PageTraining(Trainings("shop/task").home / "mine")
    made.folder.mkdir(parents=True)
    (made.folder / "asked.json").write_text('{"epochs": 8}')
    return made


@pytest.fixture
def of_another_server(training: PageTraining) -> Iterator[subprocess.Popen[bytes]]:
    """A worker at it that this server has not started."""
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(training.folder)])
    until = time.monotonic() + 120
    while not training.told() and time.monotonic() < until:
        time.sleep(0.1)
    yield process
    process.kill()
    process.wait()


def wait(training: PageTraining, seconds: float = 120) -> str:
    """The state once it no longer runs."""
    until = time.monotonic() + seconds
    while training.state == RUNNING and time.monotonic() < until:
        time.sleep(0.1)
    return training.state


def start(name: str = "mine") -> PageTraining:
    return Trainings("nowhere/else").start(name, RECORDS, ["a=1"], source="orders.csv", seed=7)


def test_what_cannot_be_trained_says_why_in_both_languages() -> None:
    training = start()
    assert (
        training.asked["command"]
        == "lepton train nowhere/else --data orders.csv --set a=1 --seed 7"
    )
    assert wait(training) == FAILED
    assert training.last["text"].keys() == {"en", "zh"}
    assert "nowhere" in training.last["text"]["zh"]
    assert Trainings("nowhere/else").bundles() == {}


def test_what_fails_unexpectedly_tells_its_reason_and_keeps_its_log() -> None:
    training = start()
    wait(training)
    (training.folder / "asked.json").write_text("{}")
    training.go_on()
    assert wait(training) == FAILED
    assert training.last["reason"] == "KeyError: 'task'"
    assert "KeyError" in training.log.read_text()


def test_one_that_runs_is_not_started_twice_and_can_be_cancelled() -> None:
    training = start()
    with pytest.raises(UsageError, match="mine"):
        start()
    training.cancel()
    assert training.state in (STOPPED, FAILED)
    assert Trainings("nowhere/else").all() == [training]
    training.remove()
    assert Trainings("nowhere/else").all() == []


def test_a_process_of_another_server_counts_as_running_and_ends_when_asked(
    training: PageTraining, of_another_server: subprocess.Popen[bytes]
) -> None:
    assert training.state == RUNNING
    training.go_on()
    assert training.folder not in training_job._started
    training.cancel()
    assert training.state == STOPPED
    assert of_another_server.wait(timeout=30) == -signal.SIGTERM


def test_a_process_of_another_server_ends_with_its_folder(
    training: PageTraining, of_another_server: subprocess.Popen[bytes]
) -> None:
    training.remove()
    assert not training.folder.exists()
    assert of_another_server.wait(timeout=30) == -signal.SIGTERM


def test_an_older_word_of_cancelling_does_not_end_another_start() -> None:
    training = start()
    training.cancel()
    training.go_on()
    assert not (training.folder / "cancel").exists()
    assert wait(training) == FAILED


def test_a_line_that_is_being_written_is_passed_over(training: PageTraining) -> None:
    (training.folder / "progress.jsonl").write_text('{"step": "read", "done": 1, "total": 3}\n{"st')
    assert training.steps() == {"read": (1, 3)}
    assert training.state == STOPPED


def test_a_bundle_that_stands_is_found_by_its_name(training: PageTraining) -> None:
    training.bundle.mkdir(parents=True)
    assert Trainings("shop/task").bundles() == {}
    (training.bundle / "manifest.json").write_text("{}")
    assert training.state == DONE
    assert Trainings("shop/task").bundles() == {"mine": training.bundle}
    assert Trainings("shop/other").bundles() == {}


@pytest.mark.parametrize("name", ["..", "../../x", "/etc", "a/b", "C:\\x", ""])
def test_a_name_leads_nowhere_else(name: str) -> None:
    folder, home = bundle_name(name), Trainings("shop/task").home
    assert folder == "" or (home / folder).parent == home


def _page(folder: str, state: str) -> None:
    from pathlib import Path

    from lepton_core.messages import set_language
    from lepton_core.ui.training_job import PageTraining
    from lepton_core.ui.training_progress import show_failure, show_progress

    set_language("en")
    training = PageTraining(Path(folder))
    show_progress(training, state)
    if state == "failed":
        show_failure(training)


def bars(training: PageTraining, state: str = RUNNING) -> list[tuple[int, str]]:
    """Each bar that a page shows of it: hundredths, and the sentence."""
    page = AppTest.from_function(_page, args=(str(training.folder), state), default_timeout=60)
    with lock(training.folder):
        page.run()
    assert not page.exception
    return [(bar.proto.value, bar.proto.text) for bar in page.get("progress")]


def test_a_page_shows_the_start_then_each_step_then_the_epochs(training: PageTraining) -> None:
    assert bars(training) == [(0, "Starting ...")]
    lines = [("start", 0, 1), ("read", 1, 4), ("read", 2, 4), ("sifted", 3, 3)]
    told = [{"step": step, "done": done, "total": total} for step, done, total in lines]
    (training.folder / "progress.jsonl").write_text("".join(f"{json.dumps(x)}\n" for x in told))
    steps = [(50, "Pictures read: 2 of 4."), (100, "sifted: 3 / 3")]
    assert bars(training) == steps
    run = training.folder / "run" / "model" / "run.json"
    run.parent.mkdir(parents=True)
    run.write_text('{"history": {"loss": [3.0, 2.0]}}')
    assert bars(training) == [*steps, (25, "Epochs done: 2 of at most 8")]
    assert bars(training, STOPPED) == steps

"""``lepton app``: on this machine alone, and one clear line where it cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from lepton_core.cli.app import hub_script, is_free, streamlit_arguments

LEPTON = Path(sys.executable).with_name("lepton")


def lepton(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [LEPTON, "app", "--headless", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_an_unknown_solution_is_told_with_the_known_ones() -> None:
    run = lepton("frud")
    assert run.returncode == 2
    assert run.stderr.startswith("lepton: There is no solution frud to show. Known: ")
    assert "fraud_rnn" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        run = lepton("--port", str(port))
    assert run.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken" in run.stderr
    assert "--port" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_nobody_else_is_served_and_nobody_else_is_called() -> None:
    arguments = streamlit_arguments(None, 8600, headless=False, reload=False)
    assert "--server.address=127.0.0.1" in arguments
    assert "--browser.gatherUsageStats=false" in arguments
    assert "--runner.magicEnabled=false" in arguments
    assert "--server.port=8600" in arguments
    assert "--" not in arguments


def test_the_hub_stands_where_the_command_looks() -> None:
    assert hub_script().is_file()

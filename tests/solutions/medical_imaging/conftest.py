"""The command line as a test calls it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from lepton_core.cli.main import main


@pytest.fixture
def lepton(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``lepton("score", ...)`` runs the command in this process and gives its exit code."""

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["lepton", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run

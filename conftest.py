"""What every run of the tests leaves out, and what none of them may touch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# They belong to a solution that is made from a template, and run there.
collect_ignore_glob = ["lepton_core/templates/*/tests/*"]


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A store of verdicts for this run alone: a page must not write into the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        file = tmp_path_factory.mktemp("store") / "store.sqlite"
        patch.setenv("LEPTON_STORE", str(file))
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_pseudonyms() -> Iterator[None]:
    """A key for this run alone: no test makes or reads the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_PSEUDONYM_KEY", "the key of the tests, no secret")
        yield

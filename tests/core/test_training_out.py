"""Where a bundle goes, nothing else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_core.errors import UsageError
from lepton_core.training.run import check_out


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="something else than a bundle"):
            check_out(tmp_path, overwrite)
        with pytest.raises(UsageError, match="something else than a bundle"):
            check_out(tmp_path / "mine.txt", overwrite)


def test_an_older_bundle_is_replaced_only_when_asked(tmp_path: Path) -> None:
    for name in ("manifest.json", "card.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(UsageError, match="--overwrite"):
        check_out(tmp_path, overwrite=False)
    check_out(tmp_path, overwrite=True)
    check_out(tmp_path / "new", overwrite=False)


def test_the_working_folder_is_no_place_for_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        check_out(Path("."), overwrite=True)

"""Moves files that are settled out of a watched folder, also to another disk, losing none."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from contextlib import suppress
from pathlib import Path

from lepton_core.scoring.folder import sync


class DoneFolder:
    """Where settled files go. Nothing that stands there is ever replaced.

    Within a file system a file is renamed. To another it is copied under a hidden name, renamed
    there, and then removed here: after a kill at any moment :meth:`move` finishes it.

    Args:
        folder: made with the first file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._touched: set[Path] = set()

    def is_taken(self, name: str) -> bool:
        """Whether something stands there by that name."""
        return os.path.lexists(self.folder / name)

    def move(self, path: Path, name: str, size: int, modified_ns: int) -> None:
        """Move a file.

        Args:
            path: where it stands.
            name: what it is called there, with forward slashes.
            size: bytes of the settled file.
            modified_ns: its time of change. Of another size or time, what stands at ``path`` is
                its sender's next file, and stays.

        Raises:
            OSError: it cannot be moved, or something else stands there by that name.
        """
        settled = (size, modified_ns)
        target = self.folder / name
        if _state(path) != settled:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        self._touched |= {path.parent, target.parent}
        if os.path.lexists(target):
            # Copied, and killed before it could be removed here.
            if not filecmp.cmp(path, target, shallow=False):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            path.unlink()
            return
        try:
            os.rename(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(path, target, settled)
            return
        if _state(target) != settled and not os.path.lexists(path):
            # The next of that name took its place between the look and the renaming.
            os.rename(target, path)

    def _copy(self, path: Path, target: Path, settled: tuple[int, int]) -> None:
        work = target.with_name(f".{target.name}.moving")
        try:
            shutil.copyfile(path, work)
            os.utime(work, ns=(settled[1], settled[1]))
            sync(work)
            if _state(path) == settled:
                os.rename(work, target)
                sync(target.parent)
                path.unlink()
        finally:
            with suppress(OSError):
                work.unlink(missing_ok=True)

    def sync(self) -> None:
        """Have the disk hold the moves, also when the power fails."""
        for folder in self._touched:
            # Not every network share can; a folder may be gone again.
            with suppress(OSError):
                sync(folder)
        self._touched.clear()


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of change; None where there is nothing."""
    try:
        told = os.stat(path)
    except FileNotFoundError:
        return None
    return told.st_size, told.st_mtime_ns

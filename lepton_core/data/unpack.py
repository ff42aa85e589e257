"""Unpacks zip and tar archives from strangers without letting them write anywhere else."""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from lepton_core.errors import DataError

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to; against archives made to fill the disk.

    Args:
        total_bytes: of all files together.
        files: number of files and folders.
        ratio: unpacked over packed bytes, applied above ``ratio_from_bytes``.
        ratio_from_bytes: below this many unpacked bytes any ratio is allowed.
    """

    total_bytes: int = 32 << 30
    files: int = 1_000_000
    ratio: float = 200.0
    ratio_from_bytes: int = 64 << 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; ``file`` is None for a folder or for what is refused."""

    name: str
    file: IO[bytes] | None
    is_link: bool = False


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked: its ending is one of ``ARCHIVE_SUFFIXES``."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack(archive: Path, folder: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Unpack ``archive`` into the empty or new ``folder``.

    Only plain files and folders below ``folder`` come out. An entry with an absolute path, with
    ``..``, a link, a device or a name that came before makes the whole archive refused; so do
    too many bytes, counted while they are written, not as the archive declares them.

    Args:
        archive: a file with one of ``ARCHIVE_SUFFIXES``.
        folder: where to; the caller removes it after an error.
        limits: what is too much.

    Raises:
        DataError: ``download.unsafe_path``, ``unsafe_link``, ``unsafe_twice``, ``too_large`` or
            ``bad_archive``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = _zip_members if archive.name.lower().endswith(".zip") else _tar_members
    budget = _Budget(archive, limits)
    try:
        with closing(opened(archive)) as members:
            for member in members:
                _unpack_one(archive, folder, member, budget)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        reason = " ".join(str(error).split())
        raise DataError("download.bad_archive", archive=archive.name, reason=reason) from error


class _Budget:
    """Counts what came out of an archive and stops at the limits."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self._archive = archive.name
        self._limits = limits
        by_ratio = max(archive.stat().st_size * limits.ratio, limits.ratio_from_bytes)
        self._most_bytes = int(min(limits.total_bytes, by_ratio))
        self._bytes = 0
        self._files = 0

    def spend(self, n_bytes: int, n_files: int = 0) -> None:
        self._bytes += n_bytes
        self._files += n_files
        if self._bytes > self._most_bytes or self._files > self._limits.files:
            raise DataError(
                "download.too_large",
                archive=self._archive,
                most_mb=self._most_bytes // 1_000_000,
                files=self._limits.files,
            )


def _unpack_one(archive: Path, folder: Path, member: _Member, budget: _Budget) -> None:
    target = folder.joinpath(*PurePosixPath(member.name).parts)
    named = {"archive": archive.name, "member": member.name}
    if member.is_link:
        raise DataError("download.unsafe_link", **named)
    if not _is_inside(member.name):
        raise DataError("download.unsafe_path", **named)
    if member.file is not None and target.exists():
        raise DataError("download.unsafe_twice", **named)
    budget.spend(0, 1)
    if member.file is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as out:
        while chunk := member.file.read(_CHUNK_BYTES):
            budget.spend(len(chunk))
            out.write(chunk)


def _is_inside(name: str) -> bool:
    if "\\" in name or "\0" in name or PureWindowsPath(name).drive:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _zip_members(archive: Path) -> Generator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield _Member(entry.orig_filename, None, is_link=True)
            elif entry.is_dir():
                yield _Member(entry.orig_filename, None)
            else:
                # The original name: ZipFile quietly mends what we want to refuse.
                with opened.open(entry) as file:
                    yield _Member(entry.orig_filename, file)


def _tar_members(archive: Path) -> Generator[_Member]:
    with tarfile.open(archive, "r|*") as opened:
        for entry in opened:
            if entry.isdir():
                yield _Member(entry.name, None)
            elif entry.isreg():
                yield _Member(entry.name, opened.extractfile(entry))
            else:
                yield _Member(entry.name, None, is_link=True)

"""Fetches data sets: resumes, checks size and checksum, and shows nothing half done."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit

from lepton_core.data.cards import DatasetCard, Source
from lepton_core.data.lookup import cache_folder
from lepton_core.data.progress import show_progress
from lepton_core.data.unpack import DEFAULT_LIMITS, Limits, is_archive, unpack
from lepton_core.errors import DataError

SCHEMES = ("http", "https", "file")
_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30.0
_ATTEMPTS = 5
# What a server says of a passing trouble; after any other refusal, asking again changes nothing.
_PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)


def get(
    card: DatasetCard,
    target: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    pause_s: float = 1.0,
) -> Path:
    """Fetch a data set into ``target/<name>``; what is there already stays untouched.

    Every source is fetched, checked and, if it is an archive, unpacked below a hidden folder of
    ``target``; then that folder gets its name. An interrupted download is resumed, by the next
    attempt or by the next call.

    Args:
        card: the data set.
        target: a folder; the user's cache when None.
        limits: what an archive may unpack to.
        pause_s: seconds before the second attempt, doubled before each further one.

    Returns:
        what the card's reader reads, ``target/<name>/<reader.path>``.

    Raises:
        DataError: ``download.*``, saying what is wrong; a file with a wrong checksum is removed.
    """
    root = Path(target) if target is not None else cache_folder()
    folder = root / card.name
    if (folder / card.reader.path).exists():
        return folder / card.reader.path
    _check_sources(card)
    if folder.exists():
        raise DataError("download.in_the_way", folder=folder, path=card.reader.path)
    parts = root / f".{card.name}.download"
    staging = root / f".{card.name}.tmp"
    try:
        _remove(staging)
        parts.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        for source in card.source:
            file = fetch(source, parts, pause_s)
            if is_archive(file.name):
                unpack(file, staging, limits)
            elif (staging / file.name).exists():
                raise DataError("download.unsafe_twice", archive=card.name, member=file.name)
            else:
                os.replace(file, staging / file.name)
        if not (staging / card.reader.path).exists():
            raise DataError("download.lacks_file", name=card.name, path=card.reader.path)
        os.replace(staging, folder)
        _remove(parts)
    except OSError as error:
        raise DataError("download.cannot_write", folder=root, reason=error) from error
    finally:
        _remove(staging)
    return folder / card.reader.path


def fetch(source: Source, folder: Path, pause_s: float = 1.0) -> Path:
    """Fetch one file into ``folder``, resuming what an earlier call left there.

    Args:
        source: address and checksum.
        folder: where to; must exist.
        pause_s: seconds before the second attempt, doubled before each further one.

    Returns:
        the file, complete and checked, under the address's last part.

    Raises:
        DataError: ``download.failed``, ``download.wrong_size`` or ``download.wrong_checksum``.
    """
    name = file_name(source.url)
    # Two sources may use one name, and a card's new checksum means another file.
    own = folder / (source.sha256 or "unchecked")[:16]
    own.mkdir(exist_ok=True)
    path, part = own / name, own / f"{name}.part"
    if not path.exists():
        with show_progress(name, source.bytes) as advance:
            for attempt in range(_ATTEMPTS):
                try:
                    _receive(source, part, advance)
                    break
                except (OSError, HTTPException) as error:
                    if _is_final(error, source.url) or attempt == _ATTEMPTS - 1:
                        reason = " ".join(str(error).split())
                        raise DataError("download.failed", url=source.url, reason=reason) from error
                    time.sleep(pause_s * 2**attempt)
        os.replace(part, path)
    try:
        _verify(source, path)
    except DataError:
        _remove(path)
        raise
    return path


def file_name(url: str) -> str:
    """The last part of an address, without query.

    Example:
        >>> file_name("https://example.org/sets/till%20one.zip?version=2")
        'till one.zip'
    """
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return name if name not in ("", ".", "..") and "\\" not in name else "data"


def _is_final(error: Exception, url: str) -> bool:
    if isinstance(error, HTTPError):
        return error.code not in _PASSING_STATUS
    return url.startswith("file:")


def _check_sources(card: DatasetCard) -> None:
    for source in card.source:
        scheme = urlsplit(source.url).scheme
        if scheme not in SCHEMES:
            known = " ".join(SCHEMES)
            raise DataError("download.scheme", url=source.url, received=scheme, known=known)
    if not card.source or any(source.sha256 is None for source in card.source):
        urls = ", ".join(source.url for source in card.source) or "-"
        where = f"$LEPTON_DATA/{card.name}/{card.reader.path}"
        raise DataError("data.not_here_manual", name=card.name, urls=urls, path=where)


class _CutOff(OSError):
    """The connection ended before the file did."""


def _receive(source: Source, part: Path, advance: Callable[[int], None]) -> None:
    """Append to ``part`` what it lacks; raises OSError where the connection breaks."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(source.url, headers={"User-Agent": "lepton"})
    if have and not source.url.startswith("file:"):
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except HTTPError as error:
        # Nothing lies behind what we have: it is whole, or it is not this file.
        if error.code != 416:
            raise
        error.close()
        if have != source.bytes:
            _remove(part)
            raise _CutOff(f"the server has no byte {have} of it") from error
        return
    with response:
        start = have if _continues(response, have) else 0
        length = response.headers.get("Content-Length")
        expected = start + int(length) if length and length.isdigit() else source.bytes
        advance(start)
        with part.open("ab" if start else "wb") as out:
            got = start
            while chunk := response.read(_CHUNK_BYTES):
                got += len(chunk)
                if source.bytes is not None and got > source.bytes:
                    break
                out.write(chunk)
                advance(got)
    if source.bytes is not None and got > source.bytes:
        _remove(part)
        raise DataError("download.wrong_size", url=source.url, expected=source.bytes, received=got)
    if expected is not None and got < expected:
        raise _CutOff(f"it ended after {got} of {expected} bytes")


def _continues(response: Any, have: int) -> bool:
    """Whether the server sends what follows the bytes we have, and not all from the start."""
    said = response.headers.get("Content-Range", "")
    return have > 0 and response.status == 206 and said.startswith(f"bytes {have}-")


def _verify(source: Source, path: Path) -> None:
    size = path.stat().st_size
    if source.bytes is not None and size != source.bytes:
        raise DataError("download.wrong_size", url=source.url, expected=source.bytes, received=size)
    with path.open("rb") as file:
        received = hashlib.file_digest(file, "sha256").hexdigest()
    if received != (source.sha256 or "").lower():
        raise DataError(
            "download.wrong_checksum", url=source.url, expected=source.sha256, received=received
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        path.unlink()

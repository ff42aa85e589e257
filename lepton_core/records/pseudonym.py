"""Names that stand for a patient or a file and cannot be turned back without the key."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from lepton_core.errors import DataError

_VARIABLE = "LEPTON_PSEUDONYM_KEY"
_LEAST_CHARACTERS = 16


def pseudonym(kind: str, value: str) -> str:
    """The pseudonym of a value: the same value always has the same one under the same key.

    It is a keyed digest (HMAC-SHA256, 80 bits shown): who does not have the key cannot find the
    value by trying all patient numbers.

    Args:
        kind: what it is (``patient``, ``file``); the same value of two kinds has two pseudonyms.
        value: the identity.

    Raises:
        DataError: ``pseudonym.*`` where there is no usable key.

    Example:
        >>> import pytest
        >>> with pytest.MonkeyPatch.context() as patch:
        ...     patch.setenv("LEPTON_PSEUDONYM_KEY", "a key of one hospital")
        ...     pseudonym("patient", "4711")
        '24e3410fb7e436f54c71'
    """
    return _digest(kind, value)[:10].hex()


def pseudonym_uid(uid: str) -> str:
    """A DICOM UID in place of another one, always the same, valid and of the root 2.25."""
    return f"2.25.{int.from_bytes(_digest('uid', uid)[:16], 'big')}"


def file_pseudonym(path: str) -> str:
    """What stands for the path of a file whose name may tell of whom it is.

    Raises:
        DataError: as :func:`pseudonym`.
    """
    return f"file-{pseudonym('path', path)}"


def key_file() -> Path:
    """Where the key stands if ``$LEPTON_PSEUDONYM_KEY`` is not set.

    ``lepton/pseudonym.key`` in ``$XDG_CONFIG_HOME``, or in ``~/.config``.
    """
    given = os.environ.get("XDG_CONFIG_HOME")
    return (Path(given) if given else Path.home() / ".config") / "lepton" / "pseudonym.key"


def _digest(kind: str, value: str) -> bytes:
    return hmac.new(_key(), f"{kind}\0{value}".encode("utf-8", "replace"), hashlib.sha256).digest()


def _key() -> bytes:
    given = os.environ.get(_VARIABLE)
    if given is not None:
        if len(given) < _LEAST_CHARACTERS:
            raise DataError(
                "pseudonym.short_key", where=f"${_VARIABLE}", n=len(given), least=_LEAST_CHARACTERS
            )
        return given.encode("utf-8", "surrogateescape")
    return _key_in(key_file())


_known: dict[Path, bytes] = {}


def _key_in(path: Path) -> bytes:
    """The key of a file, which is made once, for this user alone."""
    if path in _known:
        return _known[path]
    try:
        with contextlib.suppress(FileExistsError):
            _make(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise DataError(
            "pseudonym.no_key", path=path, reason=error.strerror or error, variable=f"${_VARIABLE}"
        ) from error
    if len(key) < _LEAST_CHARACTERS:
        raise DataError("pseudonym.short_key", where=path, n=len(key), least=_LEAST_CHARACTERS)
    _known[path] = key
    return key


def _make(path: Path) -> None:
    """Write a new key where there is none; whole or not at all, also beside another process."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
        os.link(new, path)
    finally:
        new.unlink(missing_ok=True)

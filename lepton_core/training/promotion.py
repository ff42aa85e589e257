"""A better challenger takes the champion's place, and the old champion is kept beside it."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

from lepton_core.bundle import rewrite_card, verify_parity
from lepton_core.bundle_files import read_json
from lepton_core.errors import TrainingError

# Of Linux's renameat2: paths as they are, and "exchange both".
_HERE, _EXCHANGE = -100, 2


def promote(challenger: Path, champion: Path) -> Path:
    """Put a copy of a bundle where another one stands.

    The copy is made and verified beside the champion first. Then both change places in one step,
    so that a whole bundle stands there at every moment, and the old one is kept as
    ``<name>.previous``, in place of one of an earlier promotion. Whoever has loaded the old one
    goes on with it. (Where the system cannot exchange two names, the old one steps aside first.)

    Args:
        challenger: the better bundle; it stays where it is.
        champion: the folder of the one that scores now.

    Returns:
        where the old one stands now.

    Raises:
        TrainingError: ``champion.cannot_promote``; the champion still stands in its place.
        BundleError: the challenger is damaged.
    """
    champion = champion.resolve()
    previous = champion.with_name(f"{champion.name}.previous")
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{champion.name}.", dir=champion.parent))
    except OSError as error:
        raise _cannot(challenger, champion, error) from error
    try:
        copy = work / champion.name
        shutil.copytree(challenger, copy)
        # A bundle's name is that of its folder.
        rewrite_card(copy, {**read_json(copy, "card.json"), "bundle": champion.name})
        verify_parity(copy)
        old = copy if _exchange(copy, champion) else _step_aside(copy, champion, work)
        try:
            if previous.exists():
                os.replace(previous, work / "older")
            os.replace(old, previous)
        except OSError:
            # Without its copy kept, the old one goes back.
            os.replace(champion, work / "undone")
            os.replace(old, champion)
            raise
    except OSError as error:
        raise _cannot(challenger, champion, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return previous


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _step_aside(copy: Path, champion: Path, work: Path) -> Path:
    """The same in two steps; the second one failing undoes the first."""
    old = work / "old"
    os.replace(champion, old)
    try:
        os.replace(copy, champion)
    except OSError:
        os.replace(old, champion)
        raise
    return old


def _cannot(challenger: Path, champion: Path, error: OSError) -> TrainingError:
    return TrainingError(
        "champion.cannot_promote", challenger=challenger, champion=champion, reason=error
    )

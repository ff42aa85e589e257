"""Keras, imported in this one place: the backend is settled and its logs quietened first.

Everything of ours that needs Keras says ``from lepton_core._keras import keras``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from lepton_core.errors import MissingDependency

DEFAULT_BACKEND = "tensorflow"
_EXTRAS = {"keras": "train", "tensorflow": "train", "jax": "jax", "torch": "torch"}
_NOTICES = (b"WARNING: All log messages before absl::InitializeLog()", b"I0000 ")
# Classes that Keras must know by name before it can read a file that holds them.
_SERIALIZABLE = (
    "lepton_core.models.sequential",
    "lepton_core.layers.affine",
    "lepton_core.layers.attention",
    "lepton_core.layers.padded",
)


def _settle_backend() -> None:
    """Take TensorFlow unless ``KERAS_BACKEND`` or the user's ``keras.json`` says otherwise."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    if "KERAS_BACKEND" not in os.environ and not (home / "keras.json").exists():
        os.environ["KERAS_BACKEND"] = DEFAULT_BACKEND


@contextmanager
def _without_notices() -> Iterator[None]:
    """Hold back TensorFlow's start-up notices and pass on everything else.

    Its native code writes them to descriptor 2 before any log level counts, so that they cannot
    be turned off from Python. Who asks for them with ``TF_CPP_MIN_LOG_LEVEL`` below 2 gets them.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # a process without a standard error has nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not line.startswith(_NOTICES):
                    os.write(2, line)


_settle_backend()
try:
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") in ("0", "1"):
        import keras
    else:
        with _without_notices():
            import keras
except ModuleNotFoundError as error:
    _package = (error.name or "").partition(".")[0]
    if _package not in _EXTRAS:
        raise
    raise MissingDependency(_package, extra=_EXTRAS[_package]) from error

for _module in _SERIALIZABLE:
    import_module(_module)

__all__ = ["keras"]

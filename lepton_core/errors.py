"""The one family of errors a person can meet.

An error carries a key and values; the sentence stands in the message catalogues, so that a
dashboard can say it in the reader's language while the command line speaks English.
"""

from __future__ import annotations

from typing import Any

from lepton_core.messages import t


class LeptonError(Exception):
    """An error whose one-line text says what is wrong, what was expected, what came, what to do.

    Args:
        key: name of the sentence in the message catalogues, for example ``bundle.changed``.
        **values: what the sentence's placeholders stand for.

    Example:
        >>> error = LeptonError("usage.unknown_task", task="frud", known="fraud_rnn/transactions")
        >>> "frud" in str(error)
        True
    """

    exit_code = 1

    def __init__(self, key: str, /, **values: Any) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.key, self.values)

    def text(self, language: str | None = None) -> str:
        """The sentence in ``language`` (``en`` or ``zh``); the current one when None."""
        return t(self.key, language=language, **self.values)

    def to_json(self) -> dict[str, Any]:
        """Key, English sentence and values, for ``--json`` and the server."""
        values = {name: str(value) for name, value in self.values.items()}
        return {"error": {"key": self.key, "message": self.text("en"), "values": values}}


def _rebuild(kind: type[LeptonError], key: str, values: dict[str, Any]) -> LeptonError:
    return kind(key, **values)


class UsageError(LeptonError):
    """The command or call is wrong: an unknown task, option or setting."""

    exit_code = 2


class DataError(LeptonError):
    """The data given cannot be used: a missing column, an unreadable file, nothing left."""


class BundleError(LeptonError):
    """A bundle is broken, changed, incomplete or made for another task."""


class ExportError(LeptonError):
    """A model could not be exported, or its export disagrees with the model."""


class TrainingError(LeptonError):
    """Training cannot start or go on."""


class StoreError(LeptonError):
    """The store of verdicts and runs cannot be reached or used, or takes no such value."""


class MissingDependency(LeptonError):
    """An optional package is not installed; the text gives the install line."""

    def __init__(self, package: str, /, extra: str, **values: Any) -> None:
        super().__init__("dependency.missing", package=package, extra=extra, **values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_missing, (self.values["package"], self.values["extra"])


def _rebuild_missing(package: str, extra: str) -> MissingDependency:
    return MissingDependency(package, extra=extra)

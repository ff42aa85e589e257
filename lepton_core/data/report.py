"""What the records that a client brings are like, as an object, as JSON and as text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from lepton_core.data.mapping import ColumnMatch
from lepton_core.errors import TrainingError
from lepton_core.messages import t
from lepton_core.spec import NESTED

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something about the records that a person should know before training.

    Args:
        severity: ``error`` stops a training, ``warning`` is for a person to judge, ``note`` tells.
        key: name of its sentence below ``check.finding``.
        values: what the sentence's placeholders stand for; ``column`` where one is meant.
    """

    severity: str
    key: str
    values: dict[str, Any]

    def text(self, language: str | None = None) -> str:
        """One line: what, what was expected, what came, what to do."""
        return t(f"check.finding.{self.key}", language=language, **self.values)

    def line(self) -> str:
        """The sentence with its severity before it, in the current language."""
        return f"{t(f'check.severity.{self.severity}')}: {self.text()}"

    def to_json(self) -> dict[str, Any]:
        """Severity, key, English sentence and values."""
        return {
            "severity": self.severity,
            "key": self.key,
            "message": self.text("en"),
            "values": self.values,
        }


@dataclass(frozen=True)
class ColumnFound:
    """One column of the task, and what stands for it in the file.

    Args:
        name: our name.
        theirs: the file's name; None where it has no such column.
        role: the column's role in the Spec.
        found: type in the file; CSV is all ``string``.
        expected: type in the Spec.
        required: whether it must be there.
        empty: part of the records without a value, 0 to 1.
        refused: number of values that cannot be read or are not allowed.
        low: smallest of the accepted values; None where there is no order, or no value.
        high: largest of them.
        distinct: number of different accepted values of text, truth values and pictures.
    """

    name: str
    theirs: str | None
    role: str
    found: str
    expected: str
    required: bool
    empty: float = 0.0
    refused: int = 0
    low: float | str | None = None
    high: float | str | None = None
    distinct: int | None = None

    def cells(self) -> list[str]:
        """Its row of the table: names, types, empty, refused, values."""
        name = self.name if self.theirs in (None, self.name) else f"{self.theirs} -> {self.name}"
        if self.theirs is None:
            marks = self.expected in NESTED
            needed = self.required or (self.role == "label" and not marks)
            kind = t("check.absent_required" if needed else "check.absent")
            return [name, kind, self.expected, "-", "-", "-"]
        values = "-"
        if self.distinct is not None:
            values = t("check.distinct", n=self.distinct)
        elif self.low is not None:
            values = f"{_short(self.low)} .. {_short(self.high)}"
        return [name, self.found, self.expected, f"{self.empty:.1%}", f"{self.refused:,}", values]


@dataclass(frozen=True)
class Refusal:
    """Records that were refused for one reason, with the first of them.

    Args:
        reason: key below ``reject``.
        column: the column at fault; empty where none is named.
        n: number of records.
        row: position of the first in the file, from 0.
        record_id: its id, where it has one.
        values: values of the reason's sentence, ``received`` among them.
    """

    reason: str
    column: str
    n: int
    row: int
    record_id: str | None
    values: dict[str, Any]

    def text(self, language: str | None = None) -> str:
        """One line: how many, why, and the first."""
        why = t(f"reject.{self.reason}", language=language, **self.values)
        shown = self.record_id or "-"
        return t("check.refused", language=language, n=self.n, why=why, row=self.row, id=shown)


@dataclass(frozen=True)
class DataReport:
    """What was found in records, guessed about them, is missing, and is suspicious.

    Args:
        source: file or data set.
        task: the task's name.
        records: number of records.
        accepted: number of those that pass the task's Spec.
        columns: the task's columns in its order.
        unused: the file's columns that the task does not take.
        match: which column is read as which.
        refused: refused records by reason.
        findings: errors first.
        sampled: number of records that the search for leaks looked at; ``accepted`` where all.
    """

    source: str
    task: str
    records: int
    accepted: int
    columns: tuple[ColumnFound, ...]
    unused: tuple[str, ...]
    match: ColumnMatch
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    sampled: int = field(default=0)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a training."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def blocking(self, accepted: Collection[str] = ()) -> tuple[Finding, ...]:
        """The errors but those whose key a person has looked at and takes upon themselves."""
        return tuple(finding for finding in self.errors if finding.key not in accepted)

    def require(self, accepted: Collection[str] = ()) -> None:
        """Refuse to go on where there are errors.

        Args:
            accepted: keys of findings as for :meth:`blocking`.

        Raises:
            TrainingError: ``check.stopped``, with all errors in one line.
        """
        errors = self.blocking(accepted)
        if errors:
            told = " ".join(f"[{finding.key}] {finding.text()}" for finding in errors)
            values = {"n": len(errors), "findings": told, "key": errors[0].key}
            raise TrainingError("check.stopped", source=self.source, **values)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary; sentences are in English beside their keys."""
        return {
            "source": self.source,
            "task": self.task,
            "ok": not self.errors,
            "records": self.records,
            "accepted": self.accepted,
            "columns": [asdict(column) for column in self.columns],
            "unused": list(self.unused),
            "mapping": dict(self.match.mapping),
            "guessed": dict(self.match.guessed),
            "dataset": self.match.dataset,
            "suggested": {name: self.match.option(name) for name in self.match.suggested},
            "refused": [{**asdict(one), "message": one.text("en")} for one in self.refused],
            "findings": [finding.to_json() for finding in self.findings],
            "sampled": self.sampled,
        }

    def short_lines(self, accepted: Collection[str] = ()) -> list[str]:
        """The counts in one line, then guesses and findings; what stands before a training.

        Args:
            accepted: as for :meth:`require`, whose error tells the findings that are left out here.
        """
        blocking = self.blocking(accepted)
        told = [finding.line() for finding in self.findings if finding not in blocking]
        return [self._counts(), *self.match.lines(), *told]

    def to_text(self) -> str:
        """A table of the columns, then what else was found, in the current language."""
        head = [t(f"check.head.{name}") for name in _HEAD]
        lines = [self._counts(), "", *_aligned([head, *(c.cells() for c in self.columns)]), ""]
        if self.unused:
            lines.append(t("check.unused", columns=", ".join(self.unused)))
        lines += self.match.lines()
        lines += [refusal.text() for refusal in self.refused]
        lines += [finding.line() for finding in self.findings]
        if 0 < self.sampled < self.accepted:
            lines.append(t("check.sampled", n=self.sampled, of=self.accepted))
        warnings = sum(finding.severity == "warning" for finding in self.findings)
        verdict = "check.fails" if self.errors else "check.passes"
        lines.append(t(verdict, errors=len(self.errors), warnings=warnings))
        return "\n".join(lines)

    def _counts(self) -> str:
        refused = self.records - self.accepted
        n = self.records
        return t("check.counts", source=self.source, task=self.task, records=n, refused=refused)


_HEAD = ("column", "found", "expected", "empty", "refused", "values")


def _short(value: float | str | None) -> str:
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


def _aligned(rows: list[list[str]]) -> list[str]:
    from rich.cells import cell_len  # a Chinese character takes two columns

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]

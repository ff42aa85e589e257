"""The result of an evaluation: one object, for programs as JSON and for people as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lepton_core.evaluation import fairness
from lepton_core.evaluation.intervals import Interval
from lepton_core.messages import t

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Measured:
    """One figure: its value, the interval around it, and the parts it is the mean of.

    Args:
        value: the figure.
        low: lower end of the interval, None where there is none.
        high: upper end of the interval, None where there is none.
        parts: the figure by fold, seed or class, in the protocol's order.

    Raises:
        ValueError: for a figure that is not finite: what is not defined is not reported.
    """

    value: float
    low: float | None = None
    high: float | None = None
    parts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        given = [self.value, self.low, self.high, *self.parts]
        if not all(math.isfinite(figure) for figure in given if figure is not None):
            raise ValueError(f"figures are finite. Received: {self}")

    @classmethod
    def of(cls, interval: Interval, parts: Sequence[float] = ()) -> Measured:
        """A figure from its bootstrap interval; without ends where that has none."""
        if math.isnan(interval.low):
            return cls(interval.value, parts=tuple(parts))
        return cls(interval.value, interval.low, interval.high, tuple(parts))

    @classmethod
    def from_json(cls, figure: Mapping[str, Any]) -> Measured:
        """The figure that :meth:`to_json` wrote."""
        return cls(figure["value"], figure["low"], figure["high"], tuple(figure["parts"]))

    def to_json(self) -> dict[str, Any]:
        """``{"value", "low", "high", "parts"}``."""
        low, high = (None if end is None else float(end) for end in (self.low, self.high))
        parts = [float(part) for part in self.parts]
        return {"value": float(self.value), "low": low, "high": high, "parts": parts}

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return _figure(self.value)
        return f"{_figure(self.value)} [{_figure(self.low)}, {_figure(self.high)}]"


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Args:
        task: address of the task, ``fraud_rnn/transactions``.
        bundle: address or folder of the bundle that was evaluated.
        data: name or path of the data.
        protocol: name of the protocol.
        n: number of records that were scored and judged.
        metrics: figures by metric key.
        baselines: figures by baseline and metric key, on the same records.
        note: a sentence for people, above the table; not in the JSON.
        groups: rates by group of people, from :func:`lepton_core.evaluation.fairness.by_group`;
            None where nobody asked.

    Example:
        >>> figures = {"auc": Measured(0.91, 0.88, 0.94)}
        >>> report = Report("fraud_rnn/transactions", "sample", "weeks", "one week", 1200, figures)
        >>> report.to_json()["metrics"]["auc"]
        {'value': 0.91, 'low': 0.88, 'high': 0.94, 'parts': []}
    """

    task: str
    bundle: str
    data: str
    protocol: str
    n: int
    metrics: Mapping[str, Measured]
    baselines: Mapping[str, Mapping[str, Measured]] = field(default_factory=dict)
    note: str = ""
    groups: pa.Table | None = None

    def to_json(self) -> dict[str, Any]:
        """The one object that ``lepton evaluate --json`` prints."""
        found = {
            "task": self.task,
            "bundle": self.bundle,
            "data": self.data,
            "protocol": self.protocol,
            "n": int(self.n),
            "metrics": _figures(self.metrics),
            "baselines": {name: _figures(figures) for name, figures in self.baselines.items()},
        }
        return found if self.groups is None else found | {"groups": self.groups.to_pylist()}

    def to_text(self) -> str:
        """A plain table for a terminal, in the current language."""
        lines = [*self._head(), "", *aligned(self._rows())]
        if self.groups is not None:
            lines += ["", t("evaluate.groups.title"), "", *aligned(fairness.to_rows(self.groups))]
            lines += ["", *fairness.gap_lines(self.groups)]
        return "\n".join(lines)

    def to_markdown(self) -> str:
        """The same table for a card or a README."""
        lines = [*(f"{line}  " for line in self._head()), "", *markdown_table(self._rows())]
        if self.groups is not None:
            lines += ["", t("evaluate.groups.title"), ""]
            lines += markdown_table(fairness.to_rows(self.groups))
            lines += ["", *fairness.gap_lines(self.groups)]
        return "\n".join(lines)

    def _head(self) -> list[str]:
        about = {"task": self.task, "bundle": self.bundle, "data": self.data}
        lines = [
            t("evaluate.head.what", **about),
            t("evaluate.head.how", protocol=self.protocol, n=self.n),
        ]
        return [*lines, self.note] if self.note else lines

    def _rows(self) -> list[list[str]]:
        parts = any(figure.parts for figure in self.metrics.values())
        keys = list(self.metrics)
        for figures in self.baselines.values():
            keys += [key for key in figures if key not in keys]
        columns = [self.metrics, *self.baselines.values()]
        rows = [[t("evaluate.head.metric"), t("evaluate.head.this"), *self.baselines]]
        for key in keys:
            cells = [str(figures[key]) if key in figures else "-" for figures in columns]
            rows.append([_title(key), *cells])
        if parts:
            rows[0].append(t("evaluate.head.parts"))
            for key, row in zip(keys, rows[1:], strict=True):
                figure = self.metrics.get(key)
                row.append(" ".join(map(_figure, figure.parts)) if figure else "")
        return rows


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table; the first row is its head.

    Example:
        >>> markdown_table([["a", "b"], ["1", "x|y"]])
        ['| a | b |', '| --- | --- |', '| 1 | x\\\\|y |']
    """
    head, *body = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body)]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table for a terminal."""
    from rich.cells import cell_len  # a Chinese character takes two columns

    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def _figures(figures: Mapping[str, Measured]) -> dict[str, Any]:
    return {key: figure.to_json() for key, figure in figures.items()}


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _title(key: str) -> str:
    sentence = t(f"evaluate.metric.{key}")
    # A solution may measure what the core has no sentence for.
    return key if sentence == f"evaluate.metric.{key}" else f"{sentence} ({key})"

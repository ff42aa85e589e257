"""What a challenger is held against, and what came of it, for programs and for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lepton_core.bundle_files import sha256
from lepton_core.errors import UsageError
from lepton_core.evaluation.paired import Paired, has_direction
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from lepton_core.training.changes import Changes


@dataclass(frozen=True)
class Contest:
    """What a challenger is held against.

    Args:
        champion: the bundle that scores now.
        metric: the metric that decides.
        margin: what the lower end of the gain's interval must pass, in the metric's unit; 0 asks
            that the challenger is surely better, more asks that it is better by something.
    """

    champion: Pipeline
    metric: str
    margin: float = 0.0

    @classmethod
    def of(
        cls, champion: Pipeline, task: Task, metric: str | None = None, margin: float = 0.0
    ) -> Contest:
        """A contest for a task's challenger.

        Args:
            champion: the bundle that scores now.
            task: what is trained.
            metric: one of the task's headline metrics, or of the others on the champion's card
                where the task has figures of places; the first headline when None.
            margin: see the class.

        Raises:
            UsageError: ``champion.other_task``, ``champion.other_classes``, ``champion.metric``,
                ``champion.margin``.
        """
        if not math.isfinite(margin):
            raise UsageError("champion.margin", received=margin)
        if champion.task.name != task.name:
            raise UsageError(
                "champion.other_task",
                bundle=champion.address,
                expected=task.name,
                received=champion.task.name,
            )
        choices = task.outputs["label"].choices if "label" in task.outputs else None
        classes = getattr(champion.decision, "classes", None)
        if choices and classes and set(choices) != set(classes):
            raise UsageError(
                "champion.other_classes",
                bundle=champion.address,
                expected=", ".join(choices),
                received=", ".join(classes),
            )
        known = [key for key in task.headline if has_direction(key)]
        if task.figures:
            measured = champion.card.get("metrics", {})
            known += [key for key in measured if has_direction(key) and key not in known]
        if not known or (metric is not None and metric not in known):
            raise UsageError(
                "champion.metric", received=metric, task=task.name, known=", ".join(known) or "-"
            )
        return cls(champion, metric or known[0], margin)


@dataclass(frozen=True)
class Comparison:
    """What came of a contest.

    Args:
        contest: who was challenged, and the rule.
        paired: the figures of champion (first) and challenger (second).
        n: records that both scored.
        left_out: test records left out, because the champion may have learned from them or one
            of the two refused them.
        changes: what the two decide otherwise.
    """

    contest: Contest
    paired: Paired
    n: int
    left_out: int
    changes: Changes = field(default_factory=lambda: Changes({}))

    @property
    def promoted(self) -> bool:
        """Whether the challenger is surely better by more than the margin."""
        low = self.paired.gains[self.contest.metric].low
        return low is not None and low > self.contest.margin

    def to_json(self, ids: bool = False) -> dict[str, Any]:
        """For the challenger's card, section ``champion``; for ``--json`` with ``ids``."""
        champion, paired = self.contest.champion, self.paired
        folder = champion.folder
        return {
            "bundle": champion.address,
            "manifest_sha256": sha256(folder / "manifest.json") if folder else "",
            "promoted": self.promoted,
            "metric": self.contest.metric,
            "margin": self.contest.margin,
            "records": self.n,
            "left_out": self.left_out,
            "changed": self.changes.to_json(ids),
            "figures": {
                key: {
                    "champion": paired.first[key],
                    "challenger": paired.second[key],
                    "gain": figure.value,
                    "low": figure.low,
                    "high": figure.high,
                }
                for key, figure in paired.gains.items()
            },
            "windows": [
                {
                    "start": window.start,
                    "end": window.end,
                    "records": window.records,
                    "champion": dict(window.first),
                    "challenger": dict(window.second),
                }
                for window in paired.windows
            ],
        }

    def lines(self, language: str | None = None) -> list[str]:
        """The same for a terminal."""
        return to_lines(self.to_json(), self.changes.lines(language), language)


def to_lines(
    told: Mapping[str, Any], changes: Sequence[str] = (), language: str | None = None
) -> list[str]:
    """A comparison, as :meth:`Comparison.to_json` gives it, in words and a table.

    Args:
        told: the comparison.
        changes: what changed by record, in words.
        language: of the words.
    """
    windows = told["windows"]
    metric = told["metric"]
    head = t(
        "champion.head",
        language=language,
        bundle=told["bundle"],
        records=told["records"],
        windows=len(windows),
    )
    lines = [head]
    if told["left_out"]:
        lines.append(t("champion.left_out", language=language, n=told["left_out"]))
    lines += ["", f"{'':24}{'champion':>11}{'challenger':>12}{'gain':>9}   95% interval"]
    for key, figures in told["figures"].items():
        lines.append(
            f"{key:24}{figures['champion']:11.4f}{figures['challenger']:12.4f}"
            f"{figures['gain']:+9.4f}   {figures['low']:+.4f} to {figures['high']:+.4f}"
        )
    if len(windows) > 1:
        lines += ["", f"{metric + ' by window':24}{'champion':>11}{'challenger':>12}  records"]
        for window in windows:
            ends = dict.fromkeys([window["start"], window["end"]])
            cells = [window[who].get(metric) for who in ("champion", "challenger")]
            first, second = ("-" if value is None else f"{value:.4f}" for value in cells)
            lines.append(f"{' to '.join(ends):24}{first:>11}{second:>12}{window['records']:9,}")
    if changes:
        lines += ["", *changes]
    key = "champion.promoted" if told["promoted"] else "champion.kept"
    low = told["figures"][metric]["low"]
    verdict = t(key, language=language, metric=metric, low=low, margin=told["margin"])
    return [*lines, "", verdict]

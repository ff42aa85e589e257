"""The report on paper: a page for one picture, and a worklist of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.messages import has_message, t

from .findings import Finding, policy_text
from .overlay import Scale
from .pdf_drawing import Drawing


@dataclass(frozen=True)
class Page:
    """What one picture's page shows.

    Args:
        finding: what was found.
        picture: uint8 [height, width], grey, as it was scored, at display brightness.
        overlaid: uint8 [height, width, 3], the same with the heatmap.
        scale: of the heatmap.
        figures: measured figures of the model, metric key -> value, low and high, of its card.
    """

    finding: Finding
    picture: np.ndarray
    overlaid: np.ndarray
    scale: Scale
    figures: Mapping[str, Mapping[str, Any]]


def write_report(path: Path, page: Page, language: str = "en") -> None:
    """Write the report on one picture as a PDF of one page, more where texts are long.

    Args:
        path: where.
        page: what it shows.
        language: ``en`` or ``zh``.

    Raises:
        MissingDependency: reportlab is not installed.
    """
    draw = Drawing(language)
    say = draw.say
    finding = page.finding
    flow = [
        draw.text(say("title"), "title"),
        draw.text(say("banner"), "alert"),
        draw.space(6),
        draw.facts(_facts(say, finding)),
        draw.space(8),
        draw.text(_result(say, finding, language), "result"),
        draw.text(_meaning(say, finding, language), "body"),
        draw.space(4),
        draw.gauge(finding),
        draw.space(8),
        draw.pictures(page.picture, page.overlaid, _legend(say, page.scale)),
        draw.space(8),
        *draw.section("operating_point", _operating(say, finding, language)),
        *draw.section("measured", _measured(say, page.figures)),
    ]
    for name in ("intended_use", "not_for", "limits"):
        flow += draw.section(name, [t(f"medical_imaging.output.{name}", language=language)])
    draw.write(path, flow, f"{say('title')}: {finding.record_id}", finding)


def write_worklist(path: Path, findings: Sequence[Finding], language: str = "en") -> None:
    """Write many findings as a table, those for a person first, then by probability.

    Args:
        path: where.
        findings: of one run, one or more.
        language: ``en`` or ``zh``.

    Raises:
        MissingDependency: reportlab is not installed.
    """
    draw = Drawing(language)
    say = draw.say
    order = sorted(findings, key=lambda f: (not f.review, not f.present, -f.probability))
    head = ["record", "patient", "finding", "probability", "interval", "label", "review"]
    rows = [[say(f"pdf.column.{name}") for name in head]]
    for finding in order:
        rows.append(
            [
                finding.record_id,
                finding.patient or "-",
                class_name(finding.finding, language),
                percent(finding.probability),
                _interval(finding) or "-",
                class_name(finding.label, language),
                say("pdf.yes" if finding.review else "pdf.no"),
            ]
        )
    flow = [
        draw.text(say("worklist"), "title"),
        draw.text(say("banner"), "alert"),
        draw.space(6),
        draw.text(say("pdf.counted", n=len(order), review=sum(f.review for f in order)), "body"),
        draw.space(6),
        draw.table(rows, (0.27, 0.17, 0.13, 0.11, 0.12, 0.11, 0.09)),
        draw.space(8),
    ]
    if order:
        flow += draw.section("operating_point", _operating(say, order[0], language))
    for name in ("intended_use", "limits"):
        flow += draw.section(name, [t(f"medical_imaging.output.{name}", language=language)])
    draw.write(path, flow, say("worklist"), order[0] if order else None)


def percent(share: float) -> str:
    """A probability as people read it; never certain.

    Example:
        >>> percent(0.873), percent(0.9999), percent(0.0)
        ('87%', '>99%', '<1%')
    """
    if share >= 0.995:
        return ">99%"
    return "<1%" if share < 0.005 else f"{share:.0%}"


def class_name(name: str, language: str) -> str:
    """What a class is called; its own name where no catalogue has it."""
    key = f"medical_imaging.xray.class.{name}"
    return t(key, language=language) if has_message(key) else name


def _facts(say: Any, finding: Finding) -> list[tuple[str, str]]:
    return [
        (say("pdf.column.record"), finding.record_id),
        (say("pdf.column.patient"), finding.patient or "-"),
        (say("pdf.scored_at"), f"{finding.scored_at:%Y-%m-%d %H:%M} UTC"),
        (say("pdf.model"), f"{finding.bundle} ({finding.bundle_version})"),
    ]


def _interval(finding: Finding) -> str:
    if finding.low is None or finding.high is None:
        return ""
    return f"{percent(finding.low)} – {percent(finding.high)}"


def _result(say: Any, finding: Finding, language: str) -> str:
    values = {
        "finding": class_name(finding.finding, language),
        "probability": percent(finding.probability),
    }
    if interval := _interval(finding):
        return say("pdf.result_interval", interval=interval, **values)
    return say("pdf.result", **values)


def _meaning(say: Any, finding: Finding, language: str) -> str:
    if finding.review:
        return say("pdf.unsure")
    label = class_name(finding.label, language)
    if finding.threshold is None:
        return say("pdf.likeliest", label=label)
    side = "above" if finding.present else "below"
    return say(f"pdf.{side}", label=label, threshold=f"{finding.threshold:.1%}")


def _legend(say: Any, scale: Scale) -> str:
    probability = percent(scale.probability)
    full = say("pdf.full", log_odds=scale.full, probability=probability)
    return say("pdf.scale", full=full)


def _operating(say: Any, finding: Finding, language: str) -> list[str]:
    if finding.threshold is None:
        return [say("pdf.no_threshold")]
    threshold = f"{finding.threshold:.1%}"
    return [say("pdf.threshold", threshold=threshold, policy=policy_text(finding, language))]


def _measured(say: Any, figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    texts = []
    for key, figure in figures.items():
        text = f"{key} {figure['value']:.3f}"
        if figure.get("low") is not None and figure.get("high") is not None:
            text += f" ({figure['low']:.3f} – {figure['high']:.3f})"
        texts.append(text)
    return [say("pdf.figures", figures=", ".join(texts))] if texts else [say("pdf.no_figures")]

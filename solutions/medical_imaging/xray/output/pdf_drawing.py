"""What a report is drawn with: texts, tables, the probability's line, pictures side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.images import resize
from lepton_core.messages import t

from .findings import Finding
from .fonts_pdf import FONT, markup, reportlab, shown
from .overlay import color_bar

_MARGIN = 42.0
_GREY, _LINE, _ACCENT, _ALERT = "#5b6470", "#d5d9de", "#1f4e79", "#a3003c"
_SIZES = {"title": 17.0, "heading": 10.5, "body": 9.0, "small": 7.5, "result": 13.0}
# Pixels of a printed picture: 150 an inch at its size on paper.
_PIXELS = 560


class Drawing:
    """Makes reportlab's parts in one language and one look."""

    def __init__(self, language: str) -> None:
        self.reportlab = reportlab()
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.styles import ParagraphStyle

        self.language = language
        self.size = A4
        # A page's frame keeps 6 points of its own on either side.
        self.width = A4[0] - 2 * _MARGIN - 12
        # Chinese has no spaces to break lines at.
        wrap = {"wordWrap": "CJK"} if language == "zh" else {"splitLongWords": 1}
        base = {"fontName": FONT, **wrap}
        self.styles = {
            name: ParagraphStyle(name, fontSize=size, leading=size * 1.4, **base)
            for name, size in _SIZES.items()
        }
        self.styles["title"].textColor = self.styles["heading"].textColor = _ACCENT
        self.styles["small"].textColor = _GREY
        size = _SIZES["body"]
        self.styles["alert"] = ParagraphStyle(
            "alert", fontSize=size, leading=size * 1.4, textColor=_ALERT, **base
        )
        self.say = partial(_say, language)

    def text(self, text: str, style: str) -> Any:
        from reportlab.platypus import Paragraph

        return Paragraph(markup(text), self.styles[style])

    def space(self, height: float) -> Any:
        from reportlab.platypus import Spacer

        return Spacer(1, height)

    def section(self, name: str, texts: Sequence[str]) -> list[Any]:
        heading = self.text(self.say(f"pdf.{name}"), "heading")
        return [heading, *(self.text(text, "body") for text in texts), self.space(5)]

    def facts(self, pairs: Sequence[tuple[str, str]]) -> Any:
        from reportlab.platypus import Table

        rows = [[self.text(name, "small"), self.text(value, "body")] for name, value in pairs]
        style = [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ]
        style += [(f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("TOP", "BOTTOM")]
        style += [("LEFTPADDING", (0, 0), (-1, -1), 0)]
        return Table(rows, (self.width * 0.2, self.width * 0.8), style=style)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> Any:
        from reportlab.platypus import Table

        cells = [[self.text(cell, "small") for cell in row] for row in rows]
        style = [
            ("BACKGROUND", (0, 0), (-1, 0), "#eef2f6"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ]
        return Table(cells, [self.width * w for w in widths], repeatRows=1, style=style)

    def gauge(self, finding: Finding) -> Any:
        """The probability on a line from 0 to 100%, its interval, and the operating point."""
        from reportlab.graphics import shapes
        from reportlab.graphics.shapes import Line, Rect, String
        from reportlab.lib.colors import HexColor

        height, width = 26.0, self.width
        draw = shapes.Drawing(width, height)
        low = finding.probability if finding.low is None else finding.low
        high = finding.probability if finding.high is None else finding.high
        grey, dark, alert = HexColor(_LINE), HexColor(_ACCENT), HexColor(_ALERT)
        draw.add(Rect(0, 14, width, 6, fillColor=grey, strokeColor=None))
        span = max((high - low) * width, 0.0)
        draw.add(Rect(low * width, 14, span, 6, fillColor=HexColor("#9db8d2"), strokeColor=None))
        at = finding.probability * width
        draw.add(Line(at, 10, at, 24, strokeColor=dark, strokeWidth=2.4))
        for x, text, anchor in ((0, "0%", "start"), (width, "100%", "end")):
            draw.add(String(x, 2, text, fontName=FONT, fontSize=6.5, textAnchor=anchor))
        if finding.threshold is not None:
            at = finding.threshold * width
            draw.add(Line(at, 11, at, 23, strokeColor=alert, strokeDashArray=(2, 1.5)))
            text = self.say("pdf.point", threshold=f"{finding.threshold:.1%}")
            # Kept clear of the ends of the line and of what stands there.
            x = min(max(at, width * 0.2), width * 0.8)
            draw.add(
                String(
                    x, 2, text, fontName=FONT, fontSize=6.5, textAnchor="middle", fillColor=alert
                )
            )
        return draw

    def pictures(self, picture: np.ndarray, overlaid: np.ndarray, legend: str) -> Any:
        from reportlab.platypus import Table

        side = self.width / 2 - 6
        # Tall pictures are bounded too, so that all of it stands on one page.
        most = 250.0
        height, width = picture.shape
        scale = min(side / width, most / height)
        size = width * scale, height * scale
        bar = color_bar(8, 200)
        rows = [
            [self._image(picture, size), self._image(overlaid, size)],
            [
                self.text(self.say("pdf.picture"), "small"),
                self.text(self.say("pdf.heatmap"), "small"),
            ],
            ["", self._image(bar, (min(side, 160.0), 5.0))],
            ["", self.text(legend, "small")],
        ]
        style: list[tuple[Any, ...]] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("ALIGN", (0, 0), (-1, -1), "LEFT"),
        ]
        style += [(f"{s}PADDING", (0, 0), (-1, -1), 1) for s in ("TOP", "BOTTOM")]
        style += [("LEFTPADDING", (0, 0), (-1, -1), 0)]
        return Table(rows, (self.width / 2, self.width / 2), style=style)

    def _image(self, pixels: np.ndarray, size: tuple[float, float]) -> Any:
        from reportlab.platypus import Image

        return Image(io.BytesIO(_jpeg(pixels)), *size)

    def write(self, path: Path, flow: list[Any], title: str, finding: Finding | None) -> None:
        from reportlab.platypus import SimpleDocTemplate

        footer = partial(self._footer, finding)
        document = SimpleDocTemplate(
            str(path),
            pagesize=self.size,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN + 14,
            title=shown(title),
            author="Lepton",
            subject=self.say("banner"),
            lang="zh-CN" if self.language == "zh" else "en",
        )
        document.build(flow, onFirstPage=footer, onLaterPages=footer)

    def _footer(self, finding: Finding | None, canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 6.5)
        canvas.setFillColor(_GREY)
        left = self.say("banner")
        if finding is not None:
            left = f"{left}  ·  {finding.bundle} {finding.bundle_version}"
        canvas.drawString(_MARGIN + 6, _MARGIN - 8, shown(left))
        canvas.drawRightString(
            self.size[0] - _MARGIN - 6, _MARGIN - 8, self.say("pdf.page", n=document.page)
        )
        canvas.restoreState()


def _say(language: str, key: str, **values: Any) -> str:
    return t(f"medical_imaging.output.{key}", language=language, **values)


def _jpeg(pixels: np.ndarray) -> bytes:
    """A picture at the size of print; identity-free by itself, since only pixels go in."""
    import cv2

    longest = max(pixels.shape[:2])
    if longest > _PIXELS:
        factor = _PIXELS / longest
        height, width = (max(round(n * factor), 1) for n in pixels.shape[:2])
        pixels = resize(pixels, (height, width))
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()

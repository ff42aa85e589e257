"""Letters of a PDF that show on every computer, Latin and Chinese."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lepton_core.errors import MissingDependency

# Embedded in every report: what a viewer lacks, it leaves out without a word.
FONT = "LeptonReportSans"
_FILE = Path(__file__).parent / "fonts" / "LeptonReportSans.ttf"


def reportlab() -> Any:
    """The library that makes PDFs, with the typeface registered.

    Raises:
        MissingDependency: it is not installed.
    """
    try:
        import reportlab
    except ImportError as error:
        raise MissingDependency("reportlab", extra="medical") from error
    _register()
    return reportlab


@cache
def _register() -> frozenset[int]:
    """Make the typeface known; the codes of the characters that it shows."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    ours = TTFont(FONT, str(_FILE))
    pdfmetrics.registerFont(ours)
    # Bold and italic are not used; registered so that markup never falls back to Helvetica.
    pdfmetrics.registerFontFamily(FONT, FONT, FONT, FONT, FONT)
    return frozenset(ours.face.charToGlyph)


def shown(text: str) -> str:
    """A text in characters that the typeface has; the others by their numbers.

    A box or a gap in a record's name could stand for anything; a number can be looked up.

    Example:
        >>> shown("肺炎 95 %"), shown("囍.dcm")
        ('肺炎 95 %', '[U+56CD].dcm')
    """
    reportlab()
    known = _register()
    clean = (letter if letter.isprintable() else " " for letter in text)
    return "".join(c if ord(c) in known else f"[U+{ord(c):04X}]" for c in clean)


def markup(text: str) -> str:
    """A text as reportlab's paragraphs take it: nothing in it is read as a tag.

    Example:
        >>> markup("a < b")
        'a &lt; b'
    """
    return escape(shown(text))

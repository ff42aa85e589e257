"""Makes ``LeptonReportSans.ttf``: a part of Noto Sans CJK SC with outlines that a PDF takes.

    pip install fonttools
    python make_font.py NotoSansCJK-Regular.ttc LeptonReportSans.ttf

Noto's own files hold PostScript outlines, which reportlab does not embed, and 65,000 glyphs. This
keeps Latin, Greek, punctuation and the 6,763 characters of GB 2312, as TrueType.
Run again only when a report shall show further characters.
"""

from __future__ import annotations

import sys
from typing import Any

_SIMPLIFIED_CHINESE = 2  # its place in the collection
_NAMES = {
    1: "Lepton Report Sans",
    2: "Regular",
    3: "Lepton Report Sans 1.0",
    4: "Lepton Report Sans",
    5: "Version 1.0",
    6: "LeptonReportSans-Regular",
}
_RANGES = ((0x20, 0x7F), (0xA0, 0x180), (0x391, 0x3CA), (0x2010, 0x2040), (0x2190, 0x2194))
_SINGLE = "€™℃−≤≥≈≠∞●○■▲"


def characters() -> str:
    """What the typeface shows.

    Example:
        >>> {"肺", "阈", "é", "≥"} <= set(characters())
        True
    """
    found = [chr(code) for low, high in _RANGES for code in range(low, high)]
    # Rows 1 to 3 of GB 2312 are signs and full-width forms, 16 to 87 its characters.
    for row in (*range(1, 4), *range(16, 88)):
        for cell in range(1, 95):
            found += bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312", "ignore")
    return "".join(found) + _SINGLE


def make(source: str, out: str) -> None:
    """Cut the typeface out of a collection.

    Args:
        source: ``NotoSansCJK-Regular.ttc``, version 2.004.
        out: the file to write.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(source, fontNumber=_SIMPLIFIED_CHINESE, recalcTimestamp=False)
    options = subset.Options(
        layout_features=[], hinting=False, name_IDs=[0, 13, 14], notdef_outline=True
    )
    options.drop_tables += ["VORG", "vhea", "vmtx", "GSUB", "GPOS", "BASE", "GDEF"]
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters())
    cutter.subset(font)
    _to_truetype(font)
    for number, text in _NAMES.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font.save(out)


def _to_truetype(font: Any) -> None:
    """Cubic curves to quadratic ones, within 2.5 of 1,000 units."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyf = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, 2.5, reverse_direction=True))
        glyf.glyphs[name] = pen.glyph()
        glyf.glyphs[name].recalcBounds(glyf)
    del font["CFF "]
    font["loca"], font["glyf"] = newTable("loca"), glyf
    limits = font["maxp"]
    limits.tableVersion = 0x00010000
    for name in ("Zones", "TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs"):
        setattr(limits, f"max{name}", 0)
    for name in ("StackElements", "SizeOfInstructions", "ComponentElements", "ComponentDepth"):
        setattr(limits, f"max{name}", 0)
    for name in ("Points", "Contours", "CompositePoints", "CompositeContours"):
        setattr(limits, f"max{name}", 0)  # counted when the file is written
    limits.maxZones = 1
    names = font["post"]
    names.formatType, names.extraNames, names.mapping = 3.0, [], {}
    font.sfntVersion = "\x00\x01\x00\x00"


if __name__ == "__main__":
    make(*sys.argv[1:3])

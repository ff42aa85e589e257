"""Text from files shown as it is: Streamlit reads sentences as Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_\[\]$~:<>#|!])")


def plain(text: object) -> str:
    """A value that Markdown leaves alone: a card number with stars, a file name with underscores.

    Nothing in a person's file can then draw an icon, a formula or a picture from elsewhere.

    Example:
        >>> plain("sum_*1*")
        'sum\\\\_\\\\*1\\\\*'
    """
    return _MARKS.sub(r"\\\1", str(text))


def plain_but_code(sentence: str) -> str:
    """A sentence of the catalogues with values filled in; its ```commands``` stay commands."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return plain(sentence)
    return "`".join(part if at % 2 else plain(part) for at, part in enumerate(parts))

"""Whether a text is in a language that a bundle learned from, told by its letters and pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .tokens import is_han

if TYPE_CHECKING:
    from tokenizers import Encoding

HAN, LATIN, JAPANESE = "Chinese", "Latin", "Japanese"
# First and last code of each script that reviews are likely to come in.
_SCRIPTS = (
    (0x0041, 0x024F, LATIN),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x1100, 0x11FF, "Korean"),
    (0x1E00, 0x1EFF, LATIN),
    (0x3040, 0x30FF, JAPANESE),
    (0xAC00, 0xD7AF, "Korean"),
)
# A script of fewer letters of the training texts than this is not one that was learned.
_LEARNED = 0.05
# A Chinese character counts as so many letters of an alphabet: words have one or two of the first,
# and five to eight of the others where they are names and models, which stand in texts of any
# language.
_HAN_SIZE = 4
# Japanese writes a good part in signs of its own; Chinese has one at times, in a name.
_KANA_SHARE = 0.25
# So many letters tell a language; a name or a model number does not.
_ENOUGH = 24
# Letters a piece, against what nearly all training texts have.
_SHARE, _NEARLY_ALL = 0.85, 0.01


def letters_of(text: str) -> Counter[str]:
    """How much of a text is in each script, in letters; a Chinese character counts as four.

    Chinese characters among many Japanese signs are Japanese.

    Example:
        >>> sorted(letters_of("好 ok 10").items())
        [('Chinese', 4), ('Latin', 2)]
        >>> sorted(letters_of("良い製品です"))
        ['Japanese']
    """
    found: Counter[str] = Counter()
    for sign, n in Counter(text).items():
        if not sign.isalpha():
            continue
        if is_han(sign):
            found[HAN] += n * _HAN_SIZE
        else:
            code = ord(sign)
            found[next((s for a, b, s in _SCRIPTS if a <= code <= b), "other")] += n
    characters = found[HAN] // _HAN_SIZE
    if found[JAPANESE] > _KANA_SHARE * (found[JAPANESE] + characters):
        found[JAPANESE] += found.pop(HAN, 0)
    return found


@dataclass(frozen=True)
class Languages:
    """What the training texts were written in.

    Args:
        scripts: those of a good part of their letters.
        letters_a_piece: of Latin words, what nearly all training texts have at least; a text in
            another language falls into smaller pieces. 0 where none were learned from.
    """

    scripts: tuple[str, ...] = ()
    letters_a_piece: float = 0.0

    @classmethod
    def of(cls, texts: Sequence[str], encodings: Sequence[Encoding]) -> Languages:
        """Learned from normalised training texts [n] and their tokens."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts += letters_of(text)
        total = max(counts.total(), 1)
        scripts = tuple(sorted(s for s, n in counts.items() if n >= _LEARNED * total))
        if LATIN not in scripts:
            return cls(scripts)
        rates = [size for size in map(_letters_a_piece, encodings) if size]
        least = float(np.quantile(rates, _NEARLY_ALL)) if rates else 0.0
        return cls(scripts, round(_SHARE * least, 3))

    def fault(self, text: str, encoding: Encoding) -> tuple[str, dict[str, Any]] | None:
        """Why a normalised text cannot be judged, as key and values of a refusal; None for none."""
        counts = letters_of(text)
        strange = {s: n for s, n in counts.items() if s not in self.scripts}
        if sum(strange.values()) > counts.total() / 2 and self.scripts:
            most = max(strange, key=lambda script: strange[script])
            return "other_script", {"script": most, "known": ", ".join(self.scripts)}
        if self.letters_a_piece and counts[LATIN] > counts.total() / 2:
            size = _letters_a_piece(encoding)
            if size and size < self.letters_a_piece:
                return "other_language", {"size": size, "least": self.letters_a_piece}
        return None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"scripts": list(self.scripts), "letters_a_piece": self.letters_a_piece}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Languages:
        """From :meth:`to_json`."""
        return cls(tuple(values["scripts"]), float(values["letters_a_piece"]))


def _letters_a_piece(encoding: Encoding) -> float:
    """Mean length of the tokens that are letters but not Chinese; 0 where there are too few."""
    sizes = [len(token) for token in encoding.tokens if token[0].isalpha() and not is_han(token[0])]
    return sum(sizes) / len(sizes) if sum(sizes) >= _ENOUGH else 0.0

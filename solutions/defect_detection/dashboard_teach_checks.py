"""Pictures of good parts before anything is learned from them: what is wrong, and what is risky."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from lepton_core.decision.good_parts import parts_for
from lepton_core.image_header import read_header
from lepton_core.images import decode
from lepton_core.messages import t

from .anomaly.config import Config

LEAST, MOST = 10, 1000
GOOD = "good"
_MANY_SIZES = 1.5


@dataclass(frozen=True)
class Finding:
    """One thing to know before a product is taught.

    Args:
        level: ``error`` for what makes it impossible, ``warning`` for what makes it worse,
            ``info`` for what is only told.
        key: of the sentence below ``defect_detection.teach.check``.
        values: of its placeholders.
    """

    level: Literal["error", "warning", "info"]
    key: str
    values: dict[str, Any]

    def text(self) -> str:
        """The sentence in the page's language."""
        return t(f"defect_detection.teach.check.{self.key}", **self.values)


@dataclass(frozen=True)
class Checked:
    """Pictures that can be learned from, and what was found.

    Args:
        records: ``record_id``, ``image``, perhaps ``label``: those that can be read, each once.
        good: how many of them show good parts.
        findings: the gravest first.
    """

    records: pa.Table
    good: int
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether a product can be taught from them."""
        return all(finding.level != "error" for finding in self.findings)


def counting(method: str) -> float:
    """Share of the good parts that the threshold is set by.

    Where teaching takes seconds, each part is judged by a model of the others, and all but those
    of the test count; otherwise those that are held out do.

    Args:
        method: of teaching.

    Example:
        >>> counting("contrast"), counting("synthetic")
        (0.75, 0.25)
    """
    split = Config().split
    return 1.0 - split.test if method == "contrast" else split.valid


def check_pictures(records: pa.Table, rate: float, share: float) -> Checked:
    """What can be learned from, and what to know of it.

    Args:
        records: as they were read: ``record_id``, ``image``, perhaps ``label``.
        rate: the false-reject rate that is asked for.
        share: of the good parts that the threshold is set by, from :func:`counting`.
    """
    found: list[Finding] = []
    labels = _labels(records)
    names = records.column("record_id").to_pylist()
    images = records.column("image").to_pylist()
    kept, sizes, seen = [], [], {}
    unreadable, doubles = [], []
    for row, image in enumerate(images):
        data = image["bytes"] if image else None
        header = read_header(data) if data else None
        # As small as it decodes: only whether it is a whole picture is asked.
        if not data or header is None or decode(data, channels=1, size=(16, 16)) is None:
            unreadable.append(str(names[row]))
        elif image["sha256"] in seen:
            doubles.append(str(names[row]))
        else:
            seen[image["sha256"]] = row
            sizes.append((header.width, header.height))
            kept.append(row)
    if unreadable:
        found.append(_of_names("warning", "unreadable", unreadable))
    if doubles:
        found.append(_of_names("warning", "doubles", doubles))
    is_good = [labels[row] in (None, GOOD) for row in kept]
    good, others = sum(is_good), len(kept) - sum(is_good)
    if others:
        known = sorted({str(labels[r]) for r, ok in zip(kept, is_good, strict=True) if not ok})
        found.append(Finding("info", "defective", {"n": others, "names": ", ".join(known[:5])}))
    if good < LEAST:
        found.append(Finding("error", "too_few", {"n": good, "least": LEAST}))
    elif good > MOST:
        found.append(Finding("error", "too_many", {"n": good, "most": MOST}))
    else:
        found += _of_rate(good, rate, share)
    found += _of_sizes(sizes)
    order = {"error": 0, "warning": 1, "info": 2}
    found.sort(key=lambda finding: order[finding.level])
    return Checked(records.take(pa.array(kept, pa.int64())), good, tuple(found))


def _labels(records: pa.Table) -> Sequence[str | None]:
    if "label" not in records.column_names:
        return [None] * records.num_rows
    return list(records.column("label").to_pylist())


def _of_names(level: Literal["warning"], key: str, names: list[str]) -> Finding:
    first = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return Finding(level, key, {"n": len(names), "first": first})


def _of_rate(good: int, rate: float, share: float) -> list[Finding]:
    """Whether so many good parts can promise the rate that is asked for.

    Example:
        >>> [finding.key for finding in _of_rate(100, 0.05, 0.25)]
        []
        >>> _of_rate(40, 0.01, 0.25)[0].values["needed"]
        396
    """
    held = int(good * share)
    if held >= parts_for(rate):
        return []
    values = {"n": good, "held": held, "asked": rate, "promised": 1.0 / (held + 1)}
    needed = -(-parts_for(rate) // share)
    return [Finding("warning", "few_for_rate", {**values, "needed": int(needed)})]


def _of_sizes(sizes: list[tuple[int, int]]) -> list[Finding]:
    counts = Counter(sizes)
    if len(counts) < 2:
        return []
    areas = [width * height for width, height in counts]
    told = {
        "n": len(counts),
        "usual": "{} x {}".format(*counts.most_common(1)[0][0]),
        "smallest": "{} x {}".format(*min(counts, key=lambda one: one[0] * one[1])),
        "largest": "{} x {}".format(*max(counts, key=lambda one: one[0] * one[1])),
    }
    level: Literal["warning", "info"] = (
        "warning" if max(areas) > _MANY_SIZES * min(areas) else "info"
    )
    return [Finding(level, "sizes", told)]

"""Which class means that a part is good, and the order of the others."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_core.box_cells import GOOD

# What people call a part without a defect.
GOOD_WORDS = (
    *(GOOD, "ok", "normal", "free", "defect_free", "defect-free", "no_defect", "none", "clean"),
    *("良品", "合格", "正常", "无缺陷"),
)


def ordered_classes(names: Sequence[str]) -> tuple[str, ...]:
    """The name for no defect first, then the defect classes, sorted.

    Args:
        names: classes that occur in a data set. One of them means no defect where it is called
            good, ok, normal, free, none, clean or the like, in any case of letters, or so in
            Chinese.

    Returns:
        at least two names; where no class means a good part, ``good`` all the same comes first.

    Example:
        >>> ordered_classes(("spot", "OK", "dent")), ordered_classes(("spot", "dent"))
        (('OK', 'dent', 'spot'), ('good', 'dent', 'spot'))
    """
    found = next((name for name in names if name.lower() in GOOD_WORDS), GOOD)
    return found, *sorted(set(names) - {found})

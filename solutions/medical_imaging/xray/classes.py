"""The order of the classes: where there are two, the one that is looked for comes second."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_core.errors import UsageError

# What folders of pictures without a finding are called.
_NOTHING_FOUND = frozenset(
    ("normal", "healthy", "negative", "benign", "control", "clear", "good", "none", "no", "0")
)


def ordered_classes(names: Sequence[str], positive: str = "") -> tuple[str, ...]:
    """The classes in the order of the model's outputs.

    Args:
        names: of all classes, two or more.
        positive: the class that is looked for, where there are two; empty takes the one whose name
            does not say that nothing was found, and where both do or neither does, the second by
            name.

    Returns:
        the names sorted; of two, the one that is looked for comes second.

    Raises:
        UsageError: ``medical_imaging.classes.no_positive``, where no class has that name.

    Example:
        >>> ordered_classes(["PNEUMONIA", "NORMAL"]), ordered_classes(["benign", "a tumour"])
        (('NORMAL', 'PNEUMONIA'), ('benign', 'a tumour'))
    """
    found = tuple(sorted(names))
    if positive and positive not in found:
        known = ", ".join(found)
        raise UsageError("medical_imaging.classes.no_positive", positive=positive, known=known)
    if len(found) != 2:
        return found
    first, second = found
    if positive:
        swap = positive == first
    else:
        swap = _says_nothing(second) and not _says_nothing(first)
    return (second, first) if swap else found


def _says_nothing(name: str) -> bool:
    words = name.lower().replace("-", " ").replace("_", " ").split()
    return any(word in _NOTHING_FOUND for word in words)

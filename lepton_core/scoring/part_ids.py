"""An id for each part that arrives, also where a name comes again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import PurePosixPath

# More than the ids that a session remembers: of those it would refuse a repeated one.
_REMEMBERED = 600_000


class PartIds:
    """A part is called by its name; one whose name came before gets a number.

    Cameras begin again at 0001, and the same sample part is sent again to see whether it is judged
    alike. Each is a part of its own. The names of the last 600,000 parts are remembered.

    Args:
        remembered: how many names.

    Example:
        >>> ids = PartIds()
        >>> [ids.give(name) for name in ("line 1/7.png", "line 1/7.png", "8.png", "line 1/7.png")]
        ['line 1/7.png', 'line 1/7~2.png', '8.png', 'line 1/7~3.png']
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._last: OrderedDict[str, int] = OrderedDict()

    def give(self, name: str, is_taken: Callable[[str], bool] = lambda part_id: False) -> str:
        """The id of a part.

        Args:
            name: its path below the folder.
            is_taken: what else must not be given, such as a name where it is to be moved.
        """
        number = self._last.get(name, 0) + 1
        made = _numbered(name, number)
        while made in self._last or is_taken(made):
            number += 1
            made = _numbered(name, number)
        self.keep(name, made)
        return made

    def keep(self, name: str, part_id: str) -> None:
        """Remember what was given before: the id of a name, as a log tells."""
        self._last[name] = max(self._last.get(name, 0), _number(name, part_id))
        self._last.move_to_end(name)
        if part_id != name:
            # A file may be called so as well.
            self._last.setdefault(part_id, 1)
            self._last.move_to_end(part_id)
        while len(self._last) > self._remembered:
            self._last.popitem(last=False)


def _numbered(name: str, number: int) -> str:
    path = PurePosixPath(name)
    return name if number == 1 else str(path.with_name(f"{path.stem}~{number}{path.suffix}"))


def _number(name: str, part_id: str) -> int:
    """What :func:`_numbered` was given."""
    ending = PurePosixPath(part_id).stem.removeprefix(f"{PurePosixPath(name).stem}~")
    return int(ending) if part_id != name and ending.isdecimal() else 1

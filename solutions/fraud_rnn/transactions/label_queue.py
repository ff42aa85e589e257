"""Labels that wait until their delay has passed, in the order in which they count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FIELDS = {
    "release": "float64",
    "slot": "int64",
    "day": "float64",
    "label": "int8",
    "evidence": "float64",
}
_MIN_CAPACITY = 1024

Labels = dict[str, np.ndarray]


class LabelQueue:
    """Labels by the day from which on they count; a week of a busy stream holds millions.

    So a step touches those that come and those that fall due, never those that wait.

    Example:
        >>> queue = LabelQueue()
        >>> mine = {name: np.array([8.0, 7.0], kind) for name, kind in FIELDS.items()}
        >>> len(queue.due(np.array([1.0, 2.0]), mine, np.array([0, 1]))["slot"])
        0
        >>> none = {name: values[:0] for name, values in mine.items()}
        >>> later = queue.due(np.array([7.5, 9.0]), none, np.empty(0, np.int64))
        >>> later["release"].tolist(), later["position"].tolist()
        ([7.0, 8.0], [0, 1])
    """

    def __init__(self) -> None:
        self._head = self._tail = 0
        self._held = {name: np.empty(_MIN_CAPACITY, kind) for name, kind in FIELDS.items()}

    def is_due(self, clock: float) -> bool:
        """Whether a label counts at this time, in days."""
        return self._head < self._tail and self._held["release"].item(self._head) <= clock

    def pop(self) -> tuple[int, float, int, float]:
        """The first label: slot, day, label and evidence."""
        at, self._head = self._head, self._head + 1
        slot, day, label, evidence = (
            self._held[name].item(at) for name in ("slot", "day", "label", "evidence")
        )
        return slot, day, label, evidence

    def due(self, clock: np.ndarray, mine: Labels, rows: np.ndarray) -> Labels:
        """The labels that count within a batch; the others of the batch wait from now on.

        Args:
            clock: float64 [N], the stream's time at each row, ascending.
            mine: the labels that come with the batch, arrays [m] of ``FIELDS``.
            rows: int64 [m], the row each of them comes with; it counts after that row.

        Returns:
            arrays [k] of ``FIELDS``, and ``position``, the row before which each counts; in the
            order of positions, then of releases.
        """
        n = len(clock)
        now = clock[-1] if n else -np.inf
        held = self._held["release"][self._head : self._tail]
        stop = self._head + int(np.searchsorted(held, now, side="right"))
        old = {name: values[self._head : stop].copy() for name, values in self._held.items()}
        self._head = stop
        position = np.maximum(np.searchsorted(clock, mine["release"], side="left"), rows + 1)
        at_once = position < n
        self._push({name: mine[name][~at_once] for name in FIELDS})
        due = {name: np.concatenate([old[name], mine[name][at_once]]) for name in FIELDS}
        before = np.searchsorted(clock, old["release"], side="left")
        due["position"] = np.concatenate([before, position[at_once]])
        order = np.lexsort((due["release"], due["position"]))
        return {name: values[order] for name, values in due.items()}

    def _push(self, labels: Labels) -> None:
        n = len(labels["release"])
        if not n:
            return
        held = self._held["release"][self._head : self._tail]
        # Those that wait for longer than the first of the new ones, few where time ascends.
        start = self._head + int(np.searchsorted(held, labels["release"].min(), side="right"))
        n_last = self._tail - start
        release = np.concatenate([self._held["release"][start : self._tail], labels["release"]])
        order = np.argsort(release, kind="stable")
        if self._tail + n > len(self._held["release"]):
            live = slice(self._head, self._tail)
            size = max(2 * (self._tail - self._head + n), _MIN_CAPACITY)
            for name, values in self._held.items():
                grown = np.empty(size, values.dtype)
                grown[: self._tail - self._head] = values[live]
                self._held[name] = grown
            self._head, self._tail = 0, self._tail - self._head
            start = self._tail - n_last
        for name, values in self._held.items():
            last = np.concatenate([values[start : self._tail], labels[name]])
            values[start : self._tail + n] = last[order]
        self._tail += n

    def export(self) -> Labels:
        """The waiting labels as plain arrays of ``FIELDS``, in order."""
        return {name: values[self._head : self._tail].copy() for name, values in self._held.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self.__init__()  # type: ignore[misc]
        self._push({name: np.asarray(arrays[name], kind) for name, kind in FIELDS.items()})

"""Customers' histories in one array, and what of them is held out for validation and test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

# What stands where no item is: codes of items begin at 1.
PADDING = 0
# A customer with fewer items is learned from and never tested on: nothing would be left to go by.
LEAST_ITEMS = 3


@dataclass(frozen=True)
class Sequences:
    """The items of each user in order of time, one user after the other.

    Args:
        codes: int32 [total], 1..N, the items; see ``PADDING``.
        starts: int64 [users + 1], where each user's items begin; the last is the total.
        times: int64 [total], microseconds since 1970 UTC, ascending within a user; None where
            nobody knows them.

    Raises:
        ValueError: arrays that do not fit together.

    Example:
        >>> sequences = Sequences.from_lists([[5, 3, 9], [2]])
        >>> len(sequences), sequences.of(0).tolist()
        (2, [5, 3, 9])
        >>> sequences.last(2).tolist()
        [[3, 9], [0, 2]]
    """

    codes: np.ndarray
    starts: np.ndarray
    times: np.ndarray | None = None

    def __post_init__(self) -> None:
        ends = self.starts[-1] if len(self.starts) else -1
        timed = self.times is None or len(self.times) == len(self.codes)
        if ends != len(self.codes) or (np.diff(self.starts) < 0).any() or not timed:
            raise ValueError(
                "starts ascend to the number of codes, and each code has a time or none has. "
                f"Received: {len(self.codes)} codes, starts to {ends}, "
                f"times {'none' if self.times is None else len(self.times)}"
            )

    @classmethod
    def from_lists(cls, lists: Iterable[Iterable[int]]) -> Sequences:
        """Sequences of codes that stand in lists, one a user."""
        rows = [np.fromiter(codes, np.int32) for codes in lists]
        starts = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
        return cls(np.concatenate([np.empty(0, np.int32), *rows]), starts)

    def __len__(self) -> int:
        """Number of users."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """How many items each user has, int64 [users]."""
        return np.diff(self.starts)

    @property
    def users(self) -> np.ndarray:
        """Which user each item is of, int64 [total]."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def of(self, user: int) -> np.ndarray:
        """The items of one user, int32 [length], in order of time."""
        return self.codes[self.starts[user] : self.starts[user + 1]]

    def last(self, length: int) -> np.ndarray:
        """The last items of each user, int32 [users, length], padded on the left."""
        at = self.starts[1:, None] - np.arange(length, 0, -1)
        there = at >= self.starts[:-1, None]
        codes = np.append(self.codes, np.int32(PADDING))
        return codes[np.where(there, at, len(self.codes))]

    def take(self, users: np.ndarray) -> Sequences:
        """The sequences of some users, int64 [m], in that order."""
        return self._spans(self.starts[users], self.lengths[users])

    def first(self, counts: np.ndarray) -> Sequences:
        """The first items of each user, so many of each: int64 [users], 0 or more."""
        return self._spans(self.starts[:-1], np.clip(counts, 0, self.lengths))

    def counts(self, items: int) -> np.ndarray:
        """How often each item occurs, int64 [items]: place 0 counts the code 1."""
        return np.bincount(self.codes, minlength=items + 1)[1 : items + 1]

    def _spans(self, begins: np.ndarray, lengths: np.ndarray) -> Sequences:
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], lengths)
        return Sequences(self.codes[at], starts, None if self.times is None else self.times[at])


@dataclass(frozen=True)
class HeldOut:
    """What some users chose next, and what they had before.

    Args:
        users: int64 [m], their places among all users.
        history: of these users, what came before the truth; the model is given this.
        truth: int32 [m], the item that came next, 1..N.
    """

    users: np.ndarray
    history: Sequences
    truth: np.ndarray


@dataclass(frozen=True)
class LeaveLastOut:
    """Each user's last item for the test, the one before for validation, the others for training.

    Users with fewer than ``LEAST_ITEMS`` items are trained on with all of theirs and are in no
    other part. The history of a test includes the validation item: it was there before.

    Args:
        train: of all users, in their order.
        valid: one a user with enough items.
        test: one a user with enough items, in the same order.

    Example:
        >>> split = LeaveLastOut.of(Sequences.from_lists([[1, 2, 3, 4], [5, 6]]))
        >>> [split.train.of(user).tolist() for user in (0, 1)]
        [[1, 2], [5, 6]]
        >>> split.valid.truth.tolist(), split.test.history.of(0).tolist(), split.test.truth.tolist()
        ([3], [1, 2, 3], [4])
    """

    train: Sequences
    valid: HeldOut
    test: HeldOut

    @classmethod
    def of(cls, sequences: Sequences) -> LeaveLastOut:
        """The parts of ``sequences``."""
        lengths = sequences.lengths
        enough = lengths >= LEAST_ITEMS
        users = np.flatnonzero(enough)
        some = sequences.take(users)

        def held_out(back: int) -> HeldOut:
            history = some.first(some.lengths - back)
            return HeldOut(users, history, some.codes[some.starts[1:] - back])

        train = sequences.first(lengths - 2 * enough)
        return cls(train, held_out(2), held_out(1))

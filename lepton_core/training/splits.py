"""Which records are trained on, which choose the model, and which are for the last look."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError

_US_A_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of one table by part; rows of no part are left out.

    Args:
        train: rows to fit on, int64 [n].
        valid: rows to choose models, thresholds and settings on, int64 [m].
        test: rows for the last look, int64 [k].

    Raises:
        ValueError: when a row stands twice, in one part or in two.

    Example:
        >>> split = Split(np.array([0, 1]), np.array([2]), np.array([3]))
        >>> len(split.train), split.train.dtype.name
        (2, 'int64')
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray

    def __post_init__(self) -> None:
        for name in ("train", "valid", "test"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.int64))
        rows, times = np.unique(
            np.concatenate([self.train, self.valid, self.test]), return_counts=True
        )
        if (times > 1).any():
            twice = rows[times > 1]
            raise ValueError(f"a row stands in one part. Received: {twice.size} twice, {twice[:5]}")

    def fingerprint(self) -> str:
        """sha256 of the parts and their rows: equal splits have equal fingerprints."""
        digest = hashlib.sha256()
        for name in ("train", "valid", "test"):
            rows = np.sort(getattr(self, name))
            digest.update(f"{name} {rows.size} ".encode())
            digest.update(rows.astype("<i8").tobytes())
        return digest.hexdigest()


def time_split(
    times: ArrayLike,
    *,
    train_days: float,
    valid_days: float = 0,
    delay_days: float = 0,
    test_days: float,
    start: datetime | None = None,
) -> Split:
    """Windows one after the other: train, validation, delay, test.

    The delay is the time until labels are known; rows in it, and rows outside all windows, belong
    to no part. A window takes its first moment in and leaves its last one out.

    Args:
        times: timestamps in UTC, shape [n]: numpy ``datetime64``, or an Arrow array or column.
        train_days: length of the training window.
        valid_days: length of the validation window; 0 for none.
        delay_days: length of the gap before the test.
        test_days: length of the test window.
        start: when training starts, UTC; by default midnight of the first day.

    Raises:
        DataError: ``data.empty_window`` when a window holds no record.

    Example:
        >>> days = np.datetime64("2018-04-01", "D") + np.arange(30)
        >>> split = time_split(days, train_days=14, valid_days=2, delay_days=7, test_days=7)
        >>> split.train[-1].item(), split.valid.tolist(), split.test[[0, -1]].tolist()
        (13, [14, 15], [23, 29])
    """
    at = np.asarray(times).astype("datetime64[us]").astype(np.int64)
    if at.size == 0:
        raise DataError("data.empty_window", part="train", start="-", end="-", first="-", last="-")
    if start is None:
        begin = int(at.min()) // _US_A_DAY * _US_A_DAY
    else:
        utc = start if start.tzinfo is None else start.astimezone(UTC).replace(tzinfo=None)
        begin = int(np.datetime64(utc, "us").astype(np.int64))
    parts: dict[str, np.ndarray] = {}
    windows = {"train": train_days, "valid": valid_days, "delay": delay_days, "test": test_days}
    for part, days in windows.items():
        end = begin + round(days * _US_A_DAY)
        parts[part] = np.flatnonzero((at >= begin) & (at < end))
        if days and part != "delay" and not parts[part].size:
            moments = {"start": begin, "end": end, "first": at.min(), "last": at.max()}
            named = {k: str(np.datetime64(int(v), "us"))[:16] for k, v in moments.items()}
            raise DataError("data.empty_window", part=part, **named)
        begin = end
    return Split(parts["train"], parts["valid"], parts["test"])


def random_split(
    n: int, *, valid: float, test: float, seed: int, stratify: ArrayLike | None = None
) -> Split:
    """A random part of the rows each, with the same mix of classes where asked.

    Args:
        n: number of rows.
        valid: part of the rows for validation, 0 to 1.
        test: part of the rows for the test, 0 to 1.
        seed: the same seed gives the same split.
        stratify: the class of each row, shape [n]; every class is split by itself.

    Example:
        >>> split = random_split(100, valid=0.1, test=0.2, seed=0, stratify=[0] * 90 + [1] * 10)
        >>> len(split.train), (split.test >= 90).sum().item()
        (70, 2)
    """
    _check_parts(valid, test)
    classes = np.zeros(n, np.int64) if stratify is None else np.asarray(stratify)
    if classes.shape != (n,):
        raise ValueError(f"stratify is [{n}]. Received: {list(classes.shape)}")
    generator = np.random.default_rng(seed)
    parts: list[list[np.ndarray]] = [[], [], []]
    for value in np.unique(classes):
        rows = generator.permutation(np.flatnonzero(classes == value))
        cuts = [round(test * rows.size), round(test * rows.size) + round(valid * rows.size)]
        for part, chosen in zip(parts, np.split(rows, cuts), strict=True):
            part.append(chosen)
    chosen_test, chosen_valid, chosen_train = (_sorted(part) for part in parts)
    return Split(chosen_train, chosen_valid, chosen_test)


def group_split(groups: ArrayLike, *, valid: float, test: float, seed: int) -> Split:
    """A random part of the groups each: all rows of a card, patient or tile stay together.

    Args:
        groups: the group of each row, shape [n].
        valid: part of the rows for validation, 0 to 1, met as nearly as whole groups allow.
        test: part of the rows for the test, 0 to 1.
        seed: the same seed gives the same split.

    Example:
        >>> cards = np.repeat(["a", "b", "c", "d", "e"], 20)
        >>> split = group_split(cards, valid=0.2, test=0.2, seed=0)
        >>> len(set(cards[split.train])), len(set(cards[split.test]) & set(cards[split.train]))
        (3, 0)
    """
    _check_parts(valid, test)
    _, group, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(counts.size)
    # A group goes where the middle of its rows falls.
    middle = (np.cumsum(counts[order]) - counts[order] / 2) / max(group.size, 1)
    part = np.empty(counts.size, np.int64)
    part[order] = np.searchsorted([test, test + valid], middle, side="right")
    rows = part[group]
    return Split(*(np.flatnonzero(rows == place) for place in (2, 1, 0)))


def _check_parts(valid: float, test: float) -> None:
    if valid < 0 or test < 0 or valid + test >= 1:
        raise ValueError(
            f"valid and test are parts that leave some to train. Received: {valid}, {test}"
        )


def _sorted(parts: list[np.ndarray]) -> np.ndarray:
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)

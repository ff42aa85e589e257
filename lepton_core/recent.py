"""Remembers the ids of recent records with their answers, so that none is applied twice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice, pairwise

import numpy as np
import pyarrow as pa


class RecentIds:
    """The last ``capacity`` record ids with their raw score.

    A bound is needed because a stream has no end; at 100 transactions a second the default reaches
    back 40 minutes, longer than any sender's retries.

    Args:
        capacity: number of ids kept.

    Example:
        >>> seen = RecentIds()
        >>> fresh, repeats = seen.split(pa.array(["a", "b", "a"]))
        >>> fresh.tolist(), repeats.tolist()
        ([0, 1], [2])
    """

    def __init__(self, capacity: int = 250_000) -> None:
        self._capacity = capacity
        self._together = max(capacity // 64, 1)
        self._answers: dict[str, np.ndarray] = {}

    def split(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the ids met for the first time, and of the repeated ones.

        Args:
            ids: strings [n].

        Returns:
            two ascending int64 arrays that together hold 0..n-1.
        """
        answers = self._answers
        given = ids.to_pylist()
        if len(set(given)) == len(given) and answers.keys().isdisjoint(given):
            return np.arange(len(given)), np.empty(0, np.int64)
        batch: set[str] = set()
        is_repeat = np.zeros(len(given), bool)
        for position, record_id in enumerate(given):
            if record_id in answers or record_id in batch:
                is_repeat[position] = True
            else:
                batch.add(record_id)
        return np.flatnonzero(~is_repeat), np.flatnonzero(is_repeat)

    def remember(self, ids: pa.Array, outputs: Mapping[str, np.ndarray]) -> None:
        """Keep the ``score`` [n, ...] of ``ids`` [n], float32; the oldest give way."""
        # One answer an id, whatever its width: a number, or a row of logits or quantiles.
        score = outputs["score"].astype(np.float32)
        answers = score.reshape(len(ids), math.prod(score.shape[1:]))
        self._answers.update(zip(ids.to_pylist(), answers, strict=True))
        self._forget()

    def remember_one(self, record_id: str, score: np.ndarray) -> None:
        """Keep the score [width] float32 of one id, as :meth:`remember`."""
        self._answers[record_id] = score
        if len(self._answers) >= self._capacity + self._together:
            self._forget()

    def _forget(self) -> None:
        # Many at a time: the first of a dictionary is found behind the holes of all that went
        # before. Whole portions, so that what is left does not depend on the cut into batches.
        excess = (len(self._answers) - self._capacity) // self._together * self._together
        if excess > 0:
            for record_id in list(islice(self._answers, excess)):
                del self._answers[record_id]

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._answers

    def refuse(self, ids: pa.Array) -> None:
        """Remember ids [n] that were refused: they have no answer."""
        none = np.empty(0, np.float32)
        self._answers.update(dict.fromkeys(ids.to_pylist(), none))

    def recall(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Positions in ``ids`` whose answer is known, int64 [m], and their scores [m, width].

        A record that was refused before has no answer.
        """
        answers = [self._answers.get(record_id, ()) for record_id in ids.to_pylist()]
        found = [(position, answer) for position, answer in enumerate(answers) if len(answer)]
        positions = np.array([position for position, _ in found], np.int64)
        return positions, np.array([answer for _, answer in found], np.float32)

    def export(self) -> dict[str, np.ndarray]:
        """Ids (utf-8 bytes and offsets) and scores as plain arrays."""
        encoded = [record_id.encode() for record_id in self._answers]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        answers = list(self._answers.values())
        widths = np.array([len(answer) for answer in answers], np.int64)
        scores = np.concatenate(answers) if answers else np.empty(0, np.float32)
        text = np.frombuffer(b"".join(encoded), np.uint8)
        return {"bytes": text, "offsets": offsets, "scores": scores, "widths": widths}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        text, offsets = arrays["bytes"].tobytes(), arrays["offsets"].tolist()
        ids = [text[a:b].decode() for a, b in pairwise(offsets)]
        answers = np.split(arrays["scores"], np.cumsum(arrays["widths"])[:-1])
        self._answers = dict(zip(ids, answers, strict=False))

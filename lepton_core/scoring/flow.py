"""Reading, work and writing at the same time, in order, with bounded memory."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_END = object()
_SWITCH_S = 1e-3


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(items: Iterable[T], work: Callable[[T], R], threads: int) -> Generator[tuple[T, R]]:
    """Each item with what ``work`` makes of it, in the order of the items.

    One thread reads ahead, ``threads`` threads work; at most ``threads + 2`` items are held. With
    one thread or less all happens in the caller's, one item after the other.

    Args:
        items: read in one other thread.
        work: called in several threads at once; NumPy, Arrow, OpenCV and ONNX Runtime let them
            run side by side.
        threads: how many work.

    Raises:
        whatever reading or work raises, at the item's place.

    Example:
        >>> list(in_order(range(3), lambda n: n * n, threads=2))
        [(0, 0), (1, 1), (2, 4)]
    """
    if threads <= 1:
        for item in items:
            yield item, work(item)
        return
    pending: queue.Queue[Any] = queue.Queue(maxsize=threads)
    # A batch is some milliseconds' work: waiting five for the interpreter, Python's default, idles
    # a core a tenth of the time (measured).
    patience = sys.getswitchinterval()
    sys.setswitchinterval(min(patience, _SWITCH_S))
    stop = threading.Event()

    def put(entry: Any) -> bool:
        while not stop.is_set():
            try:
                pending.put(entry, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def read(pool: ThreadPoolExecutor) -> None:
        try:
            for item in items:
                if not put((item, pool.submit(work, item))):
                    return
            put(_END)
        # Whatever reading raises belongs to the caller's thread, which raises it again.
        except BaseException as error:
            put(error)

    with ThreadPoolExecutor(threads, "score") as pool:
        reader = threading.Thread(target=read, args=(pool,), name="read", daemon=True)
        reader.start()
        try:
            while (entry := pending.get()) is not _END:
                if isinstance(entry, BaseException):
                    raise entry
                item, future = entry
                yield item, future.result()
        finally:
            sys.setswitchinterval(patience)
            stop.set()
            reader.join()
            pool.shutdown(wait=False, cancel_futures=True)


class Background:
    """Runs calls one after the other in a thread of their own; at most two wait.

    An error is raised at a later call or at :meth:`wait`, and nothing runs after it.

    Args:
        inline: run each call at once in the caller's thread instead.
    """

    def __init__(self, inline: bool = False) -> None:
        self._pool = None if inline else ThreadPoolExecutor(1, "write")
        self._waiting: deque[Future[Any]] = deque()
        self._failed = False

    def __call__(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Run ``call(*arguments)`` after what was given before."""
        if self._pool is None:
            call(*arguments)
            return
        while len(self._waiting) >= 2:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._run, call, arguments))

    def _run(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if self._failed:
            return
        try:
            call(*arguments)
        except BaseException:
            self._failed = True
            raise

    def wait(self) -> None:
        """Return when everything given has run."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """End the thread; what still waits is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

"""Work beside reading and writing: in order, bounded, and nothing left behind an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from lepton_core.scoring.flow import Background, in_order

THREADS = [1, 2, 5]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("threads", THREADS)
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    assert list(in_order(range(30), work, threads)) == [(n, n * n) for n in range(30)]
    assert list(in_order([], work, threads)) == []


@pytest.mark.parametrize("threads", THREADS)
def test_no_more_is_read_than_can_be_worked_on(threads: int) -> None:
    read, taken, most = 0, 0, 0

    def items() -> Iterator[int]:
        nonlocal read, most
        for number in range(50):
            read += 1
            most = max(most, read - taken)
            yield number

    for _ in in_order(items(), lambda number: number, threads):
        time.sleep(0.001)
        taken += 1
    assert read == taken == 50
    # Those that wait, the one in the reader's hand, and the one in ours.
    assert most <= threads + 2


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_of_the_work_comes_at_its_place(threads: int) -> None:
    def work(number: int) -> int:
        if number == 7:
            raise ValueError("seven")
        return number

    done = []
    with pytest.raises(ValueError, match="seven"):
        done.extend(item for item, _ in in_order(range(20), work, threads))
    flow = in_order(range(20), work, threads)
    assert [next(flow)[0] for _ in range(7)] == list(range(7))
    with pytest.raises(ValueError, match="seven"):
        next(flow)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("at", [0, 3])
def test_an_error_of_the_reader_comes_after_what_it_gave(threads: int, at: int) -> None:
    def items() -> Iterator[int]:
        yield from range(at)
        raise OSError("gone")

    flow = in_order(items(), lambda number: number, threads)
    assert [next(flow)[0] for _ in range(at)] == list(range(at))
    with pytest.raises(OSError, match="gone"):
        next(flow)


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_consumer_that_stops_stops_reading(threads: int, error: type[BaseException]) -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        while True:
            read += 1
            yield read

    flow = in_order(items(), lambda number: number, threads)

    def consume() -> None:
        for number, _ in flow:
            if number == 3:
                raise error

    with pytest.raises(error):
        consume()
    flow.close()
    at_the_end = read
    time.sleep(0.02)
    assert read == at_the_end <= 3 + threads + 2


def test_the_reader_can_be_closed_by_the_consumer_afterwards() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(threading.current_thread())

    source = items()
    flow = in_order(source, lambda number: number, 2)
    next(flow)
    flow.close()
    source.close()  # no "generator already executing"
    assert closed == [threading.current_thread()]


@pytest.mark.parametrize("inline", [True, False])
def test_calls_run_one_after_the_other_and_are_waited_for(inline: bool) -> None:
    background, done = Background(inline), []
    for number in range(20):
        background(done.append, number)
    background.wait()
    assert done == list(range(20))
    background.close()


def test_at_most_two_calls_wait() -> None:
    background, gate = Background(), threading.Event()
    background(gate.wait)
    background(lambda: None)
    third = threading.Thread(target=background, args=(lambda: None,))
    third.start()
    third.join(0.05)
    assert third.is_alive()
    gate.set()
    third.join()
    background.wait()
    background.close()


def test_after_an_error_nothing_runs_and_the_error_is_told_once_asked() -> None:
    background, gate, done = Background(), threading.Event(), []

    def fail() -> None:
        gate.wait()
        raise OSError(28, "full")

    background(fail)
    background(done.append, 1)
    gate.set()
    with pytest.raises(OSError, match="full"):
        background.wait()
    background.close()
    assert not done


def test_an_error_is_told_at_a_later_call() -> None:
    background = Background()

    def fail() -> None:
        raise OSError(28, "full")

    def call_often() -> None:
        for _ in range(4):
            background(fail)

    with pytest.raises(OSError, match="full"):
        call_often()
    background.close()

"""A seeded simulator of card transactions in which the truth about every fraud is known.

Cards have a home, a rate, a usual amount and a daily rhythm; terminals have a place and a price
level; people shop near home, sometimes travel, and buy online. Three kinds of fraud are laid over
this: a stolen card runs up large amounts until it is blocked, a compromised terminal charges
ordinary amounts for some weeks, and a card is tested with tiny amounts before a large one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from .sample_world import DAY_S, Rows, World, make_world, shopping

PATTERNS = ("", "stolen_card", "terminal", "card_testing")
_GENUINE, _STOLEN, _TERMINAL, _TESTING = range(4)


def generate(
    seed: int = 0,
    cards: int = 1000,
    terminals: int = 400,
    days: int = 120,
    start: str = "2026-01-01",
) -> pa.Table:
    """Simulate the transactions of some cards, in order of time.

    Args:
        seed: the same seed gives the same table.
        cards: number of cards, at least 10.
        terminals: number of terminals, at least 10.
        days: length in days, at least 30, so that a compromised terminal fits in.
        start: the first day, ``YYYY-MM-DD``, UTC.

    Returns:
        columns ``record_id`` (string, ascending), ``time`` (timestamp[us, UTC], whole seconds),
        ``card``, ``terminal`` (strings), ``amount`` (float64, whole cents, at least 0.5),
        ``label`` (int64, 1 fraud) and ``pattern`` (string, one of ``PATTERNS``: the truth for
        tests and charts, never a feature).

    Raises:
        ValueError: an argument is below what it must be.

    Example:
        >>> table = generate(seed=1, cards=50, terminals=20, days=30)
        >>> table.column_names
        ['record_id', 'time', 'card', 'terminal', 'amount', 'label', 'pattern']
        >>> sorted(set(table["pattern"].to_pylist()))
        ['', 'card_testing', 'stolen_card', 'terminal']
    """
    for name, value, least in [
        ("cards", cards, 10),
        ("terminals", terminals, 10),
        ("days", days, 30),
    ]:
        if value < least:
            raise ValueError(f"{name} must be at least {least}. Received: {name}={value}")
    # A stream of its own for each part: changing one leaves the others as they were.
    parts = np.random.SeedSequence(seed).spawn(5)
    world_rng, shop_rng, stolen_rng, terminal_rng, testing_rng = map(np.random.default_rng, parts)
    first_day = datetime.fromisoformat(start).replace(tzinfo=UTC)
    world = make_world(world_rng, cards, terminals)
    rows = shopping(shop_rng, world, days, first_day.weekday())
    stolen, blocked = _stolen_cards(stolen_rng, world, days)
    testing, blocked_too = _card_testing(testing_rng, world, days)
    rows = _without(rows, blocked + blocked_too)
    _compromise_terminals(terminal_rng, rows, len(world.price), days)
    rows = Rows.join([rows, stolen, testing])
    rows = rows.take(np.flatnonzero(rows.second < days * DAY_S))
    return _to_table(rows.take(np.argsort(rows.second, kind="stable")), first_day)


def _spread_out(rng: np.random.Generator, n: int, span_s: float) -> np.ndarray:
    """Moments [n] in seconds, one in each of n equal parts of the span: every week has some."""
    return (np.arange(n) + rng.random(n)) * (span_s / n)


def _victims(rng: np.random.Generator, world: World, n: int) -> np.ndarray:
    """Cards [n], each once while there are enough."""
    order = rng.permutation(len(world.rate))
    return order[np.arange(n) % len(order)]


Blocks = list[tuple[int, float, float]]


def _stolen_cards(rng: np.random.Generator, world: World, days: int) -> tuple[Rows, Blocks]:
    """Bursts of large amounts far from home, and from when to when each card was blocked."""
    n_thefts = max(1, round(len(world.rate) * days / 2000))
    card = _victims(rng, world, n_thefts)
    begin = _spread_out(rng, n_thefts, days * DAY_S)
    length = rng.uniform(1.0, 4.0, n_thefts) * DAY_S
    n_rows = rng.integers(4, 10, n_thefts)
    theft = np.repeat(np.arange(n_thefts), n_rows)
    second = np.floor(begin[theft] + rng.random(len(theft)) * length[theft]).astype(np.int64)
    factor = rng.uniform(2.5, 7.0, n_thefts)[theft] * np.exp(0.3 * rng.standard_normal(len(theft)))
    rows = Rows(
        card=card[theft],
        terminal=rng.integers(0, len(world.price), len(theft)),
        second=second,
        amount=world.amount[card[theft]] * factor,
        pattern=np.full(len(theft), _STOLEN),
    )
    return rows, _blocks(card, begin + length)


def _card_testing(rng: np.random.Generator, world: World, days: int) -> tuple[Rows, Blocks]:
    """Tiny amounts minutes apart at one online terminal, a pause, then one or two large ones."""
    n_tests = max(1, round(len(world.rate) * days / 3000))
    card = _victims(rng, world, n_tests)
    begin = _spread_out(rng, n_tests, days * DAY_S)
    n_tiny = rng.integers(3, 9, n_tests)
    n_large = rng.integers(1, 3, n_tests)
    test = np.repeat(np.arange(n_tests), n_tiny + n_large)
    first_row = np.repeat(np.cumsum(n_tiny + n_large) - n_tiny - n_large, n_tiny + n_large)
    place_in_test = np.arange(len(test)) - first_row
    is_large = place_in_test >= n_tiny[test]
    gap = np.where(is_large, rng.uniform(900, 10_800, len(test)), rng.uniform(20, 240, len(test)))
    since = np.cumsum(gap)
    second = begin[test] + since - since[first_row]
    online = np.flatnonzero(world.online)
    shop = online[rng.integers(0, len(online), n_tests)]
    elsewhere = online[rng.integers(0, len(online), len(test))]
    large = world.amount[card[test]] * rng.uniform(3.0, 8.0, len(test))
    rows = Rows(
        card=card[test],
        terminal=np.where(is_large, elsewhere, shop[test]),
        second=np.floor(second).astype(np.int64),
        amount=np.where(is_large, large, rng.uniform(0.5, 2.5, len(test))),
        pattern=np.full(len(test), _TESTING),
    )
    last = np.cumsum(n_tiny + n_large) - 1
    return rows, _blocks(card, second[last])


def _blocks(card: np.ndarray, end: np.ndarray) -> Blocks:
    """A blocked card is replaced after three days."""
    return [(int(c), float(e), float(e) + 3 * DAY_S) for c, e in zip(card, end, strict=True)]


def _without(rows: Rows, blocked: Blocks) -> Rows:
    """The owners' purchases less those on a blocked card."""
    keep = np.ones(len(rows.card), dtype=bool)
    for card, begin, end in blocked:
        keep &= ~((rows.card == card) & (rows.second > begin) & (rows.second < end))
    return rows.take(np.flatnonzero(keep))


def _compromise_terminals(
    rng: np.random.Generator, rows: Rows, n_terminals: int, days: int
) -> None:
    """Turn a share or all of some terminals' purchases into frauds, for two to four weeks each."""
    n_taken = max(1, round(n_terminals * days / 3200))
    # The busiest would be noticed at once and the quietest never show: those in between.
    by_volume = np.argsort(np.bincount(rows.terminal, minlength=n_terminals), kind="stable")
    middling = by_volume[int(n_terminals * 0.3) : int(n_terminals * 0.8)]
    taken = rng.permutation(middling)[np.arange(n_taken) % len(middling)]
    # They are spread over the time before the first day too, so that it begins as it goes on.
    begin = _spread_out(rng, n_taken, (days + 14) * DAY_S) - 14 * DAY_S
    length = rng.uniform(14.0, 28.0, n_taken) * DAY_S
    share = np.where(rng.random(n_taken) < 0.5, 1.0, rng.uniform(0.4, 0.9, n_taken))
    luck = rng.random(len(rows.card))
    for terminal, first, last, part in zip(taken, begin, begin + length, share, strict=True):
        there = (rows.terminal == terminal) & (rows.second >= first) & (rows.second < last)
        rows.pattern[there & (luck < part)] = _TERMINAL


def _to_table(rows: Rows, first_day: datetime) -> pa.Table:
    n = len(rows.card)
    time_us = (int(first_day.timestamp()) + rows.second) * 1_000_000
    amount = np.round(np.clip(rows.amount, 0.5, 5000.0) * 100.0) / 100.0
    return pa.table(
        {
            "record_id": _names("t", np.arange(1, n + 1)),
            "time": pa.array(time_us, pa.timestamp("us", tz="UTC")),
            "card": _names("c", rows.card + 1),
            "terminal": _names("s", rows.terminal + 1),
            "amount": amount,
            "label": (rows.pattern != _GENUINE).astype(np.int64),
            "pattern": pa.DictionaryArray.from_arrays(
                rows.pattern.astype(np.int32), pa.array(PATTERNS)
            ).cast(pa.string()),
        }
    )


def _names(letter: str, numbers: np.ndarray) -> pa.Array:
    """``c0007`` for 7, all of one width, so that they sort as the numbers do."""
    width = max(3, len(str(int(numbers.max()))))
    distinct, position = np.unique(numbers, return_inverse=True)
    names = pa.array([f"{letter}{number:0{width}d}" for number in distinct.tolist()])
    return names.take(pa.array(position))


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, its last rows as a plain CSV to score.

    Args:
        folder: where ``transactions.parquet`` and ``transactions_10k.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    repeated = ["card", "terminal", "amount", "label", "pattern"]
    pq.write_table(
        table,
        folder / "transactions.parquet",
        compression="zstd",
        compression_level=9,
        use_dictionary=repeated,
        column_encoding={"record_id": "DELTA_BYTE_ARRAY", "time": "DELTA_BINARY_PACKED"},
    )
    last = table.select(["record_id", "time", "card", "terminal", "amount"]).slice(
        max(0, table.num_rows - 10_000)
    )
    last = last.set_column(1, "time", last["time"].cast(pa.timestamp("s", tz="UTC")))
    options = arrow_csv.WriteOptions(quoting_style="none", quoting_header="none")
    arrow_csv.write_csv(last, folder / "transactions_10k.csv", options)


if __name__ == "__main__":
    from lepton_core.data.lookup import shipped_folder

    write(shipped_folder() / "fraud_sample")

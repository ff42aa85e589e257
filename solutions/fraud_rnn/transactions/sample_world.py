"""Who the simulated cards and terminals are, and what the cards' owners buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAY_S = 86_400
_MONDAY_TO_SUNDAY = np.array([0.92, 0.92, 0.95, 1.0, 1.12, 1.15, 0.94])


@dataclass(frozen=True)
class World:
    """Who the cards and terminals are; arrays [cards] and [terminals].

    Args:
        rate: a card's transactions a day.
        amount: a card's median amount.
        spread: standard deviation of the logarithm of a card's amounts.
        hour: the hour of the day around which a card is used.
        reach: cumulative share [cards, terminals] of a card's purchases.
        price: a terminal's amounts over its customers' usual ones.
        online: the terminals that sell to anyone, wherever they live.
    """

    rate: np.ndarray
    amount: np.ndarray
    spread: np.ndarray
    hour: np.ndarray
    reach: np.ndarray
    price: np.ndarray
    online: np.ndarray


@dataclass
class Rows:
    """Transactions in columns [N].

    Args:
        card: int64, position of the card.
        terminal: int64, position of the terminal.
        second: int64, seconds since the first day's midnight.
        amount: float64.
        pattern: int64, position in ``sample.PATTERNS``.
    """

    card: np.ndarray
    terminal: np.ndarray
    second: np.ndarray
    amount: np.ndarray
    pattern: np.ndarray

    def take(self, rows: np.ndarray) -> Rows:
        """The transactions at the positions ``rows``, in that order."""
        return Rows(*(values[rows] for values in self._columns()))

    def _columns(self) -> tuple[np.ndarray, ...]:
        return (self.card, self.terminal, self.second, self.amount, self.pattern)

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """All transactions of ``parts``, one part after the other."""
        columns = zip(*(part._columns() for part in parts), strict=True)
        return Rows(*(np.concatenate(column) for column in columns))


def make_world(rng: np.random.Generator, cards: int, terminals: int) -> World:
    """Draw cards and terminals; one terminal in twenty sells online.

    Args:
        rng: the stream to draw from.
        cards: number of cards.
        terminals: number of terminals.
    """
    home = _places(rng, cards)
    place = _places(rng, terminals)
    online = np.zeros(terminals, dtype=bool)
    online[rng.permutation(terminals)[: max(2, terminals // 20)]] = True
    popularity = np.exp(0.7 * rng.standard_normal(terminals))
    distance = np.hypot(*(home[:, None, axis] - place[None, :, axis] for axis in (0, 1)))
    near = np.exp(-distance / 0.04) + 1e-4
    near[:, online] = 0.0
    near *= popularity
    near /= near.sum(axis=1, keepdims=True)
    net = np.where(online, popularity, 0.0)
    net_share = rng.uniform(0.02, 0.25, (cards, 1))
    reach = np.cumsum(near * (1.0 - net_share) + net / net.sum() * net_share, axis=1)
    return World(
        rate=np.clip(rng.gamma(2.5, 0.34, cards), 0.05, 3.0),
        amount=np.exp(np.log(32.0) + 0.55 * rng.standard_normal(cards)),
        spread=rng.uniform(0.35, 0.65, cards),
        hour=np.clip(13.5 + 2.5 * rng.standard_normal(cards), 7.0, 20.0),
        reach=reach / reach[:, -1:],
        price=np.exp(0.25 * rng.standard_normal(terminals)),
        online=online,
    )


def _places(rng: np.random.Generator, n: int) -> np.ndarray:
    """Points [n, 2] on the unit square, most of them around a dozen towns."""
    towns = rng.uniform(0.1, 0.9, (12, 2))
    around = towns[rng.integers(0, len(towns), n)] + 0.04 * rng.standard_normal((n, 2))
    anywhere = rng.uniform(0.0, 1.0, (n, 2))
    return np.where(rng.random((n, 1)) < 0.85, around, anywhere)


def shopping(rng: np.random.Generator, world: World, days: int, weekday: int) -> Rows:
    """What the cards' owners buy, card after card.

    Args:
        rng: the stream to draw from.
        world: who they are.
        days: length in days.
        weekday: of the first day, 0 for Monday.
    """
    week = _MONDAY_TO_SUNDAY[(weekday + np.arange(days)) % 7]
    counts = rng.poisson(world.rate[:, None] * week)
    card = np.repeat(np.arange(len(world.rate)), counts.sum(axis=1))
    day = np.repeat(np.tile(np.arange(days), len(world.rate)), counts.ravel())
    # Most purchases lie around the card's own hour, the rest anywhere in the day.
    usual = world.hour[card] + 2.8 * rng.standard_normal(len(card))
    hour = np.where(rng.random(len(card)) < 0.9, usual, rng.uniform(6.0, 24.0, len(card)))
    second = day * DAY_S + np.floor((hour % 24.0) * 3600.0).astype(np.int64)
    terminal = _choose_terminals(rng, world, card)
    amount = world.amount[card] * world.price[terminal]
    amount = amount * np.exp(world.spread[card] * rng.standard_normal(len(card)))
    # Real life gives false alarms too: a new sofa, and a parking meter.
    fate = rng.random(len(card))
    amount = np.where(fate < 0.006, amount * rng.uniform(3.0, 7.0, len(card)), amount)
    amount = np.where(fate > 0.98, rng.uniform(0.5, 4.0, len(card)), amount)
    return Rows(card, terminal, second, amount, np.zeros(len(card), dtype=np.int64))


def _choose_terminals(rng: np.random.Generator, world: World, card: np.ndarray) -> np.ndarray:
    """A terminal for each purchase [N]; one in thirty is made on a journey, anywhere."""
    n_terminals = len(world.price)
    # Row k of reach, raised by k, lies in (k, k + 1]: one search serves all cards.
    raised = (world.reach + np.arange(len(world.reach))[:, None]).ravel()
    near = np.searchsorted(raised, card + rng.random(len(card))) - card * n_terminals
    anywhere = rng.integers(0, n_terminals, len(card))
    near = np.clip(near, 0, n_terminals - 1)
    return np.where(rng.random(len(card)) < 1 / 30, anywhere, near)

"""Signal plans against equal greens, and the simulation that says so against published formulas.

    python benchmarks/signal_plans.py [--replications 40] [--hours 1] [--first 0] [--sets 20]

Prints its tables. The first holds the simulation to Webster's delay at one signal, to M/D/1 where
there is always green, and to Webster's uniform delay of even arrivals. The second takes random
intersections (``signals.sample.demand_set``, seeds from --first on, none chosen) and simulates each
under equal greens and under the plan with the same vehicles, at the flows of the forecast and at
the ends of their 90% interval.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from solutions.traffic_video.signals.comparing import Compared, compare, compare_scenarios
from solutions.traffic_video.signals.config import Config
from solutions.traffic_video.signals.delay import (
    control_delay,
    md1_wait,
    queue_95,
    uniform_delay,
    webster_delay,
)
from solutions.traffic_video.signals.junction import Junction, Plan
from solutions.traffic_video.signals.optimiser import best_equal_plan, optimal_plan
from solutions.traffic_video.signals.sample import demand_set
from solutions.traffic_video.signals.simulation import Settings, Simulated, departures, simulate
from solutions.traffic_video.signals.webster import equal_plan, webster_plan

_SIGNALS = ((60, 30, 1800), (90, 27, 1800), (90, 60, 3600), (120, 24, 1650), (40, 16, 3600))
_DEGREES = (0.3, 0.5, 0.7, 0.8, 0.9)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=40)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sets", type=int, default=20)
    asked = parser.parse_args()
    _even_arrivals()
    _always_green()
    _against_webster()
    _plans(
        range(asked.first, asked.first + asked.sets),
        Settings(asked.hours, 0.25, asked.replications),
    )


def _one(flow: float, saturation: float, green: int, cycle: int) -> tuple[Junction, Plan]:
    """One movement with ``green`` s of effective green in a cycle of ``cycle`` s."""
    config = Config()
    rest = cycle - green
    serves = np.array([[True, False], [False, True]])
    flows = np.array([flow, 0.0])
    one = np.ones(2, np.int64)
    most = np.array([saturation, 1800.0])
    junction = Junction(serves, flows, most, one, np.zeros(2), flows, flows)
    shift = config.timing.intergreen - config.timing.lost
    shown = np.array([green - shift, rest - 2 * config.timing.intergreen + shift])
    return junction, Plan(shown, config.timing)


def _even_arrivals() -> None:
    print("\n| even arrivals, cycle 60 s, green 30 s | simulated | Webster, first term |")
    print("|---|---|---|")
    for flow in (300, 600, 750):
        # Many vehicles, each a hundredth of one: as near to a flow as it gets.
        times = (np.arange(flow * 400) + 0.5)[None] * 3600 / (flow * 100)
        left = departures(times, 0, 30, 60, 180_000)
        found = float((left - times).mean())
        told = float(uniform_delay(60, 30, flow / 900))
        print(f"| {flow} of 1800 veh/h | {found:.2f} | {told:.2f} |")


def _always_green() -> None:
    print("\n| always green, 1800 veh/h | simulated | M/D/1 | difference |")
    print("|---|---|---|---|")
    settings = Settings(hours=20, warm_up=2, replications=20)
    for x in _DEGREES:
        flow = np.array([1800 * x, 0.0])
        serves = np.array([[True, True], [False, True]])
        one, most = np.ones(2, np.int64), np.full(2, 1800.0)
        junction = Junction(serves, flow, most, one, np.zeros(2), flow, flow)
        plan = Plan(np.array([25, 25]), Config().timing)
        found = float(simulate(junction, plan, settings).movement_means[0])
        told = float(md1_wait(1800 * x, 1800))
        print(f"| x = {x} | {found:.3f} | {told:.3f} | {found / told - 1:+.1%} |")


def _against_webster() -> None:
    print(
        "\n| cycle, green, saturation flow | x | simulated | Webster | difference | HCM, 8 h |",
        end="",
    )
    print(" queue 95% simulated | HCM |")
    print("|---|---|---|---|---|---|---|---|")
    settings = Settings(hours=8, warm_up=1, replications=30)
    worst = 0.0
    for cycle, green, saturation in _SIGNALS:
        for x in _DEGREES:
            flow = x * saturation * green / cycle
            junction, plan = _one(flow, saturation, green, cycle)
            found = simulate(junction, plan, settings)
            mean = float(found.movement_means[0])
            webster = float(webster_delay(flow, saturation, green, cycle))
            manual = float(control_delay(flow, saturation, green, cycle, 8.0))
            queue = float(queue_95(flow, saturation, green, cycle, 1.0))
            worst = max(worst, abs(mean / webster - 1))
            print(
                f"| {cycle} s, {green} s, {saturation} veh/h | {x} | {mean:.1f} | {webster:.1f} "
                f"| {mean / webster - 1:+.1%} | {manual:.1f} | {found.queue_95[0]:.0f} "
                f"| {queue:.1f} |"
            )
    print(f"\nLargest difference from Webster: {worst:.1%}")


def _plans(seeds: range, settings: Settings) -> None:
    config = Config()
    print(
        "\n| set | phases | cycle | greens | equal greens, s | plan, s | saved, s (95%) |", end=""
    )
    print(" HCM, plan | low | high | equal, own cycle | Webster |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    wins = {"same cycle": 0, "own cycle": 0, "low": 0, "high": 0, "Webster": 0}
    seconds, means = 0.0, []
    for seed in seeds:
        junction = demand_set(seed)
        before = time.perf_counter()
        plan = optimal_plan(junction, config.timing, config.plan.hours, config.plan.robust)
        seconds += time.perf_counter() - before
        equal = equal_plan(junction, config.timing, plan.cycle)
        found = compare_scenarios(junction, equal, plan, settings)
        own_plan = best_equal_plan(junction, config.timing, config.plan.hours)
        own = compare(junction, own_plan, plan, settings)
        classic = compare(junction, webster_plan(junction, config.timing), plan, settings)
        middle = found["middle"]
        wins["same cycle"] += middle.saved > 0
        wins["own cycle"] += own.saved > 0
        wins["low"] += found["low"].saved > 0
        wins["high"] += found["high"].saved > 0
        wins["Webster"] += classic.saved > 0
        delays = (middle.before, own.before, classic.before, middle.after)
        means.append([simulated.mean for simulated in delays])
        low, high = middle.saved_interval
        greens = " ".join(map(str, plan.greens.tolist()))
        print(
            f"| {seed} | {junction.phases} | {plan.cycle} | {greens} "
            f"| {_mean(middle.before)} | {_mean(middle.after)} "
            f"| {middle.saved:.1f} ({low:.1f} to {high:.1f}) "
            f"| {plan.mean_delay(junction, config.plan.hours):.1f} "
            f"| {_pair(found['low'])} | {_pair(found['high'])} "
            f"| {own.before.mean:.1f} | {classic.before.mean:.1f} |",
            flush=True,
        )
    names = ("equal greens, same cycle", "equal greens, own cycle", "Webster", "plan")
    told = zip(names, np.mean(means, axis=0), strict=True)
    print("\nMean delay over the sets, s/veh:", ", ".join(f"{n} {mean:.1f}" for n, mean in told))
    print(f"The plan has the lower mean delay in, of {len(seeds)} sets: {wins}")
    print(f"{seconds / len(seeds):.2f} s a plan")


def _mean(simulated: Simulated) -> str:
    low, high = simulated.interval
    return f"{simulated.mean:.1f} ({low:.1f} to {high:.1f})"


def _pair(compared: Compared) -> str:
    return f"{compared.before.mean:.1f} / {compared.after.mean:.1f}"


if __name__ == "__main__":
    main()

"""Level of service, A to F, by the bands of the Highway Capacity Manual.

Source: Transportation Research Board, Highway Capacity Manual, 6th edition, 2016: exhibit 12-15
(basic freeway and multilane segments, by density), 19-8 (signalised intersections, by control
delay) and 20-2 (two-way stop control, by control delay); passenger-car equivalents of level
terrain from exhibit 12-25. The manual is not public; the numbers were held to public pages that
quote it, which docs/experiments/traffic_counting.md names.
"""

from __future__ import annotations

import numpy as np

KM_PER_MILE = 1.609344
DENSITY_LIMITS = (11.0, 18.0, 26.0, 35.0, 45.0)  # passenger cars a mile and lane
SIGNAL_LIMITS_S = (10.0, 20.0, 35.0, 55.0, 80.0)
STOP_LIMITS_S = (10.0, 15.0, 25.0, 35.0, 50.0)
HEAVY_EQUIVALENT = 2.0


def density(flow_per_h: float, speed_kmh: float, lanes: int = 1, heavy_share: float = 0.0) -> float:
    """Passenger cars a kilometre and lane.

    Args:
        flow_per_h: vehicles an hour over all lanes of a direction.
        speed_kmh: space mean speed, above 0: the harmonic mean of speeds at a line.
        lanes: of that direction, at least 1.
        heavy_share: trucks and buses, 0 to 1; each counts as two cars.

    Example:
        >>> density(1800, 90, lanes=2)
        10.0
    """
    cars = flow_per_h * (1 + heavy_share * (HEAVY_EQUIVALENT - 1))
    return cars / lanes / speed_kmh


def space_mean_speed(speeds_kmh: np.ndarray) -> float | None:
    """Harmonic mean of speeds [n] seen at a line; None where none is above 0.

    Example:
        >>> space_mean_speed(np.array([60.0, 120.0]))
        80.0
    """
    moving = np.asarray(speeds_kmh, float)
    moving = moving[moving > 0]
    return float(len(moving) / (1 / moving).sum()) if len(moving) else None


def freeway_level(density_per_km: float) -> str:
    """Level of a freeway or multilane road by density, passenger cars a kilometre and lane.

    Example:
        >>> [freeway_level(d / KM_PER_MILE) for d in (11, 11.1, 45, 46)]
        ['A', 'B', 'E', 'F']
    """
    return _level(density_per_km * KM_PER_MILE, DENSITY_LIMITS)


def signal_level(delay_s: float, volume_to_capacity: float = 0.0) -> str:
    """Level of a signalised approach by control delay; F above capacity whatever the delay.

    Example:
        >>> signal_level(10), signal_level(35.1), signal_level(12, volume_to_capacity=1.05)
        ('A', 'D', 'F')
    """
    return "F" if volume_to_capacity > 1 else _level(delay_s, SIGNAL_LIMITS_S)


def stop_level(delay_s: float, volume_to_capacity: float = 0.0) -> str:
    """Level of an approach with a stop sign by control delay; F above capacity.

    Example:
        >>> stop_level(15.5)
        'C'
    """
    return "F" if volume_to_capacity > 1 else _level(delay_s, STOP_LIMITS_S)


def _level(value: float, limits: tuple[float, ...]) -> str:
    # A rounding error of the conversion must not push a value over its own limit.
    return "ABCDEF"[int(np.searchsorted(np.array(limits) + 1e-9, value, side="left"))]

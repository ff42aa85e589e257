"""What a figure of speed was measured on, and whether others worked there meanwhile."""

from __future__ import annotations

import os
import platform
import time
from importlib import metadata
from pathlib import Path

PACKAGES = ("lepton-core", "onnxruntime", "numpy", "opencv-python-headless", "pyarrow")


def processor() -> str:
    """The name of the processor, as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def package_versions() -> dict[str, str]:
    """Python and the packages that decide how fast records are scored.

    Example:
        >>> package_versions()["python"] == platform.python_version()
        True
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class OthersAtWork:
    """How many cores other processes kept busy since this was made.

    On Linux by the system's count of processor time, what a virtual machine was refused included;
    elsewhere by the load average. Work of this process and of its ended children is left out.

    Example:
        >>> OthersAtWork().cores() >= 0
        True
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._total, self._own = _busy_s(), _own_s()

    def cores(self) -> float:
        """The mean number of cores; 0 for a machine that did nothing else."""
        total = _busy_s()
        if total is None or self._total is None:
            return max(os.getloadavg()[0] - 1.0, 0.0) if hasattr(os, "getloadavg") else 0.0
        spent = total - self._total - (_own_s() - self._own)
        return max(spent / max(time.monotonic() - self._began, 1e-3), 0.0)


def _own_s() -> float:
    return sum(os.times()[:4])


def _busy_s() -> float | None:
    """Processor seconds of all since the start, but for those idle or waiting for a disk."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
        user, nice, system, _, _, *interrupts = (int(value) for value in first[1:9])
        return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None

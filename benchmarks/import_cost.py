"""CPU-seconds of ``import lepton_core`` beside a bare Python, each in fresh processes.

Run: ``python benchmarks/import_cost.py``
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 10
PROGRAMS = {
    "bare Python": "",
    "import lepton_core": "import lepton_core; ",
    "import lepton_core.layers": "import lepton_core.layers; ",
    "the names that score": "import lepton_core as lc; lc.Pipeline, lc.Predictions, lc.load; ",
    "import numpy": "import numpy; ",
}
# The child reads its own clock: Python's start is in it, the work of this script is not.
REPORT = "import time; print(time.process_time())"


def cpu_seconds(program: str) -> float:
    """CPU-seconds (user and system) of a fresh Python, from its start to the program's end."""
    done = subprocess.run(
        [sys.executable, "-c", program + REPORT], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Print the median of ten runs of each program, taken in turn so that load falls on all."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(RUNS):
        for name, program in PROGRAMS.items():
            seconds[name].append(cpu_seconds(program))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    bare = medians["bare Python"]
    print("| program | CPU-s, median of 10 | over bare Python |")
    print("|---|---|---|")
    for name, median in medians.items():
        print(f"| {name} | {median:.3f} | {median - bare:+.3f} |")


if __name__ == "__main__":
    main()

"""The runtime of a computed task, whose preprocessor has done all the work: nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lepton_core.runtime.base import Runtime


class NoModel(Runtime):
    """Gives the preprocessor's arrays on as outputs; a bundle without models is scored by it.

    Example:
        >>> runtime = NoModel()
        >>> runtime.roles(), runtime.run("main", {"score": np.array([2.0])})["score"].tolist()
        ((), [2.0])
    """

    name = "none"

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> NoModel:
        """The same whatever lies in ``folder``."""
        return cls()

    def roles(self) -> tuple[str, ...]:
        return ()

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(inputs)

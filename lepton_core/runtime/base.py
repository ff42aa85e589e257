"""What every runtime does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import numpy as np


class Runtime(ABC):
    """Runs a bundle's models by role (``main``, ``step``, ``encoder``...).

    A runtime is immutable after construction and safe to share between threads.
    """

    name: str

    @classmethod
    @abstractmethod
    def open(cls, folder: Path, threads: int | None = None) -> Runtime:
        """The runtime over the models of a bundle's ``models`` folder.

        Args:
            folder: where the models lie.
            threads: threads of one call; None leaves it to the library.
        """

    @abstractmethod
    def roles(self) -> tuple[str, ...]:
        """The roles there are models for."""

    @abstractmethod
    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        """Input name -> shape, None for a free axis."""

    @abstractmethod
    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name of the model in ``role``."""

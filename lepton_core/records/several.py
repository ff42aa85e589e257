"""Several sources read one after the other as one: the files of one camera, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from lepton_core.records.source import Closing, RecordReader


class SeveralReader(Closing):
    """Records of several sources, each opened when the one before has ended.

    Args:
        paths: the sources in order, at least one.
        reopen: opens one of them.

    Attributes:
        source: the one that is read now.
        schema_names: the columns of the first.
        rows_total: not known before all are read.
    """

    def __init__(self, paths: Sequence[Path], reopen: Callable[[Path], RecordReader]) -> None:
        self._paths, self._open = list(paths), reopen
        self._reader = reopen(self._paths[0])
        self.source = self._reader.source
        self.schema_names = self._reader.schema_names
        self.rows_total = self._reader.rows_total if len(self._paths) == 1 else None

    def batches(self) -> Iterator[pa.Table]:
        """The records of all, in order."""
        yield from self._reader.batches()
        for path in self._paths[1:]:
            self._reader.close()
            self._reader = self._open(path)
            self.source = self._reader.source
            yield from self._reader.batches()

    def close(self) -> None:
        """Let go of the source that is open."""
        self._reader.close()

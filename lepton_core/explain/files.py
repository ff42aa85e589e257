"""Explanations as files: an overlay, a report, what another system takes back."""

from __future__ import annotations

import hashlib
import re
import shutil
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from lepton_core.errors import LeptonError, MissingDependency, UsageError
from lepton_core.rejects import Rejects

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.predictions import Predictions
    from lepton_core.records import PictureReader, RecordReader

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Asked:
    """Which files a person asked for.

    Args:
        formats: names of the explainer's ``formats``.
        language: of what people read, ``en`` or ``zh``.
        originals: opens the source once more, for the identity that its records no longer hold.
            Given only where files for the source's own archive shall carry that identity; without,
            files name people by pseudonym alone.
        scene: what was drawn for the place (``--scene``); None without.
    """

    formats: tuple[str, ...]
    language: str = "en"
    originals: Callable[[], PictureReader] | None = None
    scene: Path | None = None


class FileExplainer(ABC):
    """Explains records by files; a task names its class as the hook ``explainer``.

    It is made for one run and told of each record in turn.

    Args:
        pipeline: what scores.
        asked: which files to write.

    Attributes:
        formats: name -> what it is, one line, of every format that it can write.
        usual: the formats written where nobody names any.
        is_whole: whether its files are about all records together, so that none can be left out.
        notes: what a person should know of all records, a line each; filled by :meth:`finish`.
        refused: how many records were refused, known when :meth:`finish` is called.
    """

    formats: ClassVar[dict[str, str]] = {}
    usual: ClassVar[tuple[str, ...]] = ()
    is_whole: ClassVar[bool] = False

    def __init__(self, pipeline: Pipeline, asked: Asked) -> None:
        self.pipeline = pipeline
        self.asked = asked
        self.notes: list[str] = []
        self.refused = 0

    @abstractmethod
    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        """Write the files of one record.

        Args:
            record: its raw record, one row.
            scored: its predictions, one row, with the model's outputs in ``raw``.
            folder: empty; the files come to their place together, or none does.

        Raises:
            LeptonError: the record cannot be explained; it is refused alone.
        """

    def finish(self, folder: Path) -> None:
        """Write what concerns all records, after the last one.

        Args:
            folder: empty.
        """
        return None

    def close(self) -> None:
        """Let go of what it opened, however the run ended."""
        return None


def file_name(record_id: str) -> str:
    """A record's name as the beginning of a file's name, different for different records.

    Example:
        >>> file_name("ward1_07.dcm")
        'ward1_07.dcm'
        >>> file_name("../ward 1/07.dcm")
        'ward_1_07.dcm-cdf84b'
    """
    plain = _PLAIN.sub("_", record_id).strip("._-")[:80]
    if plain == record_id:
        return plain
    return f"{plain}-{hashlib.sha256(record_id.encode()).hexdigest()[:6]}".lstrip("-")


@dataclass
class Explained:
    """What a run of :func:`explain_files` did.

    Args:
        read: records read.
        explained: records whose files stand in the folder.
        files: how many files were written.
        rejects: the records that were not scored or not explained.
        notes: what a person should know of all records, a line each.
    """

    read: int = 0
    explained: int = 0
    files: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    notes: list[str] = field(default_factory=list)


def explain_files(
    pipeline: Pipeline,
    explainer: FileExplainer,
    reader: RecordReader,
    out: Path,
    record_ids: list[str] | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Explained:
    """Score records batch by batch and write each one's files.

    A record's files appear in ``out`` together once all of them are written; one that cannot be
    explained is refused alone and the rest goes on.

    Args:
        pipeline: what scores them.
        explainer: what writes.
        reader: raw records, opened by the task's Spec.
        out: the folder, made where it is not there.
        record_ids: which records to explain; None for all.
        progress: called with records done and their number where it is known.

    Raises:
        UsageError: ``usage.unknown_records``, after the rest was written.
        MissingDependency: what a format needs is not installed; nothing more is written.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        return _run(pipeline, explainer, reader, out, record_ids, progress)
    finally:
        explainer.close()


def _run(
    pipeline: Pipeline,
    explainer: FileExplainer,
    reader: RecordReader,
    out: Path,
    record_ids: list[str] | None,
    progress: Callable[[int, int | None], None] | None,
) -> Explained:
    done = Explained()
    session = pipeline.open_session()
    wanted = None if record_ids is None else frozenset(record_ids)
    missing = set(wanted or ())
    for batch in reader.batches():
        scored = session.step(batch, reader.source)
        done.rejects.extend(scored.rejects)
        ids = scored.columns["record_id"].to_pylist()
        missing -= {reject.record_id for reject in scored.rejects}
        for at, record_id in enumerate(ids):
            if wanted is not None and record_id not in wanted:
                continue
            missing.discard(record_id)
            row = int(scored.rows[at])
            record = batch.slice(row - done.read, 1)
            try:
                done.files += _together(out, explainer, record, scored.take(pa.array([at])))
                done.explained += 1
            except MissingDependency:
                raise
            except LeptonError as error:
                done.rejects.add(row, record_id, "not_explained", reason=error.text("en"))
            # A file that scores may still hold what a library for its format does not take; it
            # must not end the run for the others. Only where is told: the message may repeat what
            # the file holds, and this line goes into a log.
            except Exception as error:
                done.rejects.add(row, record_id, "not_explained", reason=_where(error))
        done.read += batch.num_rows
        if progress is not None:
            progress(done.read, reader.rows_total)
    explainer.refused = len(done.rejects)
    done.files += _moved(out, explainer.finish)
    done.notes = explainer.notes
    if missing:
        raise UsageError("usage.unknown_records", ids=", ".join(sorted(missing)))
    return done


def _where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _together(out: Path, explainer: FileExplainer, record: pa.Table, scored: Any) -> int:
    return _moved(out, lambda folder: explainer.write(record, scored, folder))


def _moved(out: Path, write: Callable[[Path], None]) -> int:
    """Let ``write`` fill a hidden folder, then bring its files to their place."""
    work = Path(mkdtemp(prefix=".writing-", dir=out))
    try:
        write(work)
        files = sorted(work.iterdir())
        for file in files:
            file.replace(out / file.name)
        return len(files)
    finally:
        shutil.rmtree(work, ignore_errors=True)

"""Scores files: batch by batch through one session, into one file or a folder of parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lepton_core.errors import DataError, LeptonError, UsageError
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import (
    expand_inputs,
    formats_of,
    open_records,
    takes_pictures,
)
from lepton_core.records.video import takes_frames
from lepton_core.scoring.assemble import assemble
from lepton_core.scoring.folder import INPUTS_LOG, is_run
from lepton_core.scoring.inputs import identity, rows_of, shown
from lepton_core.scoring.journal import Journal
from lepton_core.scoring.lock import remove_rest
from lepton_core.scoring.options import Options, settings_of
from lepton_core.scoring.run import Progress, Run, selection_of
from lepton_core.scoring.sinks import SINK_SUFFIXES, sink_suffix
from lepton_core.scoring.summary import Summary

DEFAULTS = Options()


def score_files(
    pipeline: Pipeline,
    inputs: Sequence[Path],
    out: Path,
    options: Options = DEFAULTS,
    *,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Score the records of files, in order, as one input.

    A file as output appears whole or not at all; its refused records stand in
    ``<out>.rejected.jsonl``. A folder as output fills with parts, each of which counts once the
    manifest names it; its refused records stand in ``_rejected.jsonl`` inside. Either can be
    resumed after a kill, and ends as if it had never been stopped.

    Args:
        pipeline: what scores.
        inputs: files or folders; see :func:`lepton_core.records.opening.expand_inputs`.
        out: a name with a known ending for one file, any other for a folder of parts.
        options: how, and what is written.
        resume: go on with an earlier run; where there is none, begin.
        overwrite: replace an older output.
        progress: called with records read and, where known, in all.

    Returns:
        counts over the whole run, its earlier processes included.

    Raises:
        UsageError: the output exists or is impossible, or the earlier run was another.
        DataError: an input cannot be read, the disk is full, or ``strict`` and a record was
            refused. What was committed stays for ``resume``, otherwise nothing is left.
    """
    found = expand_inputs(inputs, pipeline.task.inputs)
    suffix = sink_suffix(out)
    if suffix is not None:
        options = replace(options, suffix=suffix)
    _check_out(out, found, suffix is not None, resume, overwrite)
    if suffix is not None and resume and out.exists() and not is_run(work_folder(out)):
        remove_rest(work_folder(out))
        return Summary(pipeline.address, str(out))
    with open_run(pipeline, out, options, resume, progress, n_inputs=len(found)) as run:
        if run.journal.manifest.status != "assembled":
            _score(run, found)
        if not run.journal.done:
            run.commit({}, "done")
        if suffix is not None:
            assemble(run.journal, out, suffix, options.compression)
        return run.summary


def _score(run: Run, inputs: Sequence[Path]) -> None:
    journal, spec = run.journal, run.pipeline.task.inputs
    finished = list(journal.lines(INPUTS_LOG))
    cursor = journal.manifest.cursor
    total, formats, frames = rows_of(inputs), formats_of(spec), takes_frames(spec)
    for number, path in enumerate(inputs):
        now = identity(path, formats, frames)
        earlier = finished[number] if number < len(finished) else None
        reached = cursor if number == len(finished) and cursor.get("row") else {}
        _check_same(journal, path, now, earlier or reached.get("input"))
        if earlier is not None or run.is_full or journal.done:
            continue
        with open_records(
            path,
            spec,
            dict(run.options.mapping),
            extra=run.selection.extra,
            batch_rows=run.options.batch_rows,
            labels=not frames,
            fps=run.options.fps,
        ) as reader:
            source = reader.source if frames else shown(path, formats)
            claimed = reader.rows_total if frames and len(inputs) == 1 else total
            run.read(reader, source, {"input": now}, reached.get("row", 0), claimed)
        journal.append(INPUTS_LOG, now)


def _check_same(journal: Journal, path: Path, now: dict[str, Any], then: Any) -> None:
    if then is not None and then != now:
        raise UsageError(
            "journal.other_input", folder=journal.folder, input=path, then=then["path"]
        )


@contextlib.contextmanager
def open_run(
    pipeline: Pipeline,
    out: Path,
    options: Options,
    resume: bool,
    progress: Progress | None = None,
    mode: str = "files",
    n_inputs: int = 0,
) -> Iterator[Run]:
    """A run whose folder is kept after an error if something in it counts, and removed otherwise.

    Args:
        pipeline: what scores.
        out: the output, a file or a folder.
        options: what is written.
        resume: whether an earlier run goes on.
        progress: see :func:`score_files`.
        mode: ``files``, ``watch`` or ``stream``: one does not go on with what another began.
        n_inputs: how many files or folders are read; 0 for an input without end.
    """
    one_file = sink_suffix(out) is not None
    folder = work_folder(out) if one_file else out
    if not folder.parent.is_dir():
        raise UsageError("usage.out_folder", out=out, folder=folder.parent)
    # Before an older output is removed, which a mistake in the options must not cost.
    selection_of(pipeline, options)
    settings = {**settings_of(pipeline, options, mode), "inputs": n_inputs}
    journal = Journal(folder, settings, resume)
    run: Run | None = None
    try:
        run = Run(pipeline, journal, options, out, progress, one_file, _on_repeat(pipeline, mode))
        yield run
    except BaseException as error:
        if run is not None:
            run.abort()
        refused = isinstance(error, DataError) and error.key == "data.strict"
        # A stream's answers were given before anything was committed.
        if (journal.manifest.number or journal.stream_log.exists()) and not refused:
            journal.close()
            if isinstance(error, (LeptonError, KeyboardInterrupt)):
                error.add_note(t("journal.kept", language="en", folder=folder))
        else:
            with contextlib.suppress(OSError):
                journal.discard()
            journal.close()
        raise
    run.close()
    journal.close()


def _on_repeat(pipeline: Pipeline, mode: str) -> str:
    if mode == "stream":
        return "trust" if pipeline.task.again else "answer"
    spec = pipeline.task.inputs
    # The watcher gives each part an id of its own; medical files bring theirs.
    is_given = mode == "watch" and takes_pictures(spec) and not formats_of(spec)
    return "trust" if is_given else "reject"


def work_folder(out: Path) -> Path:
    """Where a run into one file keeps its parts until they are all there."""
    return out.with_name(f".{out.name}.run")


def _check_out(
    out: Path, inputs: Sequence[Path], one_file: bool, resume: bool, overwrite: bool
) -> None:
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise UsageError("usage.out_is_input", out=out)
    if one_file and out.is_dir():
        raise UsageError("usage.out_is_folder", out=out, known=" ".join(SINK_SUFFIXES))
    if not one_file and out.suffix and not out.is_dir():
        raise UsageError("usage.out_suffix", out=out, known=" ".join(SINK_SUFFIXES))
    taken = out.exists() if one_file else is_run(out)
    if taken and not resume and not overwrite:
        raise UsageError("usage.out_exists", out=out)

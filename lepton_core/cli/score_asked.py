"""What is asked of ``lepton score``: read, completed, and refused where it does not go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STDIN = Path("-")


def options_of(task: Any, part_rows: int | None, **given: Any) -> Any:
    from lepton_core.records.opening import usual_batch_rows
    from lepton_core.scoring.options import Options

    if part_rows is None:
        return Options(**given)
    # Parts are whole batches, so that the floats do not depend on where a part ends.
    rows = min(usual_batch_rows(task.inputs), part_rows)
    return Options(**given, batch_rows=rows, part_batches=max(part_rows // rows, 1))


def known_columns(inputs: list[Path], task: Any, given: dict[str, str], note: Any) -> Any:
    """The mapping that the first table's columns ask for; what is certain is taken, and told."""
    from lepton_core.data.mapping import match_source
    from lepton_core.records.table import TABLE_SUFFIXES

    first = inputs[0]
    if not (first.is_file() and first.name.lower().endswith(TABLE_SUFFIXES)):
        return given
    _, match = match_source(first, task, given)
    if match.dataset:
        note(f"Columns are read as those of the data set {match.dataset}.")
    for theirs, ours in match.guessed.items():
        note(f"Column {theirs} is read as {ours}.")
    return dict(match.mapping)


def suffix_of(kind: str | None) -> str:
    from lepton_core.errors import UsageError
    from lepton_core.scoring.sinks import sink_suffix

    if kind is None:
        return ".parquet"
    suffix = "." + kind.removeprefix(".")
    if sink_suffix(Path(f"out{suffix}")) != suffix:
        known = "parquet, csv, jsonl, csv.gz, jsonl.gz"
        raise UsageError("usage.format", received=kind, known=known)
    return suffix


def compression_of(name: str) -> str:
    from lepton_core.errors import UsageError

    known = ("zstd", "snappy", "lz4", "gzip", "brotli", "none")
    if name not in known:
        raise UsageError("usage.compression", received=name, known=", ".join(known))
    return name


def check_modes(
    inputs: list[Path],
    out: Path | None,
    options: Any,
    *,
    watch: bool,
    stream: bool,
    done: Path | None = None,
) -> None:
    """Refuse what does not go together, before anything is read.

    Raises:
        UsageError: ``usage.mode_*`` and what :func:`check_folders` raises.
    """
    from lepton_core.cli.score_watch import check_folders
    from lepton_core.errors import UsageError
    from lepton_core.scoring.sinks import sink_suffix

    into_file = out is not None and sink_suffix(out) is not None
    if watch and stream:
        raise UsageError("usage.mode_both")
    if stream and inputs != [STDIN]:
        raise UsageError("usage.mode_stream_input", received=" ".join(map(str, inputs)))
    if STDIN in inputs and not stream:
        raise UsageError("usage.mode_stdin")
    if watch and (len(inputs) != 1 or not inputs[0].is_dir()):
        raise UsageError("usage.mode_watch_input", received=" ".join(map(str, inputs)))
    if not stream and out is None:
        raise UsageError("usage.no_out")
    if (watch or stream) and into_file:
        raise UsageError("usage.mode_folder", out=out)
    if (watch or stream) and (options.limit or options.strict):
        raise UsageError("usage.mode_endless", option="--limit" if options.limit else "--strict")
    if stream and out is None and (options.select or options.condition):
        # An answer is always whole; these choose what is kept in the parts of --out.
        option = "--select" if options.select else "--filter"
        raise UsageError("usage.mode_stream_select", option=option)
    if into_file and options.partition:
        raise UsageError("usage.partition_file", out=out)
    if done is not None and not watch:
        raise UsageError("usage.done_mode", done=done)
    if watch and out is not None:
        check_folders(inputs[0], out, done)

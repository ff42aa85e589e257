"""``lepton score``: predictions for files, for a folder as it fills, or for a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_core.cli.options import (
    Json,
    Map,
    Scene,
    TaskOrBundle,
    Views,
    by_scene,
    read_mapping,
)


def score(
    target: TaskOrBundle,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="CSV, Parquet, JSON lines, pictures or videos; folders of them; a camera's "
            "address; - with --stream.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="One file (.parquet, .csv, .jsonl, the last two also .gz), or a folder of parts.",
        ),
    ] = None,
    mapping: Map = None,
    select: Annotated[
        str | None,
        typer.Option(
            "--select",
            metavar="COLS",
            help="Columns to write, comma between; * for all predictions, names of the input too.",
        ),
    ] = None,
    condition: Annotated[
        str,
        typer.Option(
            "--filter", metavar="EXPR", help="Rows to write, for example 'probability >= 0.9'."
        ),
    ] = "",
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help="Rules beside the model (YAML); see `lepton rules`."
        ),
    ] = None,
    views: Views = None,
    scene: Scene = None,
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            min=0.01,
            help="Frames a second of a folder of frames whose names tell no times; 30 without.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Read at most so many records.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--format", help="Of the parts in a folder: parquet, csv, jsonl, csv.gz..."),
    ] = None,
    compression: Annotated[
        str, typer.Option("--compression", help="Of Parquet: zstd, snappy, lz4, gzip, none.")
    ] = "zstd",
    partition: Annotated[
        str,
        typer.Option("--partition-by", metavar="COLUMN", help="Folders COLUMN=value in --out."),
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped or killed.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Score files as they arrive in the folder INPUT.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(
            "--every",
            min=0.05,
            help="With --watch: seconds between two looks; 0.1 for pictures, 1 for tables.",
        ),
    ] = None,
    settle: Annotated[
        float,
        typer.Option(
            "--settle",
            min=0.0,
            metavar="SECONDS",
            help="With --watch: a picture not whole is refused once unchanged for so long.",
        ),
    ] = 10.0,
    done: Annotated[
        Path | None,
        typer.Option(
            "--done",
            metavar="DIR",
            help="With --watch: move each file there, after its result is on disk.",
        ),
    ] = None,
    idle: Annotated[
        float | None,
        typer.Option("--idle", min=0.0, help="With --watch: end after so long without a file."),
    ] = None,
    stream: Annotated[
        bool,
        typer.Option("--stream", help="Answer JSON lines on standard input, one line each."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail at the first record that is refused.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Worker threads; all cores without.")
    ] = None,
    part_rows: Annotated[
        int | None,
        typer.Option("--part-rows", min=1, help="Records a part, about; a part is what counts."),
    ] = None,
    store: Annotated[
        bool,
        typer.Option("--store", help="Note the run, its alerts and reviews in $LEPTON_STORE."),
    ] = False,
    store_all: Annotated[
        bool, typer.Option("--store-all", help="As --store, with every prediction.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Score records; those that cannot be scored are kept aside with their reason (exit code 3)."""
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import note
    from lepton_core.cli.score_asked import (
        check_modes,
        compression_of,
        known_columns,
        options_of,
        suffix_of,
    )
    from lepton_core.errors import UsageError
    from lepton_core.records.opening import takes_pictures
    from lepton_core.records.video import takes_frames
    from lepton_core.scoring.flow import cores
    from lepton_core.solution import resolve

    address = resolve(target)
    theirs = read_mapping(mapping)
    if not stream and not watch:
        theirs = known_columns(inputs, address.task, theirs, note)
    n_threads = threads or cores()
    options = options_of(
        address.task,
        mapping=tuple(theirs.items()),
        select=tuple(name.strip() for name in select.split(",")) if select else (),
        condition=condition,
        limit=limit,
        fps=fps,
        suffix=suffix_of(kind),
        compression=compression_of(compression),
        partition=partition,
        strict=strict,
        threads=n_threads,
        part_rows=part_rows,
    )
    # One thread a call: the batches themselves run side by side. On a line parts come one by one,
    # and all cores work on each; so do those of a video, whose frames follow from one another.
    spec = address.task.inputs
    if takes_frames(spec) and (watch or stream):
        raise UsageError("usage.mode_frames", task=address.task.name)
    alone = (watch and takes_pictures(spec)) or takes_frames(spec)
    pipeline = load_bundle(address.bundle_or_default(), threads=n_threads if alone else 1)
    if scene is not None:
        pipeline = by_scene(pipeline, scene)
    if views is not None:
        pipeline = pipeline.with_views(views)
    if rules is not None:
        from lepton_core.rules import RuleSet

        pipeline = pipeline.with_rules(RuleSet.of(rules, pipeline))
    check_modes(inputs, out, options, watch=watch, stream=stream, done=done)
    recorder = (
        _recorder(pipeline, options, store_all, watch or stream) if store or store_all else None
    )
    if stream:
        return _stream(pipeline, out, options, resume or overwrite, overwrite, as_json)
    assert out is not None
    if watch:
        return _watch(
            pipeline,
            inputs[0],
            out,
            options,
            as_json,
            overwrite=overwrite,
            every=every,
            settle=settle,
            idle=idle,
            done=done,
        )
    return _files(pipeline, inputs, out, options, resume, overwrite, as_json, recorder)


def _recorder(pipeline: Any, options: Any, everything: bool, endless: bool) -> Any:
    """What will note the run, so that a store out of reach is told before anything is scored."""
    from lepton_core.errors import UsageError
    from lepton_core.scoring.record import Recorder
    from lepton_core.store import Store

    if endless:
        raise UsageError("usage.store_mode", option="--watch or --stream")
    return Recorder(Store.open(), pipeline, options, everything)


def _files(
    pipeline: Any,
    inputs: list[Path],
    out: Path,
    options: Any,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    recorder: Any = None,
) -> int:
    import shlex
    import sys

    from lepton_core.cli.output import Progress, note, on_terminate
    from lepton_core.scoring.engine import score_files

    progress = Progress()
    on_terminate()
    try:
        summary = score_files(
            pipeline,
            inputs,
            out,
            options,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    except KeyboardInterrupt as error:
        for line in getattr(error, "__notes__", ()):
            note(line)
        raise
    finally:
        progress.close()
    if recorder:
        command = shlex.join(["lepton", *sys.argv[1:]])
        stored = recorder.record(out, inputs, summary, command)
        note(f"{stored:,} predictions stored in {recorder.store.url}")
    return _tell(summary, out, as_json)


def _watch(pipeline: Any, folder: Path, out: Path, options: Any, as_json: bool, **more: Any) -> int:
    from lepton_core.cli.output import note
    from lepton_core.cli.score_watch import watch

    summary = watch(pipeline, folder, out, options, **more)
    if not summary.read and not as_json:
        note(f"Nothing arrived in {folder}.")
        return 0
    return _tell(summary, out, as_json)


def _stream(
    pipeline: Any, out: Path | None, options: Any, resume: bool, overwrite: bool, as_json: bool
) -> int:
    import sys

    from lepton_core.cli.output import note
    from lepton_core.scoring.engine import open_run
    from lepton_core.scoring.stream import score_stream

    mapping = dict(options.mapping)
    if out is None:
        summary = score_stream(pipeline, sys.stdin.buffer, sys.stdout, mapping=mapping)
    else:
        with open_run(pipeline, out, options, not overwrite, mode="stream") as run:
            summary = score_stream(pipeline, sys.stdin.buffer, sys.stdout, run, mapping)
    note(f"{summary.scored:,} of {summary.read:,} records scored by {summary.bundle}.")
    return 3 if summary.rejected else 0


def _tell(summary: Any, out: Path, as_json: bool) -> int:
    from lepton_core.cli.output import bars, note, print_json

    if as_json:
        print_json(summary.to_json())
    elif not summary.read:
        print(f"{out} is complete already; nothing was read.")
    else:
        counted = (found for found in (summary.verdicts, summary.labels) if found)
        told = "; ".join(", ".join(f"{n:,} {name}" for name, n in one.items()) for one in counted)
        done = f"{summary.scored:,} of {summary.read:,} records"
        print(f"{done} scored by {summary.bundle}" + (f": {told}" if told else ""))
        if summary.histogram:
            print(f"probability 0 to 1: {bars(summary.histogram)}")
        if summary.rules:
            print(f"rules that hit: {', '.join(f'{n} {c:,}' for n, c in summary.rules.items())}")
        for name, value in summary.value.items():
            print(f"{name} value: {value:,.4g}")
        if summary.written != summary.scored:
            print(f"{summary.written:,} rows written, those that --filter keeps")
        print(f"{summary.to_json()['rows_per_second']:,} rows/s; predictions in {out}")
    if not summary.rejected:
        return 0
    reasons = ", ".join(f"{key} {count:,}" for key, count in summary.reasons.items())
    where = out / "_rejected.jsonl" if out.is_dir() else f"{out}.rejected.jsonl"
    note(f"{summary.rejected:,} records refused ({reasons}); see {where}")
    note(f"  {summary.example}")
    return 3

"""``lepton explain``: reasons for the scores of records, or files that show them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_core.cli.options import Json, Map, Scene, TaskOrBundle, by_scene, read_mapping


def explain(
    target: TaskOrBundle,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="CSV, Parquet or JSON lines; pictures: a file, folder or zip; a video.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for reasons.jsonl, or for files.")],
    record_ids: Annotated[
        list[str] | None,
        typer.Option("--id", help="A record to explain; without, all positives or all pictures."),
    ] = None,
    mapping: Map = None,
    formats: Annotated[
        str | None,
        typer.Option("--format", metavar="NAMES", help="Files of pictures, comma between."),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", help="Of reports that people read: en or zh.")
    ] = "en",
    identified: Annotated[
        bool,
        typer.Option(
            "--identified",
            help="Files for the source's own archive carry its patient and UIDs; keep them as it.",
        ),
    ] = False,
    scene: Scene = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
    as_json: Json = False,
) -> int:
    """Write the measured reasons of scored records to OUT/reasons.jsonl, or files of pictures."""
    from lepton_core.bundle import load_bundle
    from lepton_core.errors import UsageError
    from lepton_core.explain.files import Asked, FileExplainer
    from lepton_core.messages import LANGUAGES
    from lepton_core.records.opening import expand_inputs, open_records
    from lepton_core.records.several import SeveralReader
    from lepton_core.solution import resolve

    address = resolve(target)
    task = address.task
    if not task.explainer:
        raise UsageError("usage.no_explainer", task=task.name)
    hook = task.hook(task.explainer)
    theirs = read_mapping(mapping)
    if not issubclass(hook, FileExplainer):
        if formats or identified or language != "en" or scene:
            option = "--format" if formats else "--identified" if identified else "--language"
            option = "--scene" if scene else option
            raise UsageError("explain.no_files", task=task.name, option=option)
        pipeline = load_bundle(address.bundle_or_default())
        return _reasons(pipeline, hook(), source, out, theirs, record_ids, overwrite, as_json)
    if language not in LANGUAGES:
        raise UsageError("explain.language", received=language, known=", ".join(LANGUAGES))
    named = _formats(formats, hook)
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not overwrite:
        raise UsageError("usage.out_exists", out=out)
    if record_ids and hook.is_whole:
        raise UsageError("explain.whole", task=task.name)
    pipeline = load_bundle(address.bundle_or_default())
    if scene is not None:
        pipeline = by_scene(pipeline, scene)
    paths = expand_inputs([source], task.inputs)
    reopen = partial(open_records, spec=task.inputs, mapping=theirs, labels=False)
    asked = Asked(named, language, partial(reopen, paths[0]) if identified else None, scene)
    with SeveralReader(paths, reopen) if len(paths) > 1 else reopen(paths[0]) as reader:
        return _files(pipeline, hook(pipeline, asked), reader, out, record_ids, as_json)


def _reasons(
    pipeline: Any,
    explainer: Any,
    source: Path,
    out: Path,
    mapping: dict[str, str],
    record_ids: list[str] | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Reasons of a table's records, as sentences."""
    from lepton_core.cli.output import note, print_json
    from lepton_core.data.mapping import known_mapping
    from lepton_core.errors import UsageError
    from lepton_core.records.opening import read_records

    task = pipeline.task
    mapping = mapping or known_mapping(source, task)[0]
    records = read_records(source, task.inputs, mapping, note=note)
    path = out / "reasons.jsonl"
    if path.exists() and not overwrite:
        raise UsageError("usage.out_exists", out=path)
    scored = pipeline.score(records)
    unknown = set(record_ids or ()) - set(scored.columns["record_id"].to_pylist())
    if unknown:
        raise UsageError("usage.unknown_records", ids=", ".join(sorted(unknown)))
    explanations = explainer.explain(pipeline, records, record_ids)
    out.mkdir(parents=True, exist_ok=True)
    work = out / ".reasons.jsonl.tmp"
    with work.open("w", encoding="utf-8") as file:
        for explanation in explanations:
            file.write(json.dumps(explanation.to_json(), ensure_ascii=False) + "\n")
    work.replace(path)
    if as_json:
        print_json({"explained": len(explanations), "out": str(path)})
    else:
        for explanation in explanations[:5]:
            print(f"{explanation.record_id}: score {explanation.score:.2f}")
            for reason in explanation.reasons:
                print(f"  {reason.text('en')} ({reason.contribution:+.2f})")
            if not explanation.reasons:
                print("  no single cause: the score falls little whatever is taken away")
        if len(explanations) > 5:
            print(f"... and {len(explanations) - 5:,} more")
        note(f"{len(explanations):,} records explained in {path}")
    if len(scored.rejects):
        scored.rejects.write(out / "reasons.jsonl.rejected.jsonl")
        note(f"{len(scored.rejects):,} records refused; see {path}.rejected.jsonl")
        return 3
    return 0


def _formats(given: str | None, hook: Any) -> tuple[str, ...]:
    """The formats named, or the usual ones.

    Raises:
        UsageError: ``explain.format`` for one that the task cannot write.
    """
    from lepton_core.errors import UsageError

    if given is None:
        return tuple(hook.usual)
    named = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    unknown = [name for name in named if name not in hook.formats]
    if unknown or not named:
        known = "; ".join(f"{name} ({what})" for name, what in hook.formats.items())
        raise UsageError("explain.format", received=", ".join(unknown) or given, known=known)
    return named


def _files(
    pipeline: Any,
    explainer: Any,
    reader: Any,
    out: Path,
    record_ids: list[str] | None,
    as_json: bool,
) -> int:
    """Files of pictures, each record's together."""
    from lepton_core.cli.output import Progress, note, on_terminate, print_json
    from lepton_core.explain.files import explain_files

    rejected = out / "_rejected.jsonl"
    progress = Progress()
    on_terminate()
    try:
        done = explain_files(pipeline, explainer, reader, out, record_ids, progress)
    finally:
        progress.close()
    told = {"read": done.read, "explained": done.explained, "files": done.files, "out": str(out)}
    if as_json:
        print_json(
            told
            | {"notes": done.notes}
            | {"rejected": len(done.rejects), "reasons": done.rejects.counts()}
        )
    else:
        print(
            f"{done.explained:,} of {done.read:,} records explained: {done.files:,} files in {out}"
        )
    for line in done.notes:
        note(line)
    if not len(done.rejects):
        rejected.unlink(missing_ok=True)
        return 0
    done.rejects.write(rejected)
    note(f"{len(done.rejects):,} records refused; see {rejected}")
    return 3

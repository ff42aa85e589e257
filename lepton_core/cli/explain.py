"""``lepton explain``: reasons for the scores of records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lepton_core.cli.options import Json, Map, TaskOrBundle, read_mapping


def explain(
    target: TaskOrBundle,
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, Parquet or JSON lines.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for reasons.jsonl.")],
    record_ids: Annotated[
        list[str] | None, typer.Option("--id", help="A record to explain; all positives without.")
    ] = None,
    mapping: Map = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace reasons that exist.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Write the measured reasons of scored records to OUT/reasons.jsonl."""
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import note, print_json
    from lepton_core.data.mapping import known_mapping
    from lepton_core.errors import UsageError
    from lepton_core.records.table import read_table
    from lepton_core.solution import resolve

    address = resolve(target)
    task = address.task
    if not task.explainer:
        raise UsageError("usage.no_explainer", task=task.name)
    theirs = read_mapping(mapping) or known_mapping(source, task)[0]
    pipeline = load_bundle(address.bundle_or_default())
    records = read_table(source, theirs, task.inputs.names)
    path = out / "reasons.jsonl"
    if path.exists() and not overwrite:
        raise UsageError("usage.out_exists", out=path)
    scored = pipeline.score(records)
    unknown = set(record_ids or ()) - set(scored.columns["record_id"].to_pylist())
    if unknown:
        raise UsageError("usage.unknown_records", ids=", ".join(sorted(unknown)))
    explanations = task.hook(task.explainer)().explain(pipeline, records, record_ids)
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

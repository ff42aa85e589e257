"""``lepton score``: predictions for the records of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lepton_core.cli.options import Json, Map, TaskOrBundle, read_mapping


def score(
    target: TaskOrBundle,
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, Parquet or JSON lines.")],
    out: Annotated[Path, typer.Option("--out", help="Output: .parquet, .csv or .jsonl.")],
    mapping: Map = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail at the first record that is refused.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Score the records of a file; refused ones go to OUT.rejected.jsonl (exit code 3)."""
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import Progress, note, print_json
    from lepton_core.data.mapping import known_mapping
    from lepton_core.scoring.engine import score_file
    from lepton_core.solution import resolve

    address = resolve(target)
    theirs = read_mapping(mapping)
    if not theirs:
        theirs, card = known_mapping(source, address.task)
        if card:
            note(f"Columns are read as those of the data set {card}.")
    pipeline = load_bundle(address.bundle_or_default())
    progress = Progress()
    try:
        summary = score_file(
            pipeline,
            source,
            out,
            mapping=theirs,
            overwrite=overwrite,
            strict=strict,
            progress=progress,
        )
    finally:
        progress.close()
    if as_json:
        print_json(summary.to_json())
    else:
        labels = ", ".join(f"{count:,} {label}" for label, count in summary.labels.items())
        done = f"{summary.scored:,} of {summary.read:,} records"
        print(f"{done} scored by {summary.bundle}: {labels}")
        print(f"{summary.to_json()['rows_per_second']:,} rows/s; predictions in {out}")
    if summary.rejected:
        reasons = ", ".join(f"{key} {count:,}" for key, count in summary.reasons.items())
        note(f"{summary.rejected:,} records refused ({reasons}); see {out}.rejected.jsonl")
        note(f"  {summary.example}")
        return 3
    return 0

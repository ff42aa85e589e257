"""Follow-up and what-if on the command line: ``python -m solutions.medical_imaging.disease``."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.cli.options import read_mapping
from lepton_core.data.mapping import known_mapping
from lepton_core.errors import LeptonError, UsageError
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.records.table import read_table
from lepton_core.scoring.sinks import open_sink
from lepton_core.solution import find_task, resolve

from .follow_rules import CheckRules
from .followup import follow_up
from .what_if import read_changes, what_if

_TASK = "medical_imaging/disease"


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands.

    Returns:
        0 done, 1 failed with one line, 2 wrong usage, 3 done but some records are no visit that
        counts: refused, or without a patient or a date.
    """
    parser = argparse.ArgumentParser(prog="python -m solutions.medical_imaging.disease")
    commands = parser.add_subparsers(dest="command", required=True)
    follow = commands.add_parser("followup", help="trend and next check of each patient")
    follow.add_argument("--rules", type=Path, help="a YAML file of rules; see followup.yaml")
    follow.add_argument("--today", type=date.fromisoformat, help="2026-01-31; which are overdue")
    follow.add_argument(
        "--out", type=Path, required=True, help=".csv, .parquet or .jsonl, a row a patient"
    )
    follow.add_argument("--visits-out", type=Path, help="the same, a row a visit")
    follow.add_argument("--overwrite", action="store_true", help="replace files that exist")
    other = commands.add_parser("what-if", help="the risk of a record with other values")
    other.add_argument("--id", required=True, help="which record")
    other.add_argument("--set", action="append", default=[], metavar="FACTOR=VALUE")
    for command in (follow, other):
        command.add_argument("source", type=Path, metavar="INPUT", help="CSV, Parquet, JSON lines")
        command.add_argument("--bundle", default=_TASK, help="TASK@NAME or a bundle's folder")
        command.add_argument("--map", action="append", default=[], metavar="THEIRS=OURS")
    asked = parser.parse_args(arguments)
    try:
        return _follow(asked) if asked.command == "followup" else _what_if(asked)
    except LeptonError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _read(asked: argparse.Namespace) -> tuple[Pipeline, pa.Table]:
    task = find_task(_TASK)
    pipeline = load_bundle(resolve(asked.bundle).bundle_or_default())
    mapping = read_mapping(asked.map) or known_mapping(asked.source, task)[0]
    return pipeline, read_table(asked.source, mapping, task.inputs.names, spec=task.inputs)


def _follow(asked: argparse.Namespace) -> int:
    rules = CheckRules.load(asked.rules)
    found = follow_up(*_read(asked), rules, asked.today)
    with ExitStack() as stack:
        # Where the second cannot be written, the first is not left behind either.
        for path, table in ((asked.out, found.patients), (asked.visits_out, found.visits)):
            if path is not None:
                stack.enter_context(open_sink(path, table.schema, asked.overwrite)).write(table)
    counts = {
        "patients": found.patients.num_rows,
        "refused_visits": found.refused,
        "without_patient_or_date": found.unplaced,
    }
    print(json.dumps({**counts, "out": str(asked.out)}))
    print(t("medical_imaging.disease.follow_up.note"), file=sys.stderr)
    return 3 if found.refused or found.unplaced else 0


def _what_if(asked: argparse.Namespace) -> int:
    pipeline, records = _read(asked)
    ids = [str(one) for one in records["record_id"].to_pylist()]
    if asked.id not in ids:
        raise UsageError("usage.unknown_records", ids=asked.id)
    found = what_if(pipeline, records.slice(ids.index(asked.id), 1), read_changes(asked.set))
    print(json.dumps({**asdict(found), "bundle": pipeline.address}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

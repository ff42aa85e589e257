"""``lepton rules``: is a rules file sound, and what would its rules do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lepton_core.cli.options import Json, Map, TaskOrBundle, read_mapping

if TYPE_CHECKING:
    from lepton_core.rules.report import RulesReport

cli = typer.Typer(help="Check rules beside a model, and see what they do.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Rules, a YAML file.")]


@cli.command("check")
def check(
    file: File,
    task: Annotated[
        str,
        typer.Option("--task", metavar="TASK|BUNDLE", help="What the rules shall stand beside."),
    ],
    as_json: Json = False,
) -> int:
    """Read rules as scoring would, and tell every fault with its line."""
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import print_json, table
    from lepton_core.rules import RuleSet, types_of
    from lepton_core.solution import resolve

    pipeline = load_bundle(resolve(task).bundle_or_default())
    rules = RuleSet.of(file, pipeline)
    pipeline.with_rules(rules)
    known = {n: str(k) for n, k in types_of(pipeline.task, pipeline.preprocessor).items()}
    if as_json:
        listed = [
            {"name": r.name, "mode": r.mode, "action": r.action, "when": r.when.text}
            for r in rules.rules
        ]
        lists = {name: len(values) for name, values in rules.lists.items()}
        print_json({"file": str(file), "rules": listed, "lists": lists, "names": known})
        return 0
    rows = [[r.name, r.mode, r.action if r.is_live else "-", r.when.text] for r in rules.rules]
    print(table(["rule", "mode", "acts", "when"], rows))
    live = sum(rule.is_live for rule in rules.rules)
    n = len(rules.rules)
    print(f"{n} rules are sound for {pipeline.address}: {live} live, {n - live} in shadow.")
    if rules.lists:
        sizes = ", ".join(f"{name} ({len(values):,})" for name, values in rules.lists.items())
        print(f"Lists: {sizes}")
    print(f"Names that a condition may read: {', '.join(sorted(known))}")
    return 0


@cli.command("report")
def report(
    file: File,
    target: TaskOrBundle,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A file of records, or a data set's name.")
    ],
    mapping: Map = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", help="Count from then on, UTC; earlier records make the past."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Score records with rules beside the model; tell each rule's hits, overlap and precision."""
    from datetime import UTC

    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import Progress, note, print_json
    from lepton_core.data.labelled import load_labelled
    from lepton_core.rules import RuleSet
    from lepton_core.rules.report import report as measure
    from lepton_core.solution import resolve

    pipeline = load_bundle(resolve(target).bundle_or_default())
    pipeline = pipeline.with_rules(RuleSet.of(file, pipeline))
    records, _ = load_labelled(data, pipeline.task, read_mapping(mapping), note)
    progress = Progress()
    try:
        moment = since.replace(tzinfo=UTC) if since else None
        found = measure(pipeline, records, moment, progress)
    finally:
        progress.close()
    if as_json:
        print_json({"file": str(file), "data": data, **found.to_json()})
    else:
        print("\n".join(_lines(found)))
    return 0


def _lines(found: RulesReport) -> list[str]:
    from lepton_core.cli.output import table

    told = found.to_json()
    model = told["model"]
    rows = [
        [
            rule["rule"],
            rule["mode"],
            rule["action"],
            f"{rule['hits']:,}",
            _percent(rule["rate"], 3),
            _percent(rule["alerts_of_hits"]),
            _percent(rule["hits_of_alerts"]),
            _percent(rule["precision"]),
            _percent(rule["recall"]),
        ]
        for rule in told["rules"]
    ]
    alerts = f"{model['alerts']:,}"
    figures = [_percent(model["rate"], 3), "", "", *map(_percent, (model["precision"],))]
    rows.append(["(the model)", "", "alert", alerts, *figures, _percent(model["recall"])])
    head = ["rule", "mode", "action", "hits", "rate", "model too", "of model's", "precision"]
    lines = [
        f"{found.n:,} records scored by {found.bundle}; of {found.known:,} the outcome is known, "
        f"{found.positives:,} positive",
        table([*head, "recall"], rows),
    ]
    if any(rule["mode"] == "live" for rule in told["rules"]):
        lines.append(
            f"Live rules add {found.added:,} alerts, take {found.taken:,} away and mark "
            f"{found.reviews:,} records for review."
        )
    return lines


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}%}"

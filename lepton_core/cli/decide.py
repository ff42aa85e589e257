"""``lepton decide``: another threshold for what was scored before; nothing is scored again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_core.cli.options import Json, Map, TaskOrBundle, read_mapping, refuse_given

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.redecide.kept import Kept


def decide(
    target: TaskOrBundle,
    scores: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[SCORES]...", help="What `lepton score` wrote: files or folders."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            help="capacity, cost, precision, recall (sensitivity), f1, alert_rate; with --value."
            " For parts: false_reject with --value, or cost with the three costs.",
        ),
    ] = None,
    value: Annotated[
        float | None,
        typer.Option(
            "--value", help="Cards a day for capacity, cost of a review for cost, else a share."
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", metavar="P", help="By hand: a probability.")
    ] = None,
    review_share: Annotated[
        float | None,
        typer.Option(
            "--review-share", min=0, max=1, help="Share of records below the threshold to review."
        ),
    ] = None,
    review_from: Annotated[
        float | None,
        typer.Option("--review-from", metavar="P", min=0, max=1, help="Review from there on."),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage", metavar="P", help="Review what is unsure at this share, such as 0.9."
        ),
    ] = None,
    escape_cost: Annotated[
        float | None, typer.Option("--escape-cost", help="Of a defective part that passes.")
    ] = None,
    overkill_cost: Annotated[
        float | None, typer.Option("--overkill-cost", help="Of a good part that fails.")
    ] = None,
    defect_rate: Annotated[
        float | None,
        typer.Option("--defect-rate", help="Share of the line's parts that are defective."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="NAME|PATH", help="The scored records, for labels, days, amounts."
        ),
    ] = None,
    mapping: Map = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", help="Choose on records from then on, UTC: those it never saw."),
    ] = None,
    amount: Annotated[
        str, typer.Option("--amount", metavar="COLUMN", help="What a record is worth, for cost.")
    ] = "amount",
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="The rules that the scores were made with."),
    ] = None,
    limits: Annotated[
        Path | None,
        typer.Option(
            "--limits",
            metavar="FILE",
            help="Which defects a part may have, in YAML; with --save, without SCORES.",
        ),
    ] = None,
    ranking: Annotated[
        Path | None,
        typer.Option(
            "--ranking",
            metavar="FILE",
            help="How lists of items are made: filters, diversity, margin, quota, in YAML.",
        ),
    ] = None,
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue",
            metavar="NAME|PATH",
            help="Of a ranking's items: titles, categories, prices, margins, stock.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write SCORES with the new labels.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="BUNDLE", help="Write a copy of the bundle that decides so."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what exists at --out and --save.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Choose another threshold on kept scores, see what it does, and write it down.

    Without --out and --save it only tells. Without a policy the bundle's own decision is applied.
    """
    from lepton_core.bundle import load_bundle
    from lepton_core.cli import decide_parts
    from lepton_core.cli.decide_lists import decide_lists
    from lepton_core.cli.decide_outlier import decided
    from lepton_core.cli.output import note, print_json
    from lepton_core.decision import Classify, Decision, Detect, Outlier, Rank
    from lepton_core.errors import UsageError
    from lepton_core.redecide.asking import Asked
    from lepton_core.redecide.bundles import check_place, save_decided
    from lepton_core.redecide.effect import effect
    from lepton_core.redecide.files import redecide_files
    from lepton_core.rules import RuleSet
    from lepton_core.solution import resolve

    folder = resolve(target).bundle_or_default()
    pipeline = load_bundle(folder)
    before = pipeline.decision
    options: dict[str, Any] = {
        "policy": policy,
        "value": value,
        "threshold": threshold,
        "review_share": review_share,
        "review_from": review_from,
        "coverage": coverage,
    }
    money = {
        "escape_cost": escape_cost,
        "overkill_cost": overkill_cost,
        "defect_rate": defect_rate,
    }
    if isinstance(before, Rank):
        more = {"data": data, "since": since, "rules": rules, "limits": limits}
        theirs = read_mapping(mapping)
        return decide_lists(
            folder,
            pipeline,
            scores,
            ranking,
            catalogue,
            theirs,
            {**options, **money, **more},
            out,
            save,
            overwrite,
            as_json,
        )
    lists = {"--ranking": ranking, "--catalogue": catalogue}
    for option in (name for name, given in lists.items() if given is not None):
        about = {"task": pipeline.task.name, "received": before.kind}
        raise UsageError("rank.for_ranking", option=option, **about)
    if isinstance(before, Detect):
        others = {
            **{name: given for name, given in options.items() if name != "threshold"},
            **money,
            "data": data,
            "since": since,
            "rules": rules,
        }
        if scores or out is not None:
            raise UsageError("decide.scores_of_parts", task=pipeline.task.name)
        decided_parts = decide_parts.decided(before, limits, threshold, others)
        return decide_parts.keep(folder, pipeline.address, decided_parts, save, overwrite, as_json)
    if limits is not None:
        raise UsageError("decide.limits_of_parts", task=pipeline.task.name)
    if not isinstance(before, Classify | Outlier):
        raise UsageError("decide.kind", task=pipeline.task.name, received=before.kind)
    asked = None
    if isinstance(before, Classify):
        refuse_given(money, "decide.for_outlier")
        asked = Asked.of(**options)
    if out is not None and not scores:
        raise UsageError("decide.no_kept")
    if rules is not None:
        pipeline = pipeline.with_rules(RuleSet.of(rules, pipeline))
    if save is not None:
        check_place(save, overwrite)
    kept = _kept(scores, pipeline, data, mapping, amount, since, note) if scores else None
    source = Path(data).name if data else ", ".join(_names(scores))
    told: dict[str, Any] = {"bundle": pipeline.address}
    after: Decision
    if isinstance(before, Outlier):
        after, about = decided(before, kept, source, options | money)
        told |= about
    else:
        assert asked is not None
        after = classes = asked.decide(before, kept, source)
        told |= {
            "policy": classes.policy.name,
            "value": classes.policy.value,
            "threshold": classes.threshold,
            "threshold_before": before.threshold,
            "band": list(classes.band),
            "coverage": classes.conformal.coverage if classes.conformal else None,
        }
        if kept is not None:
            told["records"] = len(kept.score)
            told["before"] = effect(before, kept).to_json()
            told["after"] = effect(classes, kept).to_json()
    if out is not None:
        changed = pipeline.with_decision(after)
        told["labels"] = redecide_files(scores or [], changed, out, overwrite)
        told["out"] = str(out)
    if save is not None:
        told["saved"] = str(save_decided(folder, pipeline.address, after, save, overwrite))
    if as_json:
        print_json(told)
    else:
        print("\n".join(_lines(told)))
    return 0


def _names(scores: list[Path] | None) -> list[str]:
    return [path.name for path in scores or []]


def _kept(
    scores: list[Path],
    pipeline: Pipeline,
    data: str | None,
    mapping: list[str] | None,
    amount: str,
    since: datetime | None,
    note: Any,
) -> Kept:
    from datetime import UTC, timedelta

    from lepton_core.data.labelled import load_labelled
    from lepton_core.errors import UsageError
    from lepton_core.redecide.kept import read_kept

    task = pipeline.task
    if amount != "amount" and amount not in task.inputs:
        raise UsageError("decide.no_amount", column=amount, known=", ".join(task.inputs.names))
    records = None
    if data is not None:
        records, _ = load_labelled(data, task, read_mapping(mapping), note)
    moment = since.replace(tzinfo=UTC) if since else None
    kept = read_kept(scores, pipeline, records, amount, moment)
    if kept.unmatched:
        note(f"{kept.unmatched:,} scored records are not among those of {data}; left out.")
    if kept.learned:
        until = datetime.fromisoformat(pipeline.card["protocol"]["learned_until"])
        after = (until + timedelta(days=1)).date()
        note(
            f"{kept.learned:,} of {len(kept.score):,} records are from the time that the bundle "
            f"learned from, where it looks better than it is; --since {after} leaves them out."
        )
    return kept


def _lines(told: dict[str, Any]) -> list[str]:
    from lepton_core.cli.decide_outlier import WORDS, first_line
    from lepton_core.cli.output import table

    if "policy" not in told:
        lines, names = [first_line(told)], WORDS
    else:
        lines, names = [_first_line(told)], _WORDS
    if "records" in told:
        rows = [
            [words, *(_cell(name, told[when][name]) for when in ("before", "after"))]
            for name, words in names.items()
            if told["after"][name] is not None or told["before"][name] is not None
        ]
        head = [f"on {told['records']:,} kept scores", "before", "after"]
        lines.append(table(head, rows))
    if "out" in told:
        labels = ", ".join(f"{count:,} {label}" for label, count in told["labels"].items())
        lines.append(f"{labels}; written to {told['out']}")
    if "saved" in told:
        lines.append(f"Bundle in {told['saved']}. Its figures: lepton evaluate {told['saved']}")
    return lines


def _first_line(told: dict[str, Any]) -> str:
    rule = told["policy"] if told["policy"] == "f1" else f"{told['policy']} {told['value']:g}"
    low, high = told["band"]
    band = f"; review from {low:.4g}" if high > 0 else ""
    if told["coverage"] is not None:
        band += f" to {high:.4g} (coverage {told['coverage']:g})"
    moved = f"{told['threshold_before']:.4g} -> {told['threshold']:.4g}"
    return f"{told['bundle']}: threshold {moved} ({rule}){band}"


_WORDS = {
    "alerts": "alerts",
    "share": "share of records",
    "cases_a_day": "different cases a day",
    "review": "to review",
    "precision": "precision",
    "recall": "recall",
    "missed_amount": "amount missed",
}


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name in ("share", "precision", "recall", "false_reject", "escape"):
        return f"{value:.2%}"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"

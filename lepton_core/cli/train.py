"""``lepton train``: from records to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_core.cli.options import Json, Map, Task, read_mapping

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.training.contest import Comparison, Contest
    from lepton_core.training.gathering import Gathered

# Errors of the records' labels that verdicts may mend; what remains is found when they are split.
_FILLED_BY_VERDICTS = ("missing_label", "no_labels", "one_class", "too_few")


def train(
    target: Task,
    data: Annotated[
        str | None, typer.Option("--data", metavar="NAME|PATH", help="The task's sample without.")
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="NAME|PATH",
            help="More to learn from, as the line's pictures; never tested on. Repeatable.",
        ),
    ] = None,
    mapping: Map = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the task; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="The bundle's folder; ./<task>-bundle without.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older bundle at --out.")
    ] = False,
    run_folder: Annotated[
        Path | None, typer.Option("--run", help="Checkpoints and logs; runs/<bundle> without.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="FINDING",
            help="Train in spite of this error in the records, as the report names it; repeatable.",
        ),
    ] = None,
    champion: Annotated[
        str | None,
        typer.Option(
            "--champion", metavar="TASK@NAME|BUNDLE", help="Compare with the bundle in use."
        ),
    ] = None,
    feedback: Annotated[
        bool,
        typer.Option("--feedback", help="Take the verdicts in $LEPTON_STORE as labels."),
    ] = False,
    correct_test: Annotated[
        bool,
        typer.Option(
            "--correct-test", help="Verdicts correct the truth of test records, too (pictures)."
        ),
    ] = False,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="KEY", help="Decides; the task's first headline without."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option("--margin", help="What the lower end of the gain must pass; 0 without."),
    ] = None,
    promote: Annotated[
        bool,
        typer.Option("--promote", help="Put a better challenger in the champion's place."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Train a task and write its bundle; the same command goes on after an interruption."""
    import shlex

    from lepton_core.bundle_files import read_json
    from lepton_core.cli.output import note
    from lepton_core.data.labelled import load_labelled
    from lepton_core.data.report import DataReport
    from lepton_core.evaluation.run import find_protocol
    from lepton_core.settings import apply_settings
    from lepton_core.solution import find_task
    from lepton_core.training.champion import Challenge
    from lepton_core.training.gathering import about as about_gathered
    from lepton_core.training.gathering import gather
    from lepton_core.training.outcome import told
    from lepton_core.training.run import check_out, make_bundle

    task = find_task(target)
    name = data or task.sample_data
    folder = out or Path(f"{task.name.replace('/', '-')}-bundle")
    check_out(folder, overwrite)
    # Before the records are read, so that a slip of the pen costs no waiting.
    config = apply_settings(task.hook(task.config)(), settings or [])
    contest = _contest(champion, task, folder, metric, margin, promote)
    verdicts = _verdicts(task) if feedback else None
    accepted = [*(accept or ()), *(_FILLED_BY_VERDICTS if feedback else ())]

    def review(report: DataReport) -> None:
        for line in report.short_lines(accepted):
            note(line)
        report.require(accepted)

    theirs = read_mapping(mapping)
    first, dataset = load_labelled(name, task, theirs, note, review)
    gathered = gather(
        task,
        first,
        find_protocol(task, name, config),
        further=also or (),
        mapping=theirs,
        verdicts=verdicts,
        classes=getattr(contest.champion.decision, "classes", None) if contest else None,
        correct_test=correct_test,
        note=note,
    )
    records, protocol = gathered.records, gathered.protocol
    challenge = Challenge(contest, records, protocol) if contest else None
    card = dataset.card if dataset else None
    words = ["lepton", "train", target, "--data", Path(name).name if card is None else name]
    words += [word for path in also or [] for word in ("--also", Path(path).name)]
    words += [word for pair in mapping or [] for word in ("--map", pair)]
    words += [word for pair in settings or [] for word in ("--set", pair)]
    words += [word for key in accept or [] for word in ("--accept", key)]
    words += ["--feedback"] if feedback else []
    words += ["--correct-test"] if correct_test else []
    words += ["--champion", contest.champion.address] if contest else []
    words += ["--metric", metric] if metric else []
    words += ["--margin", str(margin)] if margin is not None else []
    about: dict[str, Any] = {
        "name": name if card else Path(name).name,
        "licence": card.licence if card else "your own data",
        "source": ", ".join(s.url for s in card.source) if card else "-",
    }
    about |= about_gathered(gathered)
    made = make_bundle(
        task,
        records,
        protocol,
        config,
        seed=seed,
        out=folder,
        data=about,
        command=shlex.join([*words, "--seed", str(seed), "--out", folder.name]),
        note=note,
        folder=run_folder,
        overwrite=overwrite,
        further=challenge,
    )
    found = challenge.found if challenge else None
    previous = _promote(made, found) if promote else None
    if as_json:
        _print_json(made, gathered, found, previous)
        return 0
    figures = told(read_json(made, "card.json"), task.headline)
    if figures:
        print("\n".join(["On its test part:", *figures, ""]))
    if found:
        print("\n".join([*found.lines("en"), ""]))
    if previous:
        print(f"It has taken the champion's place; the old one is kept in {previous}.")
    maps = "".join(f" --map {pair}" for pair in mapping or [])
    print(f"Bundle in {made}. Its figures: lepton evaluate {made} --data {name}{maps}")
    return 0


def _contest(
    champion: str | None,
    task: Any,
    out: Path,
    metric: str | None,
    margin: float | None,
    promote: bool,
) -> Contest | None:
    """What the challenger is held against, checked before anything is read."""
    from lepton_core.bundle import load_bundle
    from lepton_core.errors import UsageError
    from lepton_core.solution import resolve
    from lepton_core.training.contest import Contest

    if champion is None:
        options = {"--metric": metric, "--margin": margin, "--promote": promote or None}
        given = [option for option, value in options.items() if value is not None]
        if given:
            raise UsageError("champion.option", option=given[0])
        return None
    folder = resolve(champion).bundle_or_default()
    if folder.resolve() == out.resolve():
        raise UsageError("champion.is_out", out=out)
    return Contest.of(load_bundle(folder), task, metric, margin or 0.0)


def _verdicts(task: Any) -> pa.Table:
    from lepton_core.store import Store

    return Store.open().latest(task.name)


def _promote(made: Path, found: Comparison | None) -> Path | None:
    """Put a better challenger in the champion's place; where the old one is then."""
    from lepton_core.training.promotion import promote

    champion = found.contest.champion.folder if found and found.promoted else None
    return promote(made, champion) if champion else None


def _print_json(
    made: Path, gathered: Gathered, found: Comparison | None, previous: Path | None
) -> None:
    from lepton_core.bundle_files import read_json
    from lepton_core.cli.output import print_json

    card = read_json(made, "card.json")
    told: dict[str, Any] = {"bundle": str(made), "task": card["task"], "metrics": card["metrics"]}
    if gathered.joined:
        told["feedback"] = gathered.joined.to_json()
    if gathered.counts:
        told["gathered"] = {**gathered.counts, "ids": {"held": list(gathered.held)}}
    if found:
        told["champion"] = {
            **found.to_json(ids=True),
            "previous": str(previous) if previous else None,
        }
        told["promoted"] = found.promoted
    print_json(told)

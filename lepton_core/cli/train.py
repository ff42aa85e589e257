"""``lepton train``: from records to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lepton_core.cli.options import Map, Task, read_mapping


def train(
    target: Task,
    data: Annotated[
        str | None, typer.Option("--data", metavar="NAME|PATH", help="The task's sample without.")
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
) -> int:
    """Train a task and write its bundle; the same command goes on after an interruption."""
    import shlex

    from lepton_core.cli.output import note
    from lepton_core.data.labelled import load_labelled
    from lepton_core.data.report import DataReport
    from lepton_core.evaluation.run import find_protocol
    from lepton_core.settings import apply_settings
    from lepton_core.solution import find_task
    from lepton_core.training.run import check_out, make_bundle

    task = find_task(target)
    name = data or task.sample_data
    folder = out or Path(f"{task.name.replace('/', '-')}-bundle")
    check_out(folder, overwrite)
    # Before the records are read, so that a slip of the pen costs no waiting.
    config = apply_settings(task.hook(task.config)(), settings or [])

    def review(report: DataReport) -> None:
        for line in report.short_lines(accept or ()):
            note(line)
        report.require(accept or ())

    records, dataset = load_labelled(name, task, read_mapping(mapping), note, review)
    card = dataset.card if dataset else None
    words = ["lepton", "train", target, "--data", Path(name).name if card is None else name]
    words += [word for pair in mapping or [] for word in ("--map", pair)]
    words += [word for pair in settings or [] for word in ("--set", pair)]
    words += [word for key in accept or [] for word in ("--accept", key)]
    made = make_bundle(
        task,
        records,
        find_protocol(task, name, config),
        config,
        seed=seed,
        out=folder,
        data={
            "name": name if card else Path(name).name,
            "licence": card.licence if card else "your own data",
            "source": ", ".join(s.url for s in card.source) if card else "-",
        },
        command=shlex.join([*words, "--seed", str(seed), "--out", folder.name]),
        note=note,
        folder=run_folder,
        overwrite=overwrite,
    )
    maps = "".join(f" --map {pair}" for pair in mapping or [])
    print(f"Bundle in {made}. Its figures: lepton evaluate {made} --data {name}{maps}")
    return 0

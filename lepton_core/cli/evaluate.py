"""``lepton evaluate``: figures of a bundle, or of a protocol trained anew."""

from __future__ import annotations

from typing import Annotated

import typer

from lepton_core.cli.options import Data, Json, Map, TaskOrBundle, Views, read_mapping


def evaluate(
    target: TaskOrBundle,
    data: Data,
    train: Annotated[
        bool, typer.Option("--train", help="Train and test every fold of the protocol.")
    ] = False,
    mapping: Map = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="With --train.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="With --train.")] = 0,
    by_group: Annotated[
        bool, typer.Option("--by-group", help="Also rates by group of people, by fairlearn.")
    ] = False,
    views: Views = None,
    robust: Annotated[
        bool,
        typer.Option("--robustness", help="Also on corrupted copies of at most 400 test pictures."),
    ] = False,
    as_json: Json = False,
) -> int:
    """Figures with intervals and baselines on a data set's protocol."""
    from lepton_core.bundle import load_bundle
    from lepton_core.cli.output import note, print_json
    from lepton_core.data.labelled import load_labelled
    from lepton_core.errors import UsageError
    from lepton_core.evaluation.run import (
        evaluate_bundle,
        evaluate_training,
        find_protocol,
        protocol_of,
    )
    from lepton_core.settings import apply_settings
    from lepton_core.solution import resolve

    address = resolve(target)
    task = address.task
    if train and address.bundle is not None:
        raise UsageError("usage.train_bundle", bundle=target, task=task.name)
    if settings and not train:
        raise UsageError("usage.set_without_train", setting=settings[0])
    if by_group and (train or not task.fairness):
        raise UsageError("usage.group_train" if train else "usage.no_fairness", task=task.name)
    if train and (views is not None or robust):
        option = "--robustness" if robust else "--views"
        raise UsageError("usage.not_with_train", option=option)
    records, _ = load_labelled(data, task, read_mapping(mapping), note)
    if train:
        config = apply_settings(task.hook(task.config)(), settings or [])
        protocol = find_protocol(task, data, config)
        note(f"Protocol {protocol.name}: training {len(protocol.folds(records))} folds.")
        report = evaluate_training(task, records, data, protocol, config, seed, note)
    else:
        folder = address.bundle or task.bundle_for(data)
        pipeline = load_bundle(folder)
        if views is not None:
            pipeline = pipeline.with_views(views)
        protocol = protocol_of(pipeline, data)
        report = evaluate_bundle(pipeline, records, data, protocol, by_group)
    told, text = report.to_json(), report.to_text()
    if robust:
        from lepton_core.evaluation.robustness import robustness, to_text

        whole = protocol.with_truth(records)
        found = robustness(pipeline, whole, protocol.split(whole).test, note=note)
        told["robustness"] = [one.to_json() for one in found]
        text += "\n\n" + to_text(found, task.headline)
    if as_json:
        note(report.note)
        print_json(told)
    else:
        print(text)
    return 0

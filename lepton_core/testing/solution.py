"""Everything that an installed solution promises, checked in one call."""

from __future__ import annotations

import json
import socket
from typing import Any
from unittest import mock

import pyarrow as pa

from lepton_core.bundle import load_bundle, verify_parity
from lepton_core.errors import UsageError
from lepton_core.messages import has_message, t
from lepton_core.settings import apply_settings, from_dict, keys, to_dict
from lepton_core.solution import Solution, Task, load_solution
from lepton_core.testing import pages, scoring

_ROWS = 400


def check_solution(name: str, training: bool = True) -> None:
    """An installed solution keeps its promises.

    Its titles stand in both languages, its page draws without an error in both, and every task
    passes :func:`check_task`.

    Args:
        name: the solution's name, as its entry point gives it.
        training: whether tasks are trained too, which takes most of the time.
    """
    solution = load_solution(name)
    assert isinstance(solution, Solution)
    assert solution.name == name, f"solution {solution.name} is installed as {name}"
    assert solution.tasks, f"solution {name} has no task"
    assert callable(solution.page()), f"{solution.dashboard} is no function"
    _check_words(solution.title)
    for task in solution.tasks:
        assert task.name.startswith(f"{name}/"), f"task {task.name} is not below {name}/"
        check_task(task, training)
    pages.check_page(name)


def check_task(task: Task, training: bool = True) -> None:
    """Specs, sample, settings, bundles, scoring, bad input, card and training of one task.

    Args:
        task: the task; its ``sample`` bundle must be there.
        training: whether it is trained too, see :func:`~lepton_core.testing.check_training`.
    """
    _check_words(task.title)
    assert task.inputs.names[0] == "record_id", f"{task.name}: records begin with record_id"
    assert task.outputs.names[0] == "record_id", f"{task.name}: predictions begin with record_id"
    assert task.outputs.names[-1] == "bundle", f"{task.name}: predictions end with bundle"
    records = check_sample(task).slice(0, _ROWS)
    check_config(task)
    assert "sample" in task.bundles(), f"{task.name} ships no bundle named sample"
    for folder in task.bundles().values():
        pipeline = load_bundle(folder)
        verify_parity(folder)
        scoring.check_scoring(pipeline, records)
        pages.check_card(pipeline)
    if training:
        from lepton_core.testing.training import check_training

        check_training(task)


def check_sample(task: Task) -> pa.Table:
    """The sample generator: the same for one seed, other for another, without the network.

    Returns:
        the records of seed 0.
    """
    generate = task.hook(task.sample)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError(f"{task.name}: the sample generator opens a connection")

    with mock.patch.object(socket, "socket", refuse):
        first, again, other = generate(seed=0), generate(seed=0), generate(seed=1)
    assert first.equals(again), f"{task.name}: the sample of one seed is not always the same"
    assert not first.equals(other), f"{task.name}: another seed gives the same sample"
    return first


def check_config(task: Task) -> None:
    """The settings survive JSON, and a setting that does not exist is refused."""
    kind = task.hook(task.config)
    config = kind()
    again = from_dict(kind, json.loads(json.dumps(to_dict(config))))
    assert again == config, f"{task.name}: settings change through JSON"
    name = next(iter(keys(config)))
    try:
        apply_settings(config, [f"{name}_that_is_not_there=1"])
    except UsageError:
        return
    raise AssertionError(f"{task.name}: an unknown setting is taken without a word")


def _check_words(key: str) -> None:
    assert has_message(key), f"{key} has no sentence"
    for language in ("en", "zh"):
        assert t(key, language=language), f"{key} is empty in {language}"

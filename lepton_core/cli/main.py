"""Entry point of ``lepton``: finds the command, and turns errors into one line and an exit code."""

from __future__ import annotations

import json
import os
import sys

import typer

from lepton_core.cli import (
    data,
    decide,
    demo,
    evaluate,
    explain,
    list_command,
    new,
    queue,
    rules,
    score,
    train,
    verdicts,
    verify,
)
from lepton_core.cli.app import app
from lepton_core.cli.latency import latency
from lepton_core.errors import LeptonError

cli = typer.Typer(
    name="lepton",
    help="Industry AI solutions: score, evaluate, train and show them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("list")(list_command.list_tasks)
cli.command("demo")(demo.demo)
cli.add_typer(data.cli, name="data")
cli.command("train")(train.train)
cli.command("evaluate")(evaluate.evaluate)
cli.command("score")(score.score)
cli.command("explain")(explain.explain)
cli.add_typer(verdicts.cli, name="verdicts")
cli.command("queue")(queue.queue)
cli.command("decide")(decide.decide)
cli.add_typer(rules.cli, name="rules")
cli.command("latency")(latency)
cli.command("verify")(verify.verify)
cli.command("new")(new.new)
cli.command("app")(app)


def main() -> None:
    """Run ``lepton`` with the arguments of the process."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(_run(arguments, debug))


def _run(arguments: list[str], debug: bool) -> int:
    try:
        code = cli(arguments, prog_name="lepton", standalone_mode=False)
        if code == 130:
            # Typer takes Ctrl+C itself and says nothing.
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except LeptonError as error:
        if debug:
            raise
        if "--json" in arguments:
            print(json.dumps(error.to_json(), ensure_ascii=False))
        print(f"lepton: {error.text('en')}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(note, file=sys.stderr)
        return error.exit_code
    except typer.TyperException as error:
        # Those that mean wrong usage show themselves; the base class does not declare it.
        error.show()  # type: ignore[attr-defined]
        return 2
    except (KeyboardInterrupt, typer.Abort) as error:
        print("lepton: stopped.", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(note, file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; Python must not complain again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # The last net: whatever was not foreseen still reaches a person as one line.
        if debug:
            raise
        print(
            f"lepton: unexpected {type(error).__name__}: {error}. "
            "Run the same command with --debug to see where, and report it.",
            file=sys.stderr,
        )
        return 1

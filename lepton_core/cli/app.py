"""``lepton app``: the dashboards in the browser."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

HOST = "127.0.0.1"


def app(
    solution: Annotated[
        str | None, typer.Argument(metavar="[SOLUTION]", help="One solution; all without.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve on.")] = 8501,
    headless: Annotated[
        bool, typer.Option("--headless", help="Do not open a browser window.")
    ] = False,
    reload: Annotated[
        bool, typer.Option("--reload", help="Draw again when a source file changes.")
    ] = False,
) -> int:
    """Open the dashboards on 127.0.0.1; nobody else on the network can reach them."""
    from lepton_core.cli.output import note
    from lepton_core.errors import UsageError
    from lepton_core.solution import entries

    name = solution.partition("/")[0] if solution else None
    if name is not None and name not in entries():
        known = ", ".join(entries()) or "-"
        raise UsageError("usage.unknown_solution", solution=solution, known=known)
    if not is_free(port):
        raise UsageError("usage.port_taken", host=HOST, port=port)
    note(f"Lepton is at http://{HOST}:{port} (Ctrl+C stops it).")
    from streamlit.web.cli import main as streamlit

    streamlit(streamlit_arguments(name, port, headless, reload), standalone_mode=False)
    return 0


def streamlit_arguments(name: str | None, port: int, headless: bool, reload: bool) -> list[str]:
    """What follows ``streamlit`` on a command line that starts the hub.

    Args:
        name: the one solution to show; None for all.
        port: where to serve.
        headless: whether no browser window is opened.
        reload: whether source files are watched.

    Example:
        >>> streamlit_arguments("fraud_rnn", 8501, True, False)[-2:]
        ['--', 'fraud_rnn']
    """
    flags = {
        "server.address": HOST,
        "server.port": str(port),
        "server.fileWatcherType": "auto" if reload else "none",
        # Without this, the first start waits at the terminal for an e-mail address.
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "runner.magicEnabled": "false",
    }
    if headless:
        flags["server.headless"] = "true"
    options = [f"--{name}={value}" for name, value in flags.items()]
    return ["run", str(hub_script()), *options, *(["--", name] if name else [])]


def hub_script() -> Path:
    """The script of the hub, which stands beside the core, in a checkout and when installed."""
    return Path(__file__).resolve().parents[2] / "apps" / "hub.py"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":
            # As the server itself does; else a port just left looks taken for a minute.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True

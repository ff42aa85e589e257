"""``lepton list``: what is installed."""

from __future__ import annotations

import json
from typing import Any

from lepton_core.cli.options import Json


def list_tasks(as_json: Json = False) -> int:
    """List tasks, shipped bundles, headline figures and the licence of their data."""
    from lepton_core.cli.output import print_json, table
    from lepton_core.messages import t
    from lepton_core.solution import solutions

    loaded, broken = solutions()
    rows: list[dict[str, Any]] = []
    for solution in loaded:
        for task in solution.tasks:
            for name, folder in task.bundles().items():
                card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
                metrics = card.get("metrics", {})
                figures = {k: metrics[k]["value"] for k in task.headline if k in metrics}
                rows.append(
                    {
                        "task": task.name,
                        "title": t(task.title, language="en"),
                        "bundle": name,
                        "default": folder == task.bundle(),
                        "figures": figures,
                        "data": card.get("data", {}).get("name", "-"),
                        "licence": card.get("data", {}).get("licence", "-"),
                    }
                )
    faults = [{"solution": fault.name, "reason": fault.reason} for fault in broken]
    if as_json:
        print_json({"bundles": rows, "broken": faults})
        return 0
    cells = []
    for row in rows:
        told = " ".join(f"{key} {value:.3f}" for key, value in row["figures"].items())
        bundle = row["bundle"] + ("*" if row["default"] else "")
        cells.append([row["task"], bundle, told or "-", row["licence"]])
    print(table(["task", "bundle", "figures on its test part", "licence of its data"], cells))
    print("* scores what you bring unless another bundle is named: lepton score TASK@BUNDLE ...")
    for fault in faults:
        print(f"{fault['solution']} cannot be loaded: {fault['reason']}")
    return 0

"""A copy of a bundle with another decision; the model, and so every score, is the same."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from lepton_core.bundle import rewrite_card, write_decision
from lepton_core.bundle_files import read_json, sha256, verify_manifest, write_json
from lepton_core.decision import Decision
from lepton_core.errors import UsageError

# What a threshold moves: a card's own was measured at another.
_AT_A_THRESHOLD = (
    "accuracy",
    "escape",
    "f1",
    "false_reject",
    *(f"{name}{k}" for name in ("hr", "ndcg") for k in (5, 10, 20)),
    *(f"hr10_{stratum}" for stratum in ("head", "mid", "tail")),
    *("item_coverage10", "novelty10"),
    "precision",
    "recall",
    "review_share",
    "set_coverage",
    "specificity",
    "sure_accuracy",
)


def check_place(out: Path, overwrite: bool) -> None:
    """Refuse a place for a bundle where something else would be lost.

    Raises:
        UsageError: as for a trained bundle; ``usage.out_folder`` where its folder is not there.
    """
    from lepton_core.training.run import check_out

    if not out.resolve().parent.is_dir():
        raise UsageError("usage.out_folder", out=out, folder=out.resolve().parent)
    check_out(out, overwrite)


def save_decided(
    folder: Path, address: str, decision: Decision, out: Path, overwrite: bool = False
) -> Path:
    """Copy a bundle with another decision; nothing stands at ``out`` until it is whole.

    The card keeps every figure that no threshold moves, and loses the others: they would be those
    of another decision. ``lepton evaluate`` measures them again.

    Args:
        folder: the bundle that the decision was changed of.
        address: its address; scores that it wrote can be decided by the copy, too.
        decision: the new one.
        out: the copy; its name is the new bundle's name.
        overwrite: whether an older bundle may be replaced.

    Raises:
        UsageError: something stands at ``out`` that must not be replaced.
        BundleError: the bundle is not whole.
    """
    check_place(out, overwrite)
    verify_manifest(folder)
    out = out.resolve()
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        made = work / out.name
        shutil.copytree(folder, made)
        write_decision(made, decision)
        manifest = read_json(made, "manifest.json")
        for name in ("decision.json", "decision.npz"):
            if (made / name).exists():
                manifest["files"][name] = sha256(made / name)
        write_json(made / "manifest.json", manifest)
        rewrite_card(made, _card(read_json(made, "card.json"), address, decision, out.name))
        if out.exists():
            os.replace(out, work / "old")
        os.replace(made, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out


def _card(card: dict[str, Any], address: str, decision: Decision, name: str) -> dict[str, Any]:
    metrics = {k: v for k, v in card.get("metrics", {}).items() if k not in _AT_A_THRESHOLD}
    earlier = [known for known in card.get("decided_from", ()) if known != address]
    changed = {
        "bundle": name,
        "metrics": metrics,
        "decision": decision.to_json(),
        "decided_from": [address, *earlier],
    }
    return {key: value for key, value in card.items() if key != "groups"} | changed

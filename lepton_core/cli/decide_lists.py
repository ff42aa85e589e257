"""``lepton decide`` for lists of items: other filters, another order, another catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_core.cli.options import refuse_given

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline


def decide_lists(
    folder: Path,
    pipeline: Pipeline,
    scores: list[Path] | None,
    ranking: Path | None,
    catalogue: str | None,
    mapping: dict[str, str],
    others: Mapping[str, Any],
    out: Path | None,
    save: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Make other lists of kept scores, see what that does, and write it down.

    Args:
        folder: the bundle.
        pipeline: the same, loaded.
        scores: what ``lepton score`` wrote; None for none.
        ranking: a file of settings; None keeps them.
        catalogue: a name or file that tells of items; None keeps what is known.
        mapping: their column of the catalogue -> ours.
        others: further options of the command, which do not go with lists.
        out: where the new lists go; None for nowhere.
        save: where a copy of the bundle goes that decides so; None for nowhere.
        overwrite: whether older files may be replaced.
        as_json: for a program instead of a person.

    Raises:
        UsageError: ``rank.*`` and ``decide.*``.
    """
    from lepton_core.cli.output import note, print_json
    from lepton_core.decision import Rank
    from lepton_core.errors import UsageError
    from lepton_core.records.catalogue import read_catalogue
    from lepton_core.redecide.bundles import check_place, save_decided
    from lepton_core.redecide.ranking import list_effect, read_ranking, read_vectors, write_lists

    refuse_given(others, "rank.not_for_ranking")
    if out is not None and not scores:
        raise UsageError("decide.no_kept")
    if save is not None:
        check_place(save, overwrite)
    before = after = pipeline.decision
    assert isinstance(before, Rank)
    assert isinstance(after, Rank)
    if catalogue is not None:
        table = read_catalogue(catalogue, before.items.catalogue, mapping, note)
        after = after.with_items(before.items.updated(table))
    if ranking is not None:
        after = read_ranking(ranking, after)
    told: dict[str, Any] = {"bundle": pipeline.address, "decision": after.to_json()}
    if scores:
        kept = read_vectors(scores, pipeline)
        # Measured by the same catalogue, so that only the lists differ.
        told["customers"] = len(kept.score)
        told["before"] = list_effect(before.with_items(after.items), kept)
        told["after"] = list_effect(after, kept)
        if out is not None:
            told["written"] = write_lists(kept, after, out, overwrite)
            told["out"] = str(out)
    if save is not None:
        told["saved"] = str(save_decided(folder, pipeline.address, after, save, overwrite))
    if as_json:
        print_json(told)
    else:
        print("\n".join(_lines(told)))
    return 0


_WORDS = {
    "fit": "how well lists fit, mean score",
    "margin": "margin of what is shown, mean",
    "price": "price of what is shown, mean",
    "items": "different items shown",
    "largest": "lists that one item is in, most",
    "short": "lists that could not be filled",
}


def _lines(told: Mapping[str, Any]) -> list[str]:
    from lepton_core.cli.output import table

    decision = told["decision"]
    asked = {
        "k": decision["k"],
        "seen": decision["seen"],
        **decision["filters"],
        **decision["reordering"],
        "quota": decision["quota"],
    }
    given = ", ".join(f"{name} {value}" for name, value in asked.items() if value not in (None, ()))
    found = [f"{told['bundle']}: {given}"]
    if "after" in told:
        rows = [
            [words, *(_cell(name, told[when][name]) for when in ("before", "after"))]
            for name, words in _WORDS.items()
        ]
        found.append(table([f"on {told['customers']:,} customers", "before", "after"], rows))
    if "out" in told:
        found.append(f"{told['written']:,} lists written to {told['out']}")
    if "saved" in told:
        found.append(f"Bundle in {told['saved']}. Its figures: lepton evaluate {told['saved']}")
    return found


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "largest":
        return f"{value:.1%}"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"

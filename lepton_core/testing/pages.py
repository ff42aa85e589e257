"""What people read: the card says what it must, the dashboard draws in both languages."""

from __future__ import annotations

from lepton_core.messages import LANGUAGES
from lepton_core.pipeline import Pipeline

_SECTIONS = ("intended_use", "not_for", "limits", "data", "protocol", "metrics", "command")


def check_card(pipeline: Pipeline) -> None:
    """A bundle's card holds its use, its limits, its data's licence, and figures with intervals."""
    card, address = pipeline.card, pipeline.address
    for section in _SECTIONS:
        assert card.get(section), f"the card of {address} lacks {section}"
    assert card["data"].get("licence"), f"the card of {address} names no licence of its data"
    # Not every data set can have all of them: without good parts there is no AUROC.
    shown = {key: card["metrics"][key] for key in pipeline.task.headline if key in card["metrics"]}
    assert shown, f"the card of {address} has none of {', '.join(pipeline.task.headline)}"
    for key, figure in shown.items():
        assert figure["low"] is not None, f"{key} on the card of {address} has no interval"
    assert card.get("baselines"), f"the card of {address} compares with nothing"
    assert pipeline.folder is not None
    page = (pipeline.folder / "CARD.md").read_text(encoding="utf-8")
    for words in (str(card["intended_use"]), str(card["limits"]), "95% interval"):
        assert words.strip() in page, f"CARD.md of {address} does not say: {words[:60]}"


def _draw(name: str) -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.ui.frame import run_solution

    run_solution(name)


def check_page(name: str) -> None:
    """A solution's dashboard draws its embedded sample without an error, in both languages.

    Args:
        name: the installed solution.
    """
    from streamlit.testing.v1 import AppTest

    titles = set()
    for language in LANGUAGES:
        page = AppTest.from_function(_draw, args=(name,), default_timeout=180)
        page.query_params["lang"] = language
        page.run()
        told = [error.value for error in (*page.exception, *page.error)]
        assert not told, f"the page of {name} in {language} shows: {told[0]}"
        assert page.title, f"the page of {name} in {language} has no title"
        titles.add(page.title[0].value)
    assert len(titles) == len(LANGUAGES), f"the page of {name} is not translated: {titles}"

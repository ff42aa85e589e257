"""The page under AppTest with made parts in place of a bundle's: start, press and read it."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest


def _script(folder: str, kind: str, labelled: bool) -> None:
    import sys

    if folder not in sys.path:
        sys.path.append(folder)
    import made_parts

    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up
    from solutions.defect_detection import dashboard, dashboard_parts_choice
    from solutions.defect_detection.dashboard_parts import Parts, apply

    set_up()
    load_solution("defect_detection")

    def choose_parts() -> Parts:
        start = made_parts.outlier() if kind == "anomaly" else None
        made = made_parts.parts(start, labelled=labelled)
        decision = dashboard_parts_choice.decision_of(made.scored)
        columns = apply(decision, made.scored, made.scale)
        return Parts(
            made.task, made.scored, made.source, made.folder, decision, columns, made.scale
        )

    dashboard_parts_choice.choose_parts = choose_parts
    with guard():
        dashboard.page()


def start(
    view: str, language: str = "en", kind: str = "surface", *, labelled: bool = True
) -> AppTest:
    """The page at a view."""
    from pathlib import Path

    folder = str(Path(__file__).parent)
    page = AppTest.from_function(
        _script, default_timeout=120, args=(folder, kind, labelled), kwargs={}
    )
    page.query_params["lang"] = language
    page.query_params["view"] = view
    return page.run()


def press(page: AppTest, key: str) -> AppTest:
    """Press a button, found by the end of its key."""
    (button,) = [button for button in page.button if str(button.key).endswith(key)]
    return button.click().run()


def choose(page: AppTest, key: str, value: Any) -> AppTest:
    """Press one of several buttons side by side, found by the end of its key."""
    (group,) = [group for group in page.button_group if str(group.key).endswith(key)]
    group.set_value(value)
    return page.run()


def figures(page: AppTest) -> dict[str, str]:
    """Label -> value of each figure shown."""
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def words(page: AppTest) -> str:
    """All sentences of the page."""
    kinds = (
        *(page.title, page.subheader, page.markdown, page.caption, page.info, page.warning),
        *(page.error, page.success),
    )
    return " ".join(element.value for kind in kinds for element in kind)

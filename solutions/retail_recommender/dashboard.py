"""The page: what to show, how much to stock, what customers say; each view its own file."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from lepton_core.messages import t
from lepton_core.ui.frame import header

# In the order of the tasks; a view whose file is not there is left out.
_ICONS = {
    "next_item": "storefront",
    "demand": "inventory_2",
    "reviews": "rate_review",
    "customers": "groups",
    "churn": "contract",
}


def page() -> None:
    """Draw the page."""
    header(t("retail_recommender.title"), t("retail_recommender.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads; and no view
    # waits for another.
    from lepton_core.ui.views import choose_view

    names = {
        view: f":material/{icon}: {t(f'retail_recommender.dashboard.view.{view}')}"
        for view, icon in _ICONS.items()
        if find_spec(f"{__package__}.dashboard_{view}") is not None
    }
    choice = t("retail_recommender.dashboard.view.choice")
    view = choose_view(names, choice, "retail_recommender.view", "view")
    import_module(f"{__package__}.dashboard_{view}").view()

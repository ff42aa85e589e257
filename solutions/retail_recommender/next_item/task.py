"""The declaration of ``retail_recommender/next_item``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", rows="user", description="the customer, each once"),
        Column(
            "items",
            "list<string>",
            rows="item",
            description="ids of what the customer chose, in order of time; may be none",
        ),
        Column(
            "times",
            "list<timestamp>",
            "meta",
            required=False,
            rows="time",
            description="when each was chosen, UTC where no zone is given",
        ),
        Column(
            "quantities",
            "list<float64>",
            "quantity",
            required=False,
            rows="quantity",
            description="how many; below 0 takes an earlier purchase back",
        ),
        Column(
            "prices",
            "list<float64>",
            "meta",
            required=False,
            rows="price",
            description="what a piece cost then; the latest is the item's price",
        ),
        Column(
            "titles",
            "list<string>",
            "meta",
            required=False,
            rows="title",
            description="what people call each item",
        ),
        Column(
            "categories",
            "list<string>",
            "meta",
            required=False,
            rows="category",
            description="the category of each item",
        ),
        Column(
            "next",
            "string",
            "meta",
            required=False,
            description="what the customer chose after these, where it is known: for figures alone",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("items", "list<string>", "output", description="what to show, the best first"),
        Column("scores", "list<float32>", "output", description="how well each fits"),
        Column(
            "note",
            "string",
            "output",
            description="unknown_items, long_history, trending or few_items, where it holds",
        ),
        Column("score", "list<float32>", "output", description="the customer's vector"),
        Column(
            "history",
            "list<string>",
            "output",
            description="the items that were read, the latest first",
        ),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Suggests to each customer of a shop what they may want next, from what they chose before: "
        "for pages, mails and the shop's own programs, under filters that always hold."
    ),
    "not_for": (
        "Decisions about people, as credit or prices; goods that may not be advertised; telling "
        "what a customer will certainly buy."
    ),
    "limits": (
        "It knows the items that it was trained on: new ones need a training, or to be placed by "
        "their words. It learns what was bought, which what was shown had a part in. A customer "
        "without history gets what is trending. Figures say how often the very next choice is in "
        "the list, among all items; what lists earn, only a test on customers tells."
    ),
}

TASK = Task(
    name="retail_recommender/next_item",
    title="retail_recommender.next_item.title",
    package="solutions.retail_recommender.next_item",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:NextItemPreprocessor",
    trainer="training:train",
    explainer="explanations:Removal",
    sample="sample:generate",
    sample_data="retail_recommender_sample",
    protocols={"*": "protocols:leave_last_out"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("hr10", "ndcg10"),
    again=True,
)

"""The declaration of ``retail_recommender/reviews``: is a review positive, and why?"""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("negative", "positive")
PARTS = ("train", "valid", "test")

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the review"),
        Column("text", "string", description="what the customer wrote, in any length"),
        Column(
            "product",
            "string",
            "meta",
            required=False,
            description="the product it is about, for reports by product only",
        ),
        Column(
            "time",
            "timestamp",
            "meta",
            required=False,
            description="when it was written, for reports over time only",
        ),
        Column(
            "positive",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 if the review is positive, 0 if negative, empty while not known",
        ),
        Column(
            "part",
            "string",
            "meta",
            required=False,
            choices=PARTS,
            description="what the review is for, where the data set fixes it",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of positive"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="not sure: let a person read it"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Tells whether a customer's review is positive or negative, with a probability, so that a "
        "shop sees how a product is received, over time and by topic, and reads the right reviews "
        "first. Unsure ones are marked for a person."
    ),
    "not_for": (
        "Judging the customers who wrote them; answering or removing reviews without a person; "
        "texts in a language that the bundle did not learn from, which are refused where they can "
        "be told apart."
    ),
    "limits": (
        "It knows two classes: a mixed or neutral review gets a probability near the middle and is "
        "marked. Irony, comparisons with other products and praise of the delivery alone mislead "
        "it. Of a text longer than its limit the beginning and the end are read. Words of another "
        "trade than that of the training reviews mean little to it: retrain on your own."
    ),
}

TASK = Task(
    name="retail_recommender/reviews",
    title="retail_recommender.reviews.title",
    package="solutions.retail_recommender.reviews",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:ReviewPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="reviews_sample",
    explainer="reasons:WordExplainer",
    protocols={"*": "evaluation:by_text"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("accuracy", "f1", "ece"),
    default_bundle="chnsenticorp",
)

"""The declaration of ``retail_recommender/churn``: will a customer with a contract leave?"""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("stays", "leaves")


def _service(name: str, description: str) -> Column:
    return Column(name, "string", required=False, description=description)


INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the customer"),
        Column("gender", "string", "meta", required=False, description="for reports by group only"),
        Column("senior", "bool", "meta", required=False, description="for reports by group only"),
        _service("partner", "Yes or No"),
        _service("dependents", "Yes or No"),
        Column("tenure", "float64", unit="months", low=0.0, description="since the contract began"),
        _service("phone", "Yes or No"),
        _service("lines", "several phone lines"),
        _service("internet", "kind of connection"),
        _service("security", "online security"),
        _service("backup", "online backup"),
        _service("protection", "protection of devices"),
        _service("support", "technical support"),
        _service("tv", "streaming of television"),
        _service("films", "streaming of films"),
        Column("contract", "string", description="how long it binds"),
        _service("paperless", "bills by mail or not"),
        _service("payment", "how bills are paid"),
        Column("monthly", "float64", low=0.0, description="charge of a month"),
        Column("total", "float64", low=0.0, required=False, description="charged so far, if any"),
        Column(
            "left",
            "bool",
            "label",
            required=False,
            description="whether the customer left, empty while unknown",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of leaving"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Ranks customers with a contract by how likely they leave, so that a team calls the right "
        "ones first; with what a call costs and what a customer is worth, the list for a campaign."
    ),
    "not_for": (
        "Prices or terms for single people; refusing service; customers of another trade than "
        "those it was trained on."
    ),
    "limits": (
        "Gender and age are not read, and yet groups can be treated unequally, because contracts "
        "and services go with them: read the figures by group. telco_churn is one snapshot of "
        "customers made up by its publisher: retrain on your own. Who is likely to leave is not "
        "who is likely to be won back."
    ),
}

TASK = Task(
    name="retail_recommender/churn",
    title="retail_recommender.churn.title",
    package="solutions.retail_recommender.churn",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:ChurnPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="churn_sample",
    explainer="evaluation:ChurnExplainer",
    protocols={"telco_churn": "evaluation:fixed", "*": "evaluation:at_random"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    fairness="evaluation:report",
    about=ABOUT,
    headline=("auc", "ap", "f1"),
    default_bundle="telco_churn",
)

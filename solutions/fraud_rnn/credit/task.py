"""The declaration of ``fraud_rnn/credit``: will a client default next month?"""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

MONTHS = 6
# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("pays", "defaults")


def _months() -> tuple[Column, ...]:
    """Delay, bill and payment of each month, 1 the latest; older ones may be empty."""
    columns = []
    for name, dtype, low, high, words in (
        (
            "delay",
            "int64",
            -2,
            9,
            "-2 no use, -1 paid in full, 0 a part paid, 1 to 9 months behind",
        ),
        ("bill", "float64", None, None, "amount of the bill; negative for a credit balance"),
        ("paid", "float64", 0.0, None, "amount paid in the month, for the bill before it"),
    ):
        for month in range(1, MONTHS + 1):
            when = "latest month" if month == 1 else f"month {month} back"
            columns.append(
                Column(
                    f"{name}_{month}",
                    dtype,
                    low=low,
                    high=high,
                    required=month == 1,
                    description=f"{when}: {words}",
                )
            )
    return tuple(columns)


INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the client"),
        Column("limit", "float64", low=1.0, description="credit limit, in the bills' currency"),
        Column("sex", "string", "meta", required=False, description="for reports by group only"),
        Column("education", "string", "meta", required=False, description="for reports only"),
        Column("marriage", "string", "meta", required=False, description="for reports only"),
        Column(
            "age",
            "float64",
            "meta",
            unit="years",
            low=0.0,
            high=130.0,
            required=False,
            description="for reports by group only",
        ),
        *_months(),
        Column(
            "default",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 if the client defaulted in the month after, empty while not known",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of a default"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Ranks card clients by how likely they default next month, from their limit and six months "
        "of bills, payments and delays, so that a risk team talks to the right ones first. A "
        "person decides. The bundle credit_default is for evaluation: retrain on your own data."
    ),
    "not_for": (
        "Refusing credit without a person; setting prices; clients without a card history; any use "
        "where the law asks for reasons that were not checked by a person."
    ),
    "limits": (
        "Sex, age, education and marriage are not read, and yet groups can be treated unequally, "
        "because behaviour goes with them: read the figures by group. It knows one past and one "
        "kind of card: probabilities hold for data like the training data."
    ),
}

TASK = Task(
    name="fraud_rnn/credit",
    title="fraud_rnn.credit.title",
    package="solutions.fraud_rnn.credit",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:CreditPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="credit_sample",
    explainer="reasons:CreditExplainer",
    protocols={"credit_default": "evaluation:fixed", "*": "evaluation:at_random"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    fairness="fairness:report",
    about=ABOUT,
    headline=("auc", "ap", "f1"),
    default_bundle="credit_default",
)

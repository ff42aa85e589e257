"""The declaration of ``fraud_rnn/transactions``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the transaction"),
        Column("time", "timestamp", "time", description="when it was made, UTC"),
        Column("card", "string", "entity", description="the card, as a number or pseudonym"),
        Column("terminal", "string", "entity", required=False, description="where it was made"),
        Column("amount", "float64", low=0.0, description="in one currency throughout"),
        Column(
            "label",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 for fraud, empty while unknown; used after the label delay only",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of fraud"),
        Column("label", "string", "output", choices=("genuine", "fraud")),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Ranks card transactions by how likely they are fraud, so that analysts see the worst "
        "first. It reads each card's past and, where terminals and confirmed labels are given, "
        "each terminal's; a person decides on every alert."
    ),
    "not_for": (
        "Declining payments without a person or a second check; judging people; data of another "
        "kind than card transactions with a card, a time and an amount."
    ),
    "limits": (
        "A fraud at a terminal that has no confirmed fraud yet cannot be told from a genuine "
        "payment of the same amount. Probabilities hold for data like the training data: retrain "
        "on your own before you act on them."
    ),
}

TASK = Task(
    name="fraud_rnn/transactions",
    title="fraud_rnn.transactions.title",
    package="solutions.fraud_rnn.transactions",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:TransactionPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="fraud_sample",
    explainer="reasons:TransactionExplainer",
    protocols={"fraud_handbook": "evaluation:Handbook", "*": "evaluation:ByDays"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("ap", "auc", "card_precision_100"),
    default_bundle="fraud_handbook",
    stateful=True,
)

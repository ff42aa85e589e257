"""What a campaign's list would have gained on test records, by who really went; beside other lists.

LEPTON_DATA=... python benchmarks/campaign_backtest.py [--cost 2] [--success 0.1]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import load_bundle
from lepton_core.data.reading import load_records
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.run import part_to_test, protocol_of
from lepton_core.predictions import Predictions
from lepton_core.solution import find_task
from lepton_core.tabular import labels_of
from solutions.retail_recommender.campaign import Offer, backtest

BUDGETS = (100.0, 500.0, 2000.0)
MONTHS = 12
RUNS = (
    ("customers", "online_retail", "online_retail"),
    ("customers", "sample", "retail_customers_sample"),
    ("churn", "telco_churn", "telco_churn"),
    ("churn", "sample", "churn_sample"),
)

Columns = Mapping[str, np.ndarray]


def customers(test: pa.Table, said: Predictions) -> tuple[Columns, Columns]:
    """Who had no order in the horizon; keeping is counted as one order of the customer's mean."""
    columns = {
        "risk": said["churn_risk"],
        "value": said["value_kept"],
        "went": test["orders_next"].to_numpy()[said.rows] == 0,
        "worth": said["order_value"],
    }
    return columns, {
        "silent for longest": said["recency_days"],
        "spent most": said["spent"],
        "largest mean order": said["order_value"],
    }


def churn(test: pa.Table, said: Predictions) -> tuple[Columns, Columns]:
    """Who left; keeping is worth a year's charges."""
    test = test.take(pa.array(said.rows))
    year = MONTHS * test["monthly"].to_numpy()
    spent = pc.fill_null(test["total"], 0.0).to_numpy()
    columns = {"risk": said["probability"], "value": year, "went": labels_of(test, "left") == 1}
    # Nobody is silent on a contract: those who came last are what a team looks at first.
    return {**columns, "worth": year}, {
        "customers for shortest": -test["tenure"].to_numpy(),
        "spent most": spent,
        "highest charge": year,
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cost", type=float, default=2.0)
    asked.add_argument("--success", type=float, default=0.1)
    asked.add_argument("--real", action="store_true", help="the data sets that are no samples")
    options = asked.parse_args()
    for name, bundle, data in RUNS:
        if options.real and bundle == "sample":
            continue
        task = find_task(f"retail_recommender/{name}")
        pipeline = load_bundle(task.bundle(bundle))
        records = load_records(data, task.inputs).table
        test, _ = part_to_test(task, records, protocol_of(pipeline, data))
        columns, others = {"customers": customers, "churn": churn}[name](test, pipeline.score(test))
        went, worth = columns["went"], columns["worth"]
        print(
            f"\n{pipeline.address} on {data}: {len(went):,} test customers, {went.sum():,} went\n"
        )
        print(
            "| budget | contacts | promised | list | list above " + " | above ".join(others), end=""
        )
        print(" | above random |\n|" + "---|" * (6 + len(others)))
        for budget in BUDGETS:
            offer = Offer(options.cost, options.success, budget)
            found = backtest(columns["risk"], columns["value"], went, offer, others, worth)
            above = [_cell(found.above[other]) for other in (*others, "random")]
            cells = [f"{budget:,.0f}", f"{found.contacts:,}", f"{found.expected:,.0f}"]
            print("| " + " | ".join([*cells, _cell(found.gained["list"]), *above]) + " |")


def _cell(figure: Measured) -> str:
    return f"{figure.value:,.0f} ({figure.low:,.0f} to {figure.high:,.0f})"


if __name__ == "__main__":
    main()

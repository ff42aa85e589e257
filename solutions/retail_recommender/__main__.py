"""The campaign's list on the command line: ``python -m solutions.retail_recommender campaign``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lepton_core.errors import LeptonError, UsageError
from lepton_core.scoring.sinks import open_sink
from lepton_core.solution import load_solution

from .campaign import Offer
from .campaign_list import campaign_list, read_scored


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 done, 1 failed with one line, 2 wrong usage.
    """
    parser = argparse.ArgumentParser(prog="python -m solutions.retail_recommender")
    commands = parser.add_subparsers(dest="command", required=True)
    campaign = commands.add_parser("campaign", help="whom to write to, by expected gain")
    campaign.add_argument(
        "scores", type=Path, nargs="+", help="what lepton score wrote for customers or churn"
    )
    campaign.add_argument("--cost", type=float, required=True, help="of a contact")
    campaign.add_argument(
        "--success", type=float, required=True, help="share of those about to go whom it keeps"
    )
    campaign.add_argument("--budget", type=float, help="for all contacts; without it no limit")
    campaign.add_argument(
        "--value", metavar="COLUMN", default="value_kept", help="what one who is kept is worth"
    )
    campaign.add_argument(
        "--times", type=float, default=1.0, help="multiplies the value: months, with a charge each"
    )
    campaign.add_argument("--out", type=Path, required=True, help=".csv, .parquet or .jsonl")
    campaign.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    asked = parser.parse_args(arguments)
    # Its messages, in which errors speak.
    load_solution("retail_recommender")
    try:
        return _campaign(asked)
    except LeptonError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _campaign(asked: argparse.Namespace) -> int:
    offer = Offer(asked.cost, asked.success, asked.budget)
    ids, risk, value = read_scored(asked.scores, asked.value, asked.times)
    table = campaign_list(ids, risk, value, offer)
    with open_sink(asked.out, table.schema, asked.overwrite) as sink:
        sink.write(table)
    told = {
        "customers": len(ids),
        "contacts": table.num_rows,
        "spend": round(table.num_rows * offer.cost, 2),
        "expected_gain": round(float(sum(table["expected_gain"].to_pylist())), 2),
        "out": str(asked.out),
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())

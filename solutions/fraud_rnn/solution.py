"""The fraud solution: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .credit.task import TASK as CREDIT
from .transactions.task import TASK as TRANSACTIONS

SOLUTION = Solution(
    name="fraud_rnn",
    title="fraud_rnn.title",
    package="solutions.fraud_rnn",
    tasks=(TRANSACTIONS, CREDIT),
    icon="credit_card",
)

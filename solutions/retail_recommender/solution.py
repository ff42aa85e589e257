"""Retail recommender: what it holds, on one page."""

from __future__ import annotations

from lepton_core.solution import Solution

from .churn.task import TASK as CHURN
from .customers.task import TASK as CUSTOMERS
from .demand.task import TASK as DEMAND
from .next_item.task import TASK as NEXT_ITEM
from .orders.task import TASK as ORDERS
from .reviews.task import TASK as REVIEWS

SOLUTION = Solution(
    name="retail_recommender",
    title="retail_recommender.title",
    package="solutions.retail_recommender",
    tasks=(NEXT_ITEM, DEMAND, ORDERS, REVIEWS, CUSTOMERS, CHURN),
    icon="storefront",
)

"""Why a record got its score: one interface that every solution fills."""

from lepton_core.explain.base import Explainer, Explanation, Reason

__all__ = ["Explainer", "Explanation", "Reason"]

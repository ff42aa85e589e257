"""Why a record got its score: in sentences, or in files that show it."""

from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.explain.files import Asked, FileExplainer, explain_files

__all__ = ["Asked", "Explainer", "Explanation", "FileExplainer", "Reason", "explain_files"]

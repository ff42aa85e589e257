"""The best k of many items for each query: exact, and approximate where there are millions.

Both give the same things, so that a caller can change from one to the other:

- :func:`~lepton_core.retrieval.exact.top_k`: a blocked matrix product in NumPy, for up to a
  million items or so.
- :class:`~lepton_core.retrieval.approximate.Approximate`: an index of faiss (the extra ``ann``)
  beyond; it tells the recall that it measured, and filters hold as they do in exact search.
"""

from lepton_core.retrieval.approximate import Approximate
from lepton_core.retrieval.exact import EXACT_UP_TO, top_k

__all__ = ["EXACT_UP_TO", "Approximate", "top_k"]

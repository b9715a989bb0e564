"""Searching versions and models: candidates from the best index, each read and looked at before it is answered.

No call reads without bounds. A call that has looked at enough answers with what it found, which may be nothing, and
with the place to go on from. An order that no index has takes gathering all candidates, and is refused where they are
too many.
"""

from modelyard.services.searching.asking import search_models, search_versions
from modelyard.services.searching.running import Explained, Position, Searched

__all__ = ["Explained", "Position", "Searched", "search_models", "search_versions"]

"""Comparison of versions."""

from modelyard.client.calls import Calls
from modelyard.contract.comparisons import ComparisonResponse


class ComparisonCalls(Calls):
    """The API of comparison."""

    def compare(self, *references: str) -> ComparisonResponse:
        """2 to 20 versions of any models, compared with the first of them: facts, metrics and files."""
        return self._api.get("/v1/compare", ComparisonResponse, {"ref": references})

"""The API's description is the API's."""

from importlib import resources

from functions.api import openapi


def test_the_checked_in_document_is_the_one_the_routes_describe() -> None:
    """Regenerate with `python -m functions.api.openapi > modelyard/contract/openapi.json` when this fails."""
    checked_in = resources.files("modelyard.contract").joinpath("openapi.json").read_text()
    assert checked_in == openapi.text()


def test_every_operation_has_a_summary_and_an_id_of_its_own() -> None:
    operations = [op for path in openapi.document()["paths"].values() for op in path.values()]
    assert all(op["summary"] for op in operations)
    assert len({op["operationId"] for op in operations}) == len(operations)

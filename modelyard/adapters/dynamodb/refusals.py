"""DynamoDB's errors as ours: a broken expectation, two transactions that met, or too much at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from modelyard.domain.errors import Throttled
from modelyard.ports import TableConflict

CONFLICTS = frozenset({"TransactionConflict", "TransactionConflictException"})
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",  # the same write again while its first try is under way
    }
)


@contextmanager
def refusals() -> Iterator[None]:
    """Raise TableConflict or Throttled for what they mean; anything else is a fault and stays what it is."""
    try:
        yield
    except ClientError as error:
        if refusal := _refusal(error):
            raise refusal from error
        raise


def _refusal(error: ClientError) -> Exception | None:
    response: Any = error.response
    code = response["Error"]["Code"]
    reasons = [reason.get("Code") for reason in response.get("CancellationReasons", ())]
    if failed := [position for position, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]:
        return TableConflict(failed)
    codes = {code, *reasons}
    if codes & THROTTLES:
        return throttled()
    return TableConflict() if codes & CONFLICTS else None


def throttled() -> Throttled:
    """The refusal for more than the table takes at once."""
    return Throttled("the table takes no more just now; try again", retry_after=1)

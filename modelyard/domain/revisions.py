"""Lost updates: a change that was made for one revision is not made to another."""

from modelyard.domain.errors import PreconditionFailed


def check_revision(revision: int, expected: int | None) -> None:
    """PreconditionFailed unless `revision` is the one the caller saw; None stands for any."""
    if expected is not None and expected != revision:
        raise PreconditionFailed("it has changed since; read it again", field="If-Match", revision=revision)

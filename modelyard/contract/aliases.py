"""Bodies about aliases, as clients send them and as the registry answers them."""

from typing import Annotated, Any, Literal

from pydantic import ValidatorFunctionWrapHandler, WrapValidator

from modelyard.contract.requests import Line, told
from modelyard.contract.shapes import Request, Response


def _in_one_sentence(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """What is wrong with a value of several kinds, said once and of the field itself."""
    try:
        return check(value)
    except ValueError:
        raise ValueError("a version's number, null for nobody, or 'any'") from None


Expected = Annotated[int | Literal["any"] | None, WrapValidator(_in_one_sentence)]


class SetAliasRequest(Request):
    """Whom an alias is to stand for. `expect` is whom it must stand for until then: a version, null for nobody."""

    version: Annotated[int, told(minimum=1, maximum=10**10 - 1)]
    expect: Expected = "any"
    comment: Line = ""


class AliasResponse(Response):
    """An alias: the version that it stands for (null once it is removed), and those before that, the latest first."""

    alias: str
    version: int | None
    previous: list[int]


class AliasPageResponse(Response):
    """A model's aliases, in order. A model has at most 100, so that one page holds them all."""

    items: list[AliasResponse]
    next: str | None

"""Aliases: list, set, move back, remove."""

from enum import Enum

from modelyard.client.api import segment, shape_request
from modelyard.client.calls import Calls
from modelyard.contract.aliases import AliasPageResponse, AliasResponse, SetAliasRequest


class Whoever(Enum):
    """What is expected of an alias by somebody who does not mind whom it stands for."""

    WHOEVER = "any"


WHOEVER = Whoever.WHOEVER
Expected = int | None | Whoever
"""Whom an alias must stand for so that it is changed: a version's number, None for nobody, or whoever it is."""


class AliasCalls(Calls):
    """The API of aliases. `latest` is not among them: it stands for the newest ready version by itself."""

    def list_aliases(self, name: str) -> list[AliasResponse]:
        """A model's aliases, in order."""
        return self._api.get(f"/v1/models/{segment(name)}/aliases", AliasPageResponse).items

    def set_alias(
        self,
        name: str,
        alias: str,
        version: int,
        *,
        expect: Expected = WHOEVER,
        comment: str = "",
        key: str | None = None,
    ) -> AliasResponse:
        """The alias, standing for a ready version.

        AliasMoved when it does not stand for whom `expect` says; `facts["actual"]` is whom it stands for.
        """
        wanted = "any" if expect is WHOEVER else expect
        body = shape_request(SetAliasRequest, version=version, expect=wanted, comment=comment)
        return self._api.put(_path(name, alias), AliasResponse, body, key=key)

    def roll_back_alias(
        self, name: str, alias: str, *, expect: Expected = WHOEVER, key: str | None = None
    ) -> AliasResponse:
        """The alias, standing for the version that it stood for before.

        Give `expect`, so that two who roll back at once do not go back twice.
        """
        return self._api.post(f"{_path(name, alias)}/rollback", AliasResponse, query=_query(expect), key=key)

    def remove_alias(
        self, name: str, alias: str, *, expect: Expected = WHOEVER, key: str | None = None
    ) -> AliasResponse:
        """The alias, standing for nobody any more; NotFound when there is none."""
        return self._api.delete(_path(name, alias), AliasResponse, _query(expect), key=key)


def _path(name: str, alias: str) -> str:
    return f"/v1/models/{segment(name)}/aliases/{segment(alias, field='alias')}"


def _query(expect: Expected) -> dict[str, str | int | None]:
    if isinstance(expect, Whoever):
        return {}
    return {"expect": "none" if expect is None else expect}

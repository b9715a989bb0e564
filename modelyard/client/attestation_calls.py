"""Attestations: keep a signature or provenance with a version, list them, ask what they are worth."""

from modelyard.client.api import segment
from modelyard.client.calls import Calls
from modelyard.contract.attestations import AttestationPageResponse, AttestationResponse, AttestRequest
from modelyard.contract.responses import VersionResponse


class AttestationCalls(Calls):
    """The API of attestations. A model is named by its name or its id."""

    def keep_attestation(
        self, name: str, number: int, body: AttestRequest, *, key: str | None = None
    ) -> AttestationResponse:
        """A file that vouches for a version, with the upload that sends it; `Registry.attest` does all."""
        return self._api.post(_path(name, number), AttestationResponse, body, key=key)

    def attestations(self, name: str, number: int) -> list[AttestationResponse]:
        """What vouches for a version, oldest first, each with what it is worth and a signed download."""
        return self._api.get(_path(name, number), AttestationPageResponse).items

    def check_attestations(self, name: str, number: int) -> VersionResponse:
        """Ask what they are worth by those who are trusted today; `check_pending` is true until the answer."""
        return self._api.post(f"{_path(name, number)}/check", VersionResponse)


def _path(name: str, number: int) -> str:
    return f"/v1/models/{segment(name)}/versions/{number}/attestations"

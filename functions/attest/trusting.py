"""Whom this function trusts, read from its settings once in a process, and how it checks by them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from modelyard.domain.attestations import Attestation, Checked
from modelyard.domain.manifests import File
from modelyard.services.vouching import Checker
from modelyard.settings import load_signers
from modelyard.signing.attesting import check
from modelyard.signing.signers import NOBODY, Signers, read_signers
from modelyard.wiring import Ports


def signers_of(world: Ports) -> Signers:
    """Who is trusted here: nobody, where no file says so. Invalid when the file breaks a rule."""
    return _signers_in(world.signers) if world.signers else NOBODY


@cache
def _signers_in(path: Path) -> Signers:
    return read_signers(load_signers(path))


def checker_for(signers: Signers) -> Checker:
    """The check by those who are trusted."""

    def by_them(attestation: Attestation, raw: bytes, files: Sequence[File], at: datetime) -> Checked:
        return check(attestation.kind, raw, files, signers, at=at)

    return Checker(signers.digest, by_them)

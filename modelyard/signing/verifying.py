"""Whether a signature holds: who signed, and which files of a manifest. Pure: it reads no file and asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from modelyard.domain.manifests import File
from modelyard.signing.certificates import check_chain, names_of, read_certificates, read_roots, signing_key
from modelyard.signing.envelopes import Broken, Bundle, Unreadable, read_bundle
from modelyard.signing.keys import hint_of, holds, public_key
from modelyard.signing.statements import Coverage, covered, read_statement, signed_pieces
from modelyard.signing.transparency import check_identity, read_trust_root
from modelyard.signing.trusted import Trusted, TrustedIdentity, TrustedKey, TrustedRoots


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature is worth.

    `signer` is the name of the trusted one who signed, "" for nobody, and `refusals` say why not, by who was asked.
    `identity` is whom the certificate is for. `coverage` is said only of what a trusted signer signed. `broken` is what
    no signer could have signed so: it cannot be read, or the signature is not that of the key that it names.
    """

    signer: str = ""
    identity: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    refusals: tuple[str, ...] = ()
    broken: bool = False

    @property
    def whole(self) -> bool:
        """Whether somebody trusted signed every file as it is."""
        return bool(self.signer) and self.coverage.whole


NOT_SIGNED = Verified()
"""Of what nobody signed."""


def verify(raw: bytes, files: Sequence[File], trusted: Sequence[Trusted]) -> Verified:
    """What the bundle is worth for these files; the first of the trusted who signed counts. Never raises for bytes."""
    try:
        bundle = read_bundle(raw)
        pieces = signed_pieces(read_statement(bundle.envelope))
    except Unreadable as wrong:
        return Verified(refusals=(str(wrong),), broken=True)
    found = find_signer(bundle, trusted)
    return replace(found, coverage=covered(pieces, files)) if found.signer else found


def find_signer(bundle: Bundle, trusted: Sequence[Trusted]) -> Verified:
    """The first of the trusted who signed the bundle, whatever it says."""
    refusals: list[str] = []
    broken = False
    for each in trusted:
        try:
            identity = _signed_by(bundle, each)
            return Verified(each.name, identity, refusals=tuple(refusals))
        except Unreadable as wrong:
            broken = broken or isinstance(wrong, Broken)
            refusals.append(f"{each.name}: {wrong}")
    return Verified(refusals=tuple(refusals) or ("nobody is trusted to sign",), broken=broken)


def _signed_by(bundle: Bundle, trusted: Trusted) -> str:
    """Whom the certificate is for, or the key's hint. Unreadable when the signature is not theirs."""
    match trusted:
        case TrustedKey():
            return _by_key(bundle, trusted)
        case TrustedRoots():
            return _by_chain(bundle, trusted)
        case TrustedIdentity():
            return _by_identity(bundle, trusted)


def _by_key(bundle: Bundle, trusted: TrustedKey) -> str:
    key = public_key(trusted.pem)
    if bundle.certificates or bundle.key_hint not in {"", hint_of(key)}:
        raise Unreadable("signed with another key")
    if not holds(key, bundle.signature, bundle.envelope.signed_bytes):
        kind = Broken if bundle.key_hint else Unreadable
        raise kind("the signature is not this key's")
    return hint_of(key)


def _by_chain(bundle: Bundle, trusted: TrustedRoots) -> str:
    """As it held when the signer's certificate began: when something was signed, only a log could say."""
    if not bundle.certificates:
        raise Unreadable("signed without a certificate")
    leaf, *between = read_certificates(bundle.certificates)
    check_chain(leaf, between, read_roots(trusted.pem), at=leaf.not_valid_before_utc)
    names = names_of(leaf)
    if trusted.subject and trusted.subject not in names:
        raise Unreadable(f"the certificate is for {', '.join(names) or 'nobody'}, not {trusted.subject}")
    if not holds(signing_key(leaf), bundle.signature, bundle.envelope.signed_bytes):
        raise Broken("the signature is not the certificate's")
    return names[0] if names else ""


def _by_identity(bundle: Bundle, trusted: TrustedIdentity) -> str:
    root = read_trust_root(trusted.trust_root)
    leaf = check_identity(bundle, root, identity=trusted.identity, issuer=trusted.issuer)
    if not holds(signing_key(leaf), bundle.signature, bundle.envelope.signed_bytes):
        raise Broken("the signature is not the certificate's")
    return trusted.identity

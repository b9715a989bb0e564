"""`modelyard sign` and `modelyard verify-signature`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from modelyard.cli.attest import TIMEOUT, tell_worth
from modelyard.cli.bars import progress_bars
from modelyard.cli.options import find_version, json_option, open_registry
from modelyard.cli.output import count, plain, print_json, say
from modelyard.client.hashing import hash_sources
from modelyard.client.walking import find_sources
from modelyard.domain.manifests import File, check_manifest, parse_file
from modelyard.signing.envelopes import Unreadable
from modelyard.signing.keys import private_key
from modelyard.signing.making import sign as make_signature
from modelyard.signing.trusted import Trusted, TrustedIdentity, TrustedKey, TrustedRoots
from modelyard.signing.verifying import Verified, verify

NOT_WHOLE = 3
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PATHS = click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
_EXAMPLES = """\b
modelyard verify-signature churn/3
modelyard verify-signature ./out --signature model.sig --key key.pub"""
_LINKS = click.option("--follow-links", is_flag=True, help="Follow links that lead out of their folder.")


@click.command(epilog="\b\nmodelyard sign ./out --key key.pem")
@_PATHS
@click.option("--key", required=True, type=_FILE, help="The private key, in PEM: P-256, P-384 or P-521.")
@click.option("--password-file", type=_FILE, help="The key's password, on the first line of a file.")
@click.option("--out", default="model.sig", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="What the signature calls the model (default: the name of the first PATH).")
@_LINKS
@json_option
def sign(
    *,
    paths: Sequence[Path],
    key: Path,
    password_file: Path | None,
    out: Path,
    name: str | None,
    follow_links: bool,
    as_json: bool,
) -> None:
    """Sign the files below PATH, named as a push names them, as an OpenSSF model-signing bundle.

    The signature itself is left out where it lies among them. Files of more than 64 MiB are signed by their parts.
    """
    files = _files(paths, out, follow_links=follow_links)
    try:
        signing = private_key(key.read_bytes(), _password(password_file))
        out.write_bytes(make_signature(files, signing, name=name or paths[0].resolve().name))
    except Unreadable as wrong:
        raise click.ClickException(str(wrong)) from wrong
    if as_json:
        print_json({"signature": str(out), "files": [file.path for file in files]})
    else:
        say(f"signed {count(len(files), 'file')}: {plain(str(out))}")


@click.command("verify-signature", epilog=_EXAMPLES)
@click.argument("subjects", metavar="PATH... | REF", nargs=-1, required=True)
@click.option("--signature", type=_FILE, help="The bundle, often called model.sig (with PATH).")
@click.option("--key", type=_FILE, help="A public key that is trusted, in PEM.")
@click.option("--roots", type=_FILE, help="Certificates that are trusted, in PEM.")
@click.option("--subject", default="", help="Whom the certificate is for (with --roots; default: anyone).")
@click.option("--identity", help="An identity of sigstore that is trusted, with --issuer and --trust-root.")
@click.option("--issuer", help="Who knows the identity, such as https://accounts.google.com.")
@click.option("--trust-root", type=_FILE, help="Sigstore's trusted_root.json.")
@_LINKS
@click.option("--timeout", default=TIMEOUT, show_default=True, help="Seconds to wait for the check (with REF).")
@json_option
@click.pass_context
def verify_signature(
    ctx: click.Context,
    /,
    *,
    subjects: Sequence[str],
    signature: Path | None,
    follow_links: bool,
    timeout: float,
    as_json: bool,
    **who: Any,
) -> None:
    """Tell who signed the files below PATH, and which of them. The exit code is 0 only when it is all of them.

    Without --signature, have the registry check what vouches for the version REF, by those whom it trusts. The exit
    code is 0 only when a signature is valid.
    """
    if signature is None:
        ctx.exit(0 if _ask(subjects, who, timeout, as_json=as_json) else NOT_WHOLE)
    trusted = _trusted(**who)
    paths = [_existing(subject) for subject in subjects]
    held = verify(signature.read_bytes(), _files(paths, signature, follow_links=follow_links), trusted)
    if as_json:
        print_json({"whole": held.whole, **asdict(held)})
    else:
        _tell(held)
    ctx.exit(0 if held.whole else NOT_WHOLE)


def _existing(subject: str) -> Path:
    if not Path(subject).exists():
        raise click.UsageError(f"there is no {subject!r}")
    return Path(subject)


def _ask(subjects: Sequence[str], who: Mapping[str, Any], timeout: float, *, as_json: bool) -> bool:
    """Whether a signature of the version is valid, as the registry finds today."""
    if len(subjects) != 1 or any(who.values()):
        raise click.UsageError("give --signature with files, or one version alone: the registry knows whom it trusts")
    with open_registry() as registry:
        named = find_version(registry, subjects[0])
        version = registry.check_signatures(named.name, named.number or 0, timeout=timeout)
        tell_worth(registry, version, as_json=as_json)
    return version.signed is not None and version.signed.verdict == "valid"


def _files(paths: Sequence[Path], beside: Path, *, follow_links: bool) -> tuple[File, ...]:
    """The manifest of what a push would take, but for the signature."""
    sources = find_sources(list(paths), follow_links=follow_links)
    kept = [source for source in sources if Path(source.real) != beside.resolve()]
    with progress_bars(wanted=True) as bar:
        hashed = hash_sources(kept, progress=bar("hash"))
    listed = ((each, each.parts if len(each.parts) > 1 else ()) for each in hashed)
    return check_manifest(parse_file(each.source.path, each.size, each.digest, parts) for each, parts in listed)


def _password(path: Path | None) -> bytes | None:
    return path.read_bytes().splitlines()[0] if path else None


def _trusted(
    *,
    key: Path | None,
    roots: Path | None,
    subject: str,
    identity: str | None,
    issuer: str | None,
    trust_root: Path | None,
) -> list[Trusted]:
    trusted: list[Trusted] = []
    if key:
        trusted.append(TrustedKey(key.name, _public(key)))
    if roots:
        trusted.append(TrustedRoots(roots.name, roots.read_bytes(), subject))
    if identity and issuer and trust_root:
        trusted.append(TrustedIdentity(identity, identity, issuer, trust_root.read_bytes()))
    elif identity or issuer or trust_root:
        raise click.UsageError("--identity, --issuer and --trust-root belong together")
    if not trusted:
        raise click.UsageError("say who is trusted: --key, --roots or --identity")
    return trusted


def _public(path: Path) -> bytes:
    pem = path.read_bytes()
    if b"PRIVATE KEY-----" in pem:
        raise click.UsageError(f"--key takes a public key, and {str(path)!r} holds a private one")
    return pem


def _tell(held: Verified) -> None:
    for refusal in held.refusals:
        say(f"refused  {plain(refusal)}")
    if not held.signer:
        say("signed by nobody who is trusted")
        return
    identity = f" ({plain(held.identity)})" if held.identity else ""
    say(f"signed by {plain(held.signer)}{identity}: {count(len(held.coverage.signed), 'file')}")
    for what in ("unsigned", "differing", "unproven", "missing"):
        for path in getattr(held.coverage, what):
            say(f"{what}  {plain(path)}")

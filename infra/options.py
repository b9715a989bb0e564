"""What a deployment may choose, read from CDK context (`cdk deploy -c NAME=VALUE`)."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from constructs import Node


@dataclass(frozen=True, slots=True)
class Options:
    """`ephemeral`: nothing outlives the stack. `emulator`: leave out what a local emulator lacks (docs/emulator.md).

    `issuer` and `audience` open a second door for people with JWTs, and a page, which the issuer knows as `client` (the
    first of the audience unless given); `sign_in` are URLs of the issuer's on other hosts, which its own configuration
    names and the page's policy must allow; `scope` is what the page asks it for, `openid` unless given. `operator` is a
    mail address told of every alarm. `signers` is the path of a file of trusted signers.
    """

    ephemeral: bool = False
    emulator: bool = False
    issuer: str = ""
    audience: tuple[str, ...] = ()
    operator: str = ""
    client: str = ""
    sign_in: tuple[str, ...] = ()
    signers: str = ""
    scope: str = ""

    @property
    def removal(self) -> RemovalPolicy:
        """What becomes of data when the stack is deleted."""
        return RemovalPolicy.DESTROY if self.ephemeral else RemovalPolicy.RETAIN

    @property
    def tls_only(self) -> bool:
        """Whether every resource refuses plain HTTP, the only thing that the emulator speaks."""
        return not self.emulator


def read_options(node: Node) -> Options:
    """The options in the context of `node`; ValueError names one that cannot be used."""
    issuer = _text(node, "issuer")
    audience = _list(node, "audience")
    if bool(issuer) != bool(audience):
        raise ValueError("issuer and audience are given together: the people's door checks both")
    client = _text(node, "client") or next(iter(audience), "")
    flags = _flag(node, "ephemeral"), _flag(node, "emulator")
    operator, signers = _text(node, "operator"), _text(node, "signers")
    hosts, scope = _list(node, "signIn"), _text(node, "scope")
    return Options(*flags, issuer, audience, operator, client, hosts, signers, scope)


def _list(node: Node, name: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in _text(node, name).split(",") if each.strip())


def _text(node: Node, name: str) -> str:
    return str(node.try_get_context(name) or "").strip()


def _flag(node: Node, name: str) -> bool:
    text = _text(node, name).lower()
    if text not in {"", "true", "false"}:
        raise ValueError(f"{name} is true or false, not {text!r}")
    return text == "true"

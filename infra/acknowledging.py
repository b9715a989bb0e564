"""How a cdk-nag rule is set aside: on one resource, with a reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Set `rule` (cdk-nag's full id, with its finding in brackets where it has one) aside on `construct`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))

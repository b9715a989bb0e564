"""The Lambda functions: one for each of `functions.triggers.FUNCTIONS`, with a role and a log group of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.triggers import FUNCTIONS
from infra.acknowledging import acknowledge
from infra.options import Options
from modelyard import settings

SIGNING = frozenset({"attest"})
"""Functions that take the bundle with cryptography, and whom the registry trusts to sign."""

LOG_RETENTION = logs.RetentionDays.THREE_MONTHS


@dataclass(frozen=True, slots=True)
class Codes:
    """The bundle of most functions, and that of those in SIGNING, with the file of trusted signers in it, if any."""

    plain: lambda_.Code
    signing: lambda_.Code
    signers: str = ""

    def of(self, name: str) -> lambda_.Code:
        """The bundle of a function."""
        return self.signing if name in SIGNING else self.plain


class Functions(Construct):
    """Every function by name.

    None has reserved concurrency: each is bounded by what wakes it, and a reservation would take from the account what
    the others need.
    """

    def __init__(self, scope: Construct, construct_id: str, *, code: Codes, options: Options) -> None:
        super().__init__(scope, construct_id)
        self._by_name = {name: _function(self, name, code=code.of(name), options=options) for name in FUNCTIONS}
        for name in SIGNING if code.signers else ():
            self._by_name[name].add_environment(settings.TRUSTED_SIGNERS, code.signers)

    def __getitem__(self, name: str) -> lambda_.Function:
        """The function called `name` in the trigger table."""
        return self._by_name[name]


def role_of(function: lambda_.Function) -> iam.IRole:
    """The role that `function` runs as."""
    if function.role is None:
        raise ValueError("a function of this stack has a role of its own")
    return function.role


def allow(function: lambda_.Function, actions: Sequence[str], resources: Sequence[str]) -> None:
    """Let `function` do `actions` to `resources`."""
    iam.Grant.add_to_principal(grantee=function, actions=list(actions), resource_arns=list(resources))


def _function(scope: Construct, name: str, *, code: lambda_.Code, options: Options) -> lambda_.Function:
    size = FUNCTIONS[name]
    log_group = logs.LogGroup(scope, f"{name.title()}Logs", retention=LOG_RETENTION, removal_policy=options.removal)
    function = lambda_.Function(
        scope,
        name.title(),
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler=f"functions.{name}.handler.handler",
        code=code,
        memory_size=size.memory,
        timeout=Duration.seconds(size.seconds),
        tracing=lambda_.Tracing.ACTIVE,
        logging_format=lambda_.LoggingFormat.JSON,
        log_group=log_group,
        role=_role(scope, name, log_group),
    )
    acknowledge(
        function, "AwsSolutions-L1", "3.13 is the Python that wheels, .pyc and tests are for; Lambda keeps it to 2029."
    )
    return function


def _role(scope: Construct, name: str, log_group: logs.LogGroup) -> iam.Role:
    role = iam.Role(
        scope,
        f"{name.title()}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"What modelyard's function '{name}' may do",
    )
    log_group.grant_write(role)
    acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no narrower resource.")
    return role

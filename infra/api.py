"""The doors: an HTTP API that asks for IAM signatures, and one for people that asks for JWTs."""

import json

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledging import acknowledge
from infra.alarms import Alarms
from infra.functions import LOG_RETENTION
from infra.options import Options

RATE = 500
"""Requests a second: far beyond a team's pipelines, and little enough to leave the account's functions room to run."""

BURST = 1000
"""Requests at once before the rate applies."""

MOST_FAILURES = 5
"""Answers of 5xx in five minutes that are not worth waking a person: a client's retry gets over them."""

ACCESS_LOG = json.dumps(
    {
        "time": "$context.requestTime",
        "requestId": "$context.requestId",
        "caller": "$context.identity.userArn",
        "subject": "$context.authorizer.claims.sub",
        "ip": "$context.identity.sourceIp",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "status": "$context.status",
        "bytes": "$context.responseLength",
        "milliseconds": "$context.responseLatency",
        "error": "$context.error.message",
        "integrationError": "$context.integrationErrorMessage",
    }
)


class Door(Construct):
    """An HTTP API before the function `handler`: every route asks `authorizer`, but for the health check.

    It answers no other origin (no CORS): no page of another site calls it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: lambda_.IFunction,
        authorizer: gateway.IHttpRouteAuthorizer,
        alarms: Alarms,
        options: Options,
    ) -> None:
        super().__init__(scope, construct_id)
        api = gateway.HttpApi(self, "Api", create_default_stage=False)
        integration = integrations.HttpLambdaIntegration("Handler", handler, scope_permission_to_route=False)
        api.add_routes(
            path="/{proxy+}", methods=[gateway.HttpMethod.ANY], integration=integration, authorizer=authorizer
        )
        health = api.add_routes(path="/v1/health", methods=[gateway.HttpMethod.GET], integration=integration)
        for route in health:
            acknowledge(
                route, "AwsSolutions-APIG4", "Whether the registry answers is no secret; probes carry no credentials."
            )
        self._open(api, options)
        self.url = api.api_endpoint
        alarms.watch(
            f"{construct_id}Failing",
            api.metric_server_error(period=Duration.minutes(5), statistic="Sum"),
            above=MOST_FAILURES,
            description="The API answers with server errors: see its function's log.",
        )

    def _open(self, api: gateway.HttpApi, options: Options) -> None:
        # The L2 stage takes a log format only as an object implemented in Python, called back across jsii.
        log_group = logs.LogGroup(self, "AccessLogs", retention=LOG_RETENTION, removal_policy=options.removal)
        gateway.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=RATE, throttling_burst_limit=BURST
            ),
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn, format=ACCESS_LOG
            ),
        )


def iam_authorizer() -> gateway.IHttpRouteAuthorizer:
    """For pipelines: callers need `execute-api:Invoke` and sign with SigV4."""
    return authorizers.HttpIamAuthorizer()


def jwt_authorizer(options: Options) -> gateway.IHttpRouteAuthorizer:
    """For people: a token of the issuer, for one of the audience."""
    return authorizers.HttpJwtAuthorizer("Jwt", options.issuer, jwt_audience=list(options.audience))

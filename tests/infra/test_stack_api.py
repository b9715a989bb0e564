"""The doors: who may knock, and what is written down."""

import json

import pytest

from infra.options import Options, read_options


def routes(stack, door):
    return {
        found["RouteKey"]: found
        for name, found in stack.properties("AWS::ApiGatewayV2::Route").items()
        if name.startswith(door)
    }


def test_pipelines_sign_every_request_but_the_health_check(production):
    found = {key: route["AuthorizationType"] for key, route in routes(production, "Pipelines").items()}
    assert found == {"ANY /{proxy+}": "AWS_IAM", "GET /v1/health": "NONE"}


def test_without_an_issuer_there_is_one_door(production):
    assert len(production.of_type("AWS::ApiGatewayV2::Api")) == 1
    assert production.of_type("AWS::ApiGatewayV2::Authorizer") == {}


def test_people_bring_a_token_of_the_issuer_for_the_audience(with_people):
    found = {key: route["AuthorizationType"] for key, route in routes(with_people, "People").items()}
    assert found == {"ANY /{proxy+}": "JWT", "GET /v1/health": "NONE"}
    authorizer = with_people.only("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://issuer.example", "Audience": ["modelyard", "page"]}
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]


def test_an_issuer_changes_nothing_for_pipelines(production, with_people):
    assert routes(with_people, "Pipelines") == routes(production, "Pipelines")


def test_both_doors_lead_to_the_same_function(with_people):
    integrations = with_people.properties("AWS::ApiGatewayV2::Integration").values()
    assert [each["IntegrationUri"] for each in integrations] == ["<FunctionsApi.Arn>"] * 2
    assert {each["PayloadFormatVersion"] for each in integrations} == {"2.0"}


def test_only_the_doors_may_call_the_api_function(production, with_people):
    for stack, doors in ((production, {"Pipelines"}), (with_people, {"Pipelines", "People"})):
        permissions = [
            found
            for found in stack.properties("AWS::Lambda::Permission").values()
            if found["FunctionName"] == "<FunctionsApi.Arn>"
        ]
        assert {found["Principal"] for found in permissions} == {"apigateway.amazonaws.com"}
        assert {found["SourceArn"].split(":")[-1] for found in permissions} == {f"<{door}Api>/*/*/*" for door in doors}


def test_every_door_is_throttled_and_writes_down_who_called(with_people):
    stages = with_people.properties("AWS::ApiGatewayV2::Stage").values()
    assert len(stages) == 2
    for stage in stages:
        assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000}
        assert stage["AutoDeploy"] is True
        written = json.loads(stage["AccessLogSettings"]["Format"])
        assert {"requestId", "caller", "subject", "method", "path", "status"} <= written.keys()


def test_no_door_answers_pages_of_other_origins(with_people):
    assert all("CorsConfiguration" not in each for each in with_people.properties("AWS::ApiGatewayV2::Api").values())


class Context:
    """Stands in for a construct's node."""

    def __init__(self, **context):
        self.context = context

    def try_get_context(self, name):
        return self.context.get(name)


def test_options_are_off_unless_context_says_otherwise():
    assert read_options(Context()) == Options()


def test_options_come_from_context_as_text_or_json():
    given = Context(ephemeral="true", emulator=True, issuer="https://i", audience=" a, b ,", operator="ops@example.com")
    assert read_options(given) == Options(True, True, "https://i", ("a", "b"), "ops@example.com", "a")
    asked = read_options(Context(issuer="https://i", audience="a", signIn="https://k", scope=" openid read "))
    assert (asked.sign_in, asked.scope) == (("https://k",), "openid read")


@pytest.mark.parametrize(
    "context", [{"issuer": "https://i"}, {"audience": "a"}, {"issuer": "https://i", "audience": " , "}]
)
def test_an_issuer_without_an_audience_is_refused(context):
    with pytest.raises(ValueError, match="given together"):
        read_options(Context(**context))


def test_a_flag_that_is_neither_true_nor_false_is_refused():
    with pytest.raises(ValueError, match="ephemeral is true or false, not 'yes'"):
        read_options(Context(ephemeral="yes"))

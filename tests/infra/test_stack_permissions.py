"""Each function may do what it needs and no more, and every wildcard is explained."""

from pathlib import Path

import pytest
from aws_cdk import Validations

from functions.triggers import FUNCTIONS, TRIGGERS, Http
from modelyard import settings
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.errors import Invalid
from tests.infra.conftest import synthesize

TABLE = "<CatalogueTable.Arn>"
INDEXES = {f"{TABLE}/index/{name}" for name in SHAPE.indexes}
BUCKET = "<BlobsBucket.Arn>"
BLOBS = f"{BUCKET}/blobs/*"

READ = {f"dynamodb:{name} {TABLE}" for name in ("GetItem", "BatchGetItem")}
PLACE = READ | {f"dynamodb:{name} {TABLE}" for name in ("PutItem", "UpdateItem")}
POST = READ | {f"dynamodb:{name} {TABLE}" for name in ("PutItem", "DeleteItem")}
COMMANDS = (
    PLACE
    | {f"dynamodb:{name} {TABLE}" for name in ("DeleteItem", "ConditionCheckItem")}
    | {f"dynamodb:Query {place}" for place in {TABLE, *INDEXES}}
)
PROVING = {f"s3:GetObject {BLOBS}", f"s3:DeleteObject {BLOBS}", f"s3:ListBucket {BUCKET}"}
SIGNING = (
    PROVING
    | {f"s3:{name} {BLOBS}" for name in ("PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")}
    | {f"s3:ListBucketMultipartUploads {BUCKET}"}
)
STREAM = {
    f"dynamodb:{name} <CatalogueTable.StreamArn>" for name in ("DescribeStream", "GetRecords", "GetShardIterator")
}

NEEDS = {
    "api": COMMANDS | SIGNING,
    "verify": COMMANDS | PROVING,
    "relay": PLACE | STREAM | {"dynamodb:ListStreams *", "events:PutEvents <EventsBus.Arn>"},
    "notify": {"sns:Publish <NewsTopic>"},
    "sweep": COMMANDS | {"events:PutEvents <EventsBus.Arn>", f"s3:DeleteObject {BLOBS}"},
    "index": POST | STREAM | {"dynamodb:ListStreams *"},
    "rename": COMMANDS,
    "attest": COMMANDS | {f"s3:GetObject {BLOBS}", f"s3:ListBucket {BUCKET}"},
}

NO_NARROWER_RESOURCE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}
"""Actions that IAM knows for every resource or none."""


def everyday(name):
    """What every function may do: write its own log, its trace, and its own dead letters."""
    queues = [
        f"<Reactions{trigger.name.title()}DeadLettersQueue.Arn>"
        for trigger in TRIGGERS
        if trigger.function == name and not isinstance(trigger.source, Http)
    ]
    sqs = ("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl")
    return (
        {f"logs:{action} <Functions{name.title()}Logs.Arn>" for action in ("CreateLogStream", "PutLogEvents")}
        | {"xray:PutTraceSegments *", "xray:PutTelemetryRecords *"}
        | {f"{action} {queue}" for action in sqs for queue in queues}
    )


def many(value):
    return value if isinstance(value, list) else [value]


def statements(stack, name):
    policy = stack.properties("AWS::IAM::Policy")[f"Functions{name.title()}RoleDefaultPolicy"]
    assert policy["Roles"] == [f"<Functions{name.title()}Role>"]
    return policy["PolicyDocument"]["Statement"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_exactly_what_it_needs(production, name):
    found = {
        f"{action} {resource}"
        for statement in statements(production, name)
        for action in many(statement["Action"])
        for resource in many(statement["Resource"])
    }
    assert found == NEEDS[name] | everyday(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_role_of_its_own_without_managed_policies(production, name):
    function = production.properties("AWS::Lambda::Function")[f"Functions{name.title()}"]
    assert function["Role"] == f"<Functions{name.title()}Role.Arn>"
    role = production.properties("AWS::IAM::Role")[f"Functions{name.title()}Role"]
    assert "ManagedPolicyArns" not in role
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_every_policy_belongs_to_a_function(production):
    assert set(production.of_type("AWS::IAM::Policy")) == {
        f"Functions{name.title()}RoleDefaultPolicy" for name in FUNCTIONS
    }


def test_only_actions_without_narrower_resources_are_allowed_on_all(production):
    allowed = {
        action
        for name in FUNCTIONS
        for statement in statements(production, name)
        if "*" in many(statement["Resource"])
        for action in many(statement["Action"])
    }
    assert allowed == NO_NARROWER_RESOURCE


def test_no_action_is_a_wildcard(production):
    actions = [
        action
        for name in FUNCTIONS
        for statement in statements(production, name)
        for action in many(statement["Action"])
    ]
    assert [action for action in actions if "*" in action] == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("api", {settings.TABLE, settings.BUCKET}),
        ("verify", {settings.TABLE, settings.BUCKET}),
        ("relay", {settings.TABLE, settings.BUS}),
        ("notify", {settings.TOPIC}),
        ("sweep", {settings.TABLE, settings.BUCKET, settings.BUS}),
        ("index", {settings.TABLE}),
        ("rename", {settings.TABLE}),
        ("attest", {settings.TABLE, settings.BUCKET}),
    ],
)
def test_a_function_is_told_only_of_what_it_may_use(production, name, given):
    function = production.properties("AWS::Lambda::Function")[f"Functions{name.title()}"]
    names = {
        settings.TABLE: "<CatalogueTable>",
        settings.BUCKET: "<BlobsBucket>",
        settings.BUS: "<EventsBus>",
        settings.TOPIC: "<NewsTopic>",
    }
    assert function["Environment"]["Variables"] == {variable: names[variable] for variable in given}


def test_the_stack_breaks_no_rule_of_aws_solutions(production, with_people):
    assert production.violations == []
    assert with_people.violations == []


def test_a_rule_is_set_aside_on_one_resource_only_with_its_reason(production, with_people):
    acknowledged = {}
    for stack in (production, with_people):
        for construct in stack.stack.node.find_all():
            for entry in construct.node.metadata:
                if entry.type == Validations.ACKNOWLEDGED_RULES_METADATA_KEY:
                    acknowledged.setdefault(construct.node.path, []).append(entry.data)
    assert "Modelyard" not in acknowledged
    copying = {path for path in acknowledged if path.startswith("Modelyard/Custom::CDKBucketDeployment")}
    assert len(copying) == 1
    parents = {path.rpartition("/")[0] for path in acknowledged.keys() - copying}
    assert parents <= {"Modelyard/Functions", "Modelyard/Blobs", "Modelyard/Page"} | {
        path
        for path in parents
        if path.startswith(("Modelyard/Reactions/", "Modelyard/Pipelines/", "Modelyard/People/"))
    }
    reasons = [reason for entries in acknowledged.values() for entry in entries for reason in written_in(entry)]
    assert reasons
    assert [reason for reason in reasons if len(reason) < 40] == []


def written_in(entry):
    """The reasons in one metadata entry, which maps rule ids to reasons."""
    return list(entry.values())


def test_trusted_signers_are_told_to_the_function_that_checks_signatures_alone():
    signers = Path(__file__).parents[1] / "e2e/trusted_signers/signers.json"
    trusting = synthesize(signers=str(signers))
    told = {
        name: found["Environment"]["Variables"].get(settings.TRUSTED_SIGNERS)
        for name, found in trusting.properties("AWS::Lambda::Function").items()
    }
    assert {name for name, path in told.items() if path == "trusted-signers.json"} == {"FunctionsAttest"}
    assert set(told.values()) == {"trusted-signers.json", None}


def test_trusted_signers_that_break_a_rule_make_no_stack(tmp_path):
    path = tmp_path / "signers.json"
    path.write_text('{"signers": [{"name": "a", "key": "none"}]}')
    with pytest.raises(Invalid) as refused:
        synthesize(signers=str(path))
    assert refused.value.field == "signers.0.key"

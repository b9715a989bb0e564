"""The stack keeps what `functions.triggers` says of every trigger: what wakes whom, retries, dead letters, alarms."""

import json

import pytest

from functions.triggers import (
    EVENT_SOURCE,
    FUNCTIONS,
    TRIGGERS,
    BusEvents,
    Http,
    JournalStream,
    Schedule,
    StorageEvents,
)
from infra.reactions import MOST_RETRIES
from modelyard.catalogue.shape import SHAPE

FOLLOWED = [trigger for trigger in TRIGGERS if isinstance(trigger.source, StorageEvents | BusEvents | Schedule)]
STREAMED = [trigger for trigger in TRIGGERS if isinstance(trigger.source, JournalStream)]
REACTIONS = [*FOLLOWED, *STREAMED]


def rule(trigger):
    return f"Reactions{trigger.name.title()}Rule"


def alias(trigger):
    return f"Reactions{trigger.name.title()}Alias"


def queue(trigger):
    return f"Reactions{trigger.name.title()}DeadLettersQueue"


def test_every_trigger_is_a_request_a_rule_or_a_stream():
    asked = [trigger for trigger in TRIGGERS if isinstance(trigger.source, Http)]
    assert {each.name for each in [*asked, *REACTIONS]} == {trigger.name for trigger in TRIGGERS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_the_size_the_table_gives_it(production, name):
    function = production.properties("AWS::Lambda::Function")[f"Functions{name.title()}"]
    assert function["MemorySize"] == FUNCTIONS[name].memory
    assert function["Timeout"] == FUNCTIONS[name].seconds
    assert function["Handler"] == f"functions.{name}.handler.handler"
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": f"<Functions{name.title()}Logs>"}


def test_no_function_reserves_concurrency(production):
    functions = production.properties("AWS::Lambda::Function").values()
    assert all("ReservedConcurrentExecutions" not in function for function in functions)


@pytest.mark.parametrize("trigger", FOLLOWED, ids=lambda trigger: trigger.name)
def test_a_rule_wakes_the_function_under_the_triggers_own_alias(production, trigger):
    (target,) = production.properties("AWS::Events::Rule")[rule(trigger)]["Targets"]
    assert target["Arn"] == f"<{alias(trigger)}>"
    assert production.properties("AWS::Lambda::Alias")[alias(trigger)] == {
        "FunctionName": f"<Functions{trigger.function.title()}>",
        "FunctionVersion": "$LATEST",
        "Name": trigger.name,
    }


@pytest.mark.parametrize("trigger", FOLLOWED, ids=lambda trigger: trigger.name)
def test_only_its_rule_may_wake_an_alias(production, trigger):
    permissions = [
        found
        for found in production.properties("AWS::Lambda::Permission").values()
        if found["FunctionName"] == f"<{alias(trigger)}>"
    ]
    assert [(found["Principal"], found["SourceArn"]) for found in permissions] == [
        ("events.amazonaws.com", f"<{rule(trigger)}.Arn>")
    ]


@pytest.mark.parametrize("trigger", FOLLOWED, ids=lambda trigger: trigger.name)
def test_an_event_is_tried_again_and_then_becomes_a_dead_letter(production, trigger):
    """Whether the function failed, or EventBridge could not hand the event over at all."""
    configs = production.properties("AWS::Lambda::EventInvokeConfig")
    config = configs[f"{alias(trigger)}EventInvokeConfig"]
    assert config["FunctionName"] == f"<Functions{trigger.function.title()}>"
    assert config["MaximumRetryAttempts"] == min(trigger.retries, MOST_RETRIES)
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": f"<{queue(trigger)}.Arn>"}}
    (target,) = production.properties("AWS::Events::Rule")[rule(trigger)]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": f"<{queue(trigger)}.Arn>"}


@pytest.mark.parametrize("trigger", FOLLOWED, ids=lambda trigger: trigger.name)
def test_only_its_rule_may_write_to_a_dead_letter_queue_from_outside(production, trigger):
    policies = production.properties("AWS::SQS::QueuePolicy")
    (policy,) = [found for found in policies.values() if found["Queues"] == [f"<{queue(trigger)}>"]]
    allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert [(each["Principal"], each["Action"], each["Condition"]) for each in allowed] == [
        (
            {"Service": "events.amazonaws.com"},
            "sqs:SendMessage",
            {"ArnEquals": {"aws:SourceArn": f"<{rule(trigger)}.Arn>"}},
        )
    ]


@pytest.mark.parametrize("trigger", FOLLOWED, ids=lambda trigger: trigger.name)
def test_a_rule_lets_through_what_the_trigger_names(production, trigger):
    found = production.properties("AWS::Events::Rule")[rule(trigger)]
    match trigger.source:
        case StorageEvents(prefix):
            assert "EventBusName" not in found
            assert found["EventPattern"] == {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": ["<BlobsBucket>"]}, "object": {"key": [{"prefix": prefix}]}},
            }
        case BusEvents(types):
            assert found["EventBusName"] == "<EventsBus>"
            assert found["EventPattern"] == {"source": [EVENT_SOURCE], "detail-type": list(types)}
        case Schedule(minutes):
            assert found["ScheduleExpression"] == f"rate({minutes} minutes)"


def mapping_of(stack, trigger):
    """How the stream is read for a trigger."""
    mappings = stack.properties("AWS::Lambda::EventSourceMapping").values()
    (found,) = [each for each in mappings if each["FunctionName"] == f"<Functions{trigger.function.title()}>"]
    return found


def test_the_stream_has_no_more_readers_than_dynamodb_serves_at_once(production):
    """Two for each shard (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)."""
    assert len(production.of_type("AWS::Lambda::EventSourceMapping")) == len(STREAMED) == 2


@pytest.mark.parametrize("trigger", STREAMED, ids=lambda trigger: trigger.name)
def test_a_reader_of_the_stream_gets_every_new_journal_entry_and_nothing_else(production, trigger):
    mapping = mapping_of(production, trigger)
    assert mapping["EventSourceArn"] == "<CatalogueTable.StreamArn>"
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BatchSize"] == trigger.source.batch
    patterns = [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
    assert patterns == [{"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": SHAPE.streamed}]}}}}]


@pytest.mark.parametrize("trigger", STREAMED, ids=lambda trigger: trigger.name)
def test_a_poisonous_entry_is_singled_out_and_becomes_a_dead_letter(production, trigger):
    mapping = mapping_of(production, trigger)
    assert mapping["MaximumRetryAttempts"] == trigger.retries
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": f"<{queue(trigger)}.Arn>"}}
    assert mapping.get("ParallelizationFactor", 1) == 1


@pytest.mark.parametrize("trigger", REACTIONS, ids=lambda trigger: trigger.name)
def test_a_dead_letter_is_kept_encrypted_for_two_weeks(production, trigger):
    found = production.properties("AWS::SQS::Queue")[queue(trigger)]
    assert found == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}


@pytest.mark.parametrize("trigger", REACTIONS, ids=lambda trigger: trigger.name)
def test_one_dead_letter_is_enough_to_tell_the_operators(production, trigger):
    alarm = production.properties("AWS::CloudWatch::Alarm")[f"Alarms{trigger.name.title()}DeadLettersWaiting"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": f"<{queue(trigger)}.QueueName>"}]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert (alarm["Statistic"], alarm["EvaluationPeriods"], alarm["Period"]) == ("Maximum", 1, 60)
    assert trigger.name in alarm["AlarmDescription"]


def test_every_alarm_tells_the_operators(production, with_people):
    alarms = production.properties("AWS::CloudWatch::Alarm").values()
    assert [alarm["AlarmActions"] for alarm in alarms] == [["<AlarmsOperations>"]] * len(alarms)
    (subscription,) = with_people.properties("AWS::SNS::Subscription").values()
    assert subscription == {"Endpoint": "ops@example.com", "Protocol": "email", "TopicArn": "<AlarmsOperations>"}


@pytest.mark.parametrize("trigger", STREAMED, ids=lambda trigger: trigger.name)
def test_the_operators_hear_of_a_reader_of_the_stream_that_falls_behind(production, trigger):
    lag = production.properties("AWS::CloudWatch::Alarm")[f"Alarms{trigger.name.title()}Lag"]
    assert (lag["MetricName"], lag["Threshold"]) == ("IteratorAge", 600_000)
    assert lag["Dimensions"] == [{"Name": "FunctionName", "Value": f"<Functions{trigger.function.title()}>"}]
    assert trigger.function in lag["AlarmDescription"]


def test_the_operators_hear_of_an_api_that_fails(production):
    alarms = production.properties("AWS::CloudWatch::Alarm")
    failing = alarms["AlarmsPipelinesFailing"]
    assert failing["MetricName"] == "5xx"
    assert failing["Dimensions"] == [{"Name": "ApiId", "Value": "<PipelinesApi>"}]


def test_every_log_group_forgets_after_three_months(production, with_people):
    expected = {f"Functions{name.title()}Logs" for name in FUNCTIONS} | {"PipelinesAccessLogs"}
    assert set(production.of_type("AWS::Logs::LogGroup")) == expected
    for stack in (production, with_people):
        groups = stack.properties("AWS::Logs::LogGroup").values()
        assert {group["RetentionInDays"] for group in groups} == {90}

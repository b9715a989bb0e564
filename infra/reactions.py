"""The trigger table as AWS: rules, stream mapping, retries and dead letters. Which function is woken by what."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from functions.triggers import (
    EVENT_SOURCE,
    TRIGGERS,
    BusEvents,
    Http,
    JournalStream,
    Schedule,
    StorageEvents,
    Trigger,
)
from infra.alarms import Alarms, DeadLetters
from infra.bus import RegistryBus
from infra.functions import Functions
from infra.options import Options
from infra.storage import BlobStorage
from infra.table import CatalogueTable
from modelyard.catalogue.shape import SHAPE

MOST_RETRIES = 2
"""Lambda's limit for an event that a rule hands over."""

LAG = Duration.minutes(10)
"""How far a reader of the stream may fall behind the journal before the operators are told."""


@dataclass(frozen=True, slots=True)
class Emitters:
    """What wakes functions."""

    table: CatalogueTable
    blobs: BlobStorage
    bus: RegistryBus


class Reactions(Construct):
    """Every trigger but the HTTP API's: each has its own retries, dead-letter queue and alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        functions: Functions,
        emitters: Emitters,
        *,
        alarms: Alarms,
        options: Options,
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions = functions
        self._emitters = emitters
        self._alarms = alarms
        self._options = options
        for trigger in TRIGGERS:
            self._join(trigger)

    def _join(self, trigger: Trigger) -> None:
        function = self._functions[trigger.function]
        match trigger.source:
            case Http():
                return
            case JournalStream(batch):
                self._read_stream(trigger, function, batch)
            case StorageEvents() | BusEvents() | Schedule():
                self._follow_rule(trigger, function)

    def _dead_letters(self, trigger: Trigger) -> DeadLetters:
        name = f"{trigger.name.title()}DeadLetters"
        return DeadLetters(self, name, trigger=trigger.name, alarms=self._alarms, options=self._options)

    def _read_stream(self, trigger: Trigger, function: lambda_.Function, batch: int) -> None:
        new_entries = {
            "eventName": lambda_.FilterRule.is_equal("INSERT"),
            "dynamodb": {"Keys": {"sk": {"S": lambda_.FilterRule.begins_with(SHAPE.streamed)}}},
        }
        function.add_event_source(
            sources.DynamoEventSource(
                self._emitters.table.table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=batch,
                retry_attempts=trigger.retries,
                bisect_batch_on_error=True,
                on_failure=sources.SqsDlq(self._dead_letters(trigger).queue),
                filters=[lambda_.FilterCriteria.filter(new_entries)],
            )
        )
        self._alarms.watch(
            f"{trigger.name.title()}Lag",
            function.metric("IteratorAge", period=Duration.minutes(1), statistic="Maximum"),
            above=LAG.to_milliseconds(),
            description=f"Journal entries reach the {trigger.function} late: see its log.",
        )

    def _follow_rule(self, trigger: Trigger, function: lambda_.Function) -> None:
        queue = self._dead_letters(trigger).queue
        # Retries belong to a qualifier, not to a rule: an alias for each trigger lets one function have several.
        alias = lambda_.Alias(
            self,
            f"{trigger.name.title()}Alias",
            alias_name=trigger.name,
            version=function.latest_version,
            retry_attempts=min(trigger.retries, MOST_RETRIES),
            on_failure=destinations.SqsDestination(queue),
        )
        self._rule(trigger).add_target(targets.LambdaFunction(alias, dead_letter_queue=queue))

    def _rule(self, trigger: Trigger) -> events.Rule:
        name = f"{trigger.name.title()}Rule"
        match trigger.source:
            case StorageEvents(prefix):
                return events.Rule(self, name, event_pattern=self._arrivals(prefix))
            case BusEvents(types):
                pattern = events.EventPattern(source=[EVENT_SOURCE], detail_type=list(types))
                return events.Rule(self, name, event_bus=self._emitters.bus.bus, event_pattern=pattern)
            case Schedule(minutes):
                return events.Rule(self, name, schedule=events.Schedule.rate(Duration.minutes(minutes)))
        raise TypeError(f"no rule wakes '{trigger.function}' by {trigger.source}")

    def _arrivals(self, prefix: str) -> events.EventPattern:
        bucket = self._emitters.blobs.bucket.bucket_name
        return events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={"bucket": {"name": [bucket]}, "object": {"key": events.Match.prefix(prefix)}},
        )

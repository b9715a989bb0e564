"""The registry's event bus, and the topic that tells people of stage changes."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.triggers import EVENT_SOURCE
from infra.functions import allow
from infra.options import Options
from modelyard import settings

REPLAY_DAYS = 90
"""How far back the bus can replay its events to a rule."""


class RegistryBus(Construct):
    """Where every journal entry goes out. Its archive lets a new or mended subscriber replay what it missed."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        super().__init__(scope, construct_id)
        self.bus = events.EventBus(self, "Bus", description="Every journal entry of the model registry")
        if not options.emulator:
            self.bus.archive(
                "Archive",
                event_pattern=events.EventPattern(source=[EVENT_SOURCE]),
                retention=Duration.days(REPLAY_DAYS),
            )

    def grant_publish(self, function: lambda_.Function) -> None:
        """Let `function` put events on this bus."""
        function.add_environment(settings.BUS, self.bus.event_bus_name)
        allow(function, ["events:PutEvents"], [self.bus.event_bus_arn])


class NewsTopic(Construct):
    """What people subscribe to: stage changes and refusals, encrypted with the key AWS manages for SNS."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        super().__init__(scope, construct_id)
        key = kms.Alias.from_alias_name(self, "Key", "alias/aws/sns")
        self.topic = sns.Topic(self, "Topic", display_name="Modelyard", enforce_ssl=options.tls_only, master_key=key)

    def grant_publish(self, function: lambda_.Function) -> None:
        """Let `function` tell the subscribers."""
        function.add_environment(settings.TOPIC, self.topic.topic_arn)
        allow(function, ["sns:Publish"], [self.topic.topic_arn])

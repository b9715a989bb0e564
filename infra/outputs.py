"""What whoever deployed the stack needs to know of it."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack

from infra.alarms import Alarms
from infra.bus import NewsTopic, RegistryBus
from infra.storage import BlobStorage
from infra.table import CatalogueTable


def names_of(
    *, table: CatalogueTable, blobs: BlobStorage, bus: RegistryBus, news: NewsTopic, alarms: Alarms
) -> dict[str, str]:
    """The names by which AWS knows what the stack keeps."""
    return {
        "BucketName": blobs.bucket.bucket_name,
        "TableName": table.table.table_name,
        "BusName": bus.bus.event_bus_name,
        "BusArn": bus.bus.event_bus_arn,
        "TopicArn": news.topic.topic_arn,
        "OperationsTopicArn": alarms.operations.topic_arn,
    }


def tell(stack: Stack, outputs: Mapping[str, str]) -> None:
    """Make them outputs of the stack, by these names."""
    for name, value in outputs.items():
        CfnOutput(stack, name, value=value)

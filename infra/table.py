"""The table: models, versions, blobs' proofs and the journal, with the stream that the relay and the index read."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions import allow
from infra.options import Options
from modelyard import settings
from modelyard.catalogue.shape import SHAPE

READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem")
POST = ("dynamodb:PutItem", "dynamodb:DeleteItem")
PLACE = ("dynamodb:PutItem", "dynamodb:UpdateItem")
WRITE = (*PLACE, "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


class CatalogueTable(Construct):
    """The table that `modelyard.catalogue.shape.SHAPE` describes."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_string("pk"),
            sort_key=_string("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=not options.ephemeral,
            removal_policy=options.removal,
        )
        for index in SHAPE.indexes:
            self.table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(f"{index}_pk"),
                sort_key=_string(f"{index}_sk"),
                projection_type=dynamodb.ProjectionType.ALL,
            )

    def grant_commands(self, function: lambda_.Function) -> None:
        """Let `function` read and write items and query every index; not scan, not change the table."""
        function.add_environment(settings.TABLE, self.table.table_name)
        allow(function, [*READ, *WRITE], [self.table.table_arn])
        allow(function, ["dynamodb:Query"], [self.table.table_arn, *self._index_arns()])

    def grant_placing(self, function: lambda_.Function) -> None:
        """Let `function` read the items that it names, and add to them: what the relay does to the journal."""
        function.add_environment(settings.TABLE, self.table.table_name)
        allow(function, [*READ, *PLACE], [self.table.table_arn])

    def grant_indexing(self, function: lambda_.Function) -> None:
        """Let `function` read the items that it names, and put and remove others: what the index does."""
        function.add_environment(settings.TABLE, self.table.table_name)
        allow(function, [*READ, *POST], [self.table.table_arn])

    def _index_arns(self) -> list[str]:
        return [f"{self.table.table_arn}/index/{index}" for index in SHAPE.indexes]


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)

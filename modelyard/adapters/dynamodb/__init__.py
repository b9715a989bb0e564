"""The table on AWS. Clients are handed in: nothing here imports boto3."""

from modelyard.adapters.dynamodb.table import DynamoTable

__all__ = ["DynamoTable"]

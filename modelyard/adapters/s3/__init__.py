"""Blobs on AWS. Clients are handed in: nothing here imports boto3."""

from modelyard.adapters.s3.blobs import ATTEMPTS, S3_CONFIG, S3Blobs

__all__ = ["ATTEMPTS", "S3_CONFIG", "S3Blobs"]

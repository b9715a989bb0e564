"""The bucket: blobs under their digests, written by signed requests, and the events that tell of their arrival."""

from typing import cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledging import acknowledge
from infra.functions import allow, role_of
from infra.options import Options
from modelyard import settings

BLOBS = "blobs/*"
"""Keys of blobs."""

UPLOAD_DAYS = 8
"""A day more than an unfinished upload may be resumed (`settings.Limits.upload`)."""

UNDO_DAYS = 30
"""How long what was overwritten or put aside can be looked at, and brought back."""


class BlobStorage(Construct):
    """A versioned, encrypted, private bucket that speaks TLS only and tells EventBridge of every object.

    It has no CORS rules: no page sends or fetches bytes from a browser.
    """

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=options.tls_only,
            lifecycle_rules=[
                s3.LifecycleRule(id="unfinished", abort_incomplete_multipart_upload_after=Duration.days(UPLOAD_DAYS)),
                s3.LifecycleRule(
                    id="undo",
                    noncurrent_version_expiration=Duration.days(UNDO_DAYS),
                    expired_object_delete_marker=True,
                ),
            ],
            removal_policy=options.removal,
        )
        self._tell_eventbridge()
        acknowledge(
            self.bucket,
            "AwsSolutions-S1",
            "Every request for bytes is signed by the API, whose access log names the caller; "
            "server access logs would need a second bucket and promise no delivery.",
        )

    def grant_signing(self, function: lambda_.Function) -> None:
        """Let `function` do what proving may, sign requests that write blobs, and run their multipart uploads."""
        self._grant_objects(function, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
        allow(function, ["s3:ListBucketMultipartUploads"], [self.bucket.bucket_arn])
        self.grant_proving(function)

    def grant_reading(self, function: lambda_.Function) -> None:
        """Let `function` read blobs."""
        self._grant_objects(function, "s3:GetObject")
        allow(function, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def grant_proving(self, function: lambda_.Function) -> None:
        """Let `function` read blobs, and put one aside that is not what it was declared to be."""
        self._grant_objects(function, "s3:GetObject", "s3:DeleteObject")
        # Without ListBucket, S3 answers 403 and not 404 for a blob that is not there.
        allow(function, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def grant_removing(self, function: lambda_.Function) -> None:
        """Let `function` delete blobs; their bytes can be brought back for as long as anything overwritten."""
        self._grant_objects(function, "s3:DeleteObject")

    def _grant_objects(self, function: lambda_.Function, *actions: str) -> None:
        function.add_environment(settings.BUCKET, self.bucket.bucket_name)
        allow(function, actions, [self.bucket.arn_for_objects(BLOBS)])
        finding = f"<{Stack.of(self).get_logical_id(self._resource())}.Arn>/{BLOBS}"
        acknowledge(
            role_of(function),
            f"AwsSolutions-IAM5[Resource::{finding}]",
            "A blob's key is its digest, which no policy can know beforehand; the prefix is as narrow as keys get.",
        )

    def _tell_eventbridge(self) -> None:
        # The L2 property would add a custom resource with a function of its own for this one setting.
        self._resource().notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def _resource(self) -> s3.CfnBucket:
        return cast("s3.CfnBucket", self.bucket.node.default_child)

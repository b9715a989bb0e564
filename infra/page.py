"""The page for people: files in a private bucket behind CloudFront, which also leads `/v1` to the people's door.

One origin for page and API: no CORS, and a policy that lets the page talk to its own origin and to the issuer alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.acknowledging import acknowledge
from infra.options import Options

ASSETS = "assets/*"
"""Files whose names hold a hash of what is in them."""

PRECOMPRESSED = ("*.br", "*.gz")
"""What only the embedded server has use for: CloudFront compresses by itself."""

LEAD_TO_PAGE = """
function handler(event) {
  var request = event.request;
  var file = /^\\/(assets\\/[^\\/]+|[a-z-]+\\.(js|json|svg|html|txt|webmanifest))$/;
  if (!file.test(request.uri)) request.uri = '/index.html';
  return request;
}
"""
"""Every address of the page is answered by the same file, as `modelyard serve` does; names of models may hold dots."""


class Page(Construct):
    """The built page in `folder`, at an address of its own. `door` is the URL of the API that asks for JWTs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        folder: Path,
        door: str,
        blobs: s3.IBucket,
        options: Options,
    ) -> None:
        super().__init__(scope, construct_id)
        self._options = options
        self._bucket = self._make_bucket()
        self._distribution = self._distribute(door, blobs)
        self.url = f"https://{self._distribution.distribution_domain_name}"
        self._deploy(folder)

    def _make_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Files",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self._options.tls_only,
            # Nothing is lost with it: the files are made from the source.
            removal_policy=self._options.removal,
        )
        acknowledge(bucket, "AwsSolutions-S1", "Only CloudFront reads it, and the files are public knowledge.")
        return bucket

    def _distribute(self, door: str, blobs: s3.IBucket) -> cloudfront.Distribution:
        rewrite = cloudfront.Function(
            self,
            "LeadToPage",
            code=cloudfront.FunctionCode.from_inline(LEAD_TO_PAGE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        https = cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Modelyard: the page for people",
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self._bucket),
                viewer_protocol_policy=https,
                response_headers_policy=self._headers(blobs),
                function_associations=[
                    cloudfront.FunctionAssociation(
                        function=rewrite, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                    )
                ],
            ),
            additional_behaviors={
                "/v1/*": cloudfront.BehaviorOptions(
                    origin=origins.HttpOrigin(Fn.select(2, Fn.split("/", door))),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    # The API knows itself by its own host name; who asks is in the header Authorization.
                    origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                )
            },
        )
        _set_aside(distribution)
        return distribution

    def _headers(self, blobs: s3.IBucket) -> cloudfront.ResponseHeadersPolicy:
        # Links go to the bucket's global name, which leads on to its regional one while the bucket is young.
        storage = [f"https://{name}" for name in (blobs.bucket_domain_name, blobs.bucket_regional_domain_name)]
        policy = content_policy(
            images=storage, talks=[_origin(url) for url in (self._options.issuer, *self._options.sign_in)]
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in OTHER_HEADERS.items()
                ]
            ),
        )

    def _deploy(self, folder: Path) -> None:
        settings = {
            "auth": "oidc",
            "issuer": self._options.issuer,
            "clientId": self._options.client,
            "url": self.url,
            **({"scope": self._options.scope} if self._options.scope else {}),
        }
        hashed = deployment.Source.asset(str(folder), exclude=["*", f"!{ASSETS}", "!assets", *PRECOMPRESSED])
        others = deployment.Source.asset(str(folder), exclude=["assets", *PRECOMPRESSED])
        assets = self._put("Assets", [hashed], "public, max-age=31536000, immutable")
        documents = [others, deployment.Source.json_data("config.json", settings)]
        # A document is there only once what it refers to is.
        self._put("Documents", documents, "no-cache").node.add_dependency(assets)

    def _put(self, name: str, sources: Sequence[deployment.ISource], caching: str) -> deployment.BucketDeployment:
        put = deployment.BucketDeployment(
            self,
            name,
            sources=list(sources),
            destination_bucket=self._bucket,
            cache_control=[deployment.CacheControl.from_string(caching)],
            # What a page that is still open wants stays; hashed names do not collide.
            prune=False,
            memory_limit=256,
        )
        _set_aside_for_copying(put, self._bucket)
        return put


OTHER_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


COPYING = (
    "AwsSolutions-L1",
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
    *(
        f"AwsSolutions-IAM5[Action::s3:{action}*]"
        for action in ("Abort", "DeleteObject", "GetBucket", "GetObject", "List")
    ),
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*]",
)
"""Rules that CDK's function for copying files breaks, wherever it is used."""


def content_policy(*, images: Sequence[str], talks: Sequence[str]) -> str:
    """A Content-Security-Policy (https://www.w3.org/TR/CSP3/): own files only, beside images and talks elsewhere."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(["'self'", "data:", *images]),
        "connect-src": " ".join(["'self'", *talks]),
        "font-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _set_aside(distribution: cloudfront.Distribution) -> None:
    reasons = {
        "AwsSolutions-CFR1": "Where people work is not known here; who may read is decided by the issuer.",
        "AwsSolutions-CFR2": "The files are static and the API is throttled and wants tokens; a WAF costs idle.",
        "AwsSolutions-CFR3": "The files are public knowledge; the API's own access log names whoever asks it.",
        "AwsSolutions-CFR4": "CloudFront's own certificate knows no minimum; a domain of one's own does.",
    }
    for rule, reason in reasons.items():
        acknowledge(distribution, rule, reason)


def _set_aside_for_copying(put: deployment.BucketDeployment, bucket: s3.Bucket) -> None:
    """The function that copies the files is CDK's own, and runs while the stack is deployed only."""
    function = put.handler_role.node.scope
    if function is None:
        raise ValueError("the role of the copying function stands alone")
    reason = "CDK's own function, which copies the page's files while the stack is deployed; its role is made by CDK."
    files = Stack.of(bucket).get_logical_id(cast("s3.CfnBucket", bucket.node.default_child))
    for rule in (*COPYING, f"AwsSolutions-IAM5[Resource::<{files}.Arn>/*]"):
        acknowledge(function, rule, reason)

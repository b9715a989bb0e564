"""The page on AWS: private files behind CloudFront, headers that let nothing foreign run, one origin with the API."""

import json
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.session import get_session

from infra.page import LEAD_TO_PAGE
from modelyard.adapters.s3 import S3_CONFIG
from tests.infra.conftest import ISSUER, synthesize


@pytest.fixture(scope="session")
def distribution(with_people):
    return with_people.only("AWS::CloudFront::Distribution")["DistributionConfig"]


@pytest.fixture(scope="session")
def headers(with_people):
    return with_people.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]


def policy(headers):
    text = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return dict(rule.split(" ", 1) for rule in text.split("; "))


def test_without_an_issuer_nobody_could_sign_in_and_there_is_no_page(production):
    assert production.of_type("AWS::CloudFront::Distribution") == {}
    assert production.of_type("Custom::CDKBucketDeployment") == {}


def test_the_files_are_private_and_cloudfront_alone_reads_them(with_people):
    files = with_people.properties("AWS::S3::Bucket")["PageFiles"]
    assert set(files["PublicAccessBlockConfiguration"].values()) == {True}
    statements = with_people.properties("AWS::S3::BucketPolicy")["PageFilesPolicy"]["PolicyDocument"]["Statement"]
    allowed = [each for each in statements if each["Effect"] == "Allow"]
    assert [(each["Principal"], each["Action"]) for each in allowed] == [
        ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    ]
    assert allowed[0]["Condition"]["StringEquals"]["AWS:SourceArn"].endswith("distribution/<PageDistribution>")
    assert with_people.only("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]["SigningBehavior"] == (
        "always"
    )


def test_page_and_api_have_one_origin_and_answers_of_the_api_are_kept_nowhere(distribution):
    (api,) = distribution["CacheBehaviors"]
    assert (api["PathPattern"], api["ViewerProtocolPolicy"]) == ("/v1/*", "https-only")
    disabled, all_but_host = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert (api["CachePolicyId"], api["OriginRequestPolicyId"]) == (disabled, all_but_host)
    assert "ResponseHeadersPolicyId" not in api


def test_nothing_inline_and_nothing_foreign_runs(headers):
    found = policy(headers)
    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == "'self'"
    assert found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert found["connect-src"] == "'self' https://issuer.example"
    assert found["img-src"] == (
        "'self' data: https://<BlobsBucket.DomainName> https://<BlobsBucket.RegionalDomainName>"
    )


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_links_to_blobs_lead_to_hosts_that_the_policy_names(region):
    """`DomainName` is BUCKET.s3.amazonaws.com, `RegionalDomainName` BUCKET.s3.REGION.amazonaws.com (CloudFormation)."""
    session = get_session()
    session.set_credentials("AKIA", "secret")
    client = session.create_client("s3", region_name=region, config=Config(**S3_CONFIG))
    link = client.generate_presigned_url("get_object", {"Bucket": "yard", "Key": "blobs/x"})
    assert urlsplit(link).hostname in {"yard.s3.amazonaws.com", f"yard.s3.{region}.amazonaws.com"}


def test_an_issuer_with_several_hosts_has_them_all_named():
    both = synthesize(**ISSUER, signIn="https://login.example/oauth2, https://keys.example")
    found = policy(both.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"])
    assert found["connect-src"] == "'self' https://issuer.example https://login.example https://keys.example"


def test_browsers_are_told_to_be_strict(headers):
    security = headers["SecurityHeadersConfig"]
    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert security["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"


def test_hashed_files_are_kept_for_a_year_and_documents_are_asked_for_again(with_people):
    found = with_people.properties("Custom::CDKBucketDeployment")
    kept = {name.split("Custom")[0]: each["SystemMetadata"]["cache-control"] for name, each in found.items()}
    assert kept == {"PageAssets": "public, max-age=31536000, immutable", "PageDocuments": "no-cache"}


def test_documents_come_after_what_they_refer_to(with_people):
    (documents,) = [
        each for name, each in with_people.of_type("Custom::CDKBucketDeployment").items() if "Documents" in name
    ]
    assert any(name.startswith("PageAssets") for name in documents["DependsOn"])


def test_the_page_with_its_api_keeps_the_rules(with_people):
    assert with_people.violations == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("/", "/index.html"),
        ("/models/churn", "/index.html"),
        ("/models/a.b.js/versions/1", "/index.html"),
        ("/compare", "/index.html"),
        ("/assets/../secret", "/index.html"),
        ("/assets/main-0a1b2c3d.js", "/assets/main-0a1b2c3d.js"),
        ("/config.json", "/config.json"),
        ("/favicon.svg", "/favicon.svg"),
    ],
)
def test_every_address_of_the_page_leads_to_it(asked, answered):
    script = f"{LEAD_TO_PAGE}\nconsole.log(handler({{request: {{uri: {json.dumps(asked)}}}}}).uri)"
    node = shutil.which("node")
    assert node, "CDK needs Node too"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == answered

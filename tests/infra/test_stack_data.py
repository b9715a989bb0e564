"""What the stack promises of the data it keeps."""

import json

from functions.triggers import FUNCTIONS
from modelyard.catalogue.shape import SHAPE


def test_the_table_has_the_keys_and_indexes_of_the_shape(production):
    table = production.only("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    found = {
        index["IndexName"]: ([key["AttributeName"] for key in index["KeySchema"]], index["Projection"])
        for index in table["GlobalSecondaryIndexes"]
    }
    assert found == {name: ([f"{name}_pk", f"{name}_sk"], {"ProjectionType": "ALL"}) for name in SHAPE.indexes}
    assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}


def test_the_table_costs_nothing_idle_and_can_go_back_to_any_second(production):
    table = production.only("AWS::DynamoDB::Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_streams_new_items_and_drops_expired_ones(production):
    table = production.only("AWS::DynamoDB::Table")
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_deleting_the_stack_leaves_the_data_and_the_logs(production):
    kept = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup")
    found = [each for kind in kept for each in production.of_type(kind).values()]
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in found} == {("Retain", "Retain")}
    assert production.only("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is True


def test_deleting_an_ephemeral_stack_leaves_nothing(emulated):
    assert {each.get("DeletionPolicy", "Delete") for each in emulated.template["Resources"].values()} == {"Delete"}
    assert emulated.only("AWS::DynamoDB::Table")["DeletionProtectionEnabled"] is False


def test_nobody_but_the_account_reaches_the_bucket(production):
    bucket = production.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "CorsConfiguration" not in bucket


def test_the_bucket_encrypts_and_keeps_what_is_overwritten(production):
    bucket = production.only("AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_unfinished_uploads_and_replaced_objects_do_not_cost_for_ever(production):
    rules = {rule["Id"]: rule for rule in production.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]}
    assert rules["unfinished"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 8}
    assert rules["undo"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert all("ExpirationInDays" not in rule for rule in rules.values())


def test_the_bucket_tells_eventbridge_without_a_helper_function(production):
    bucket = production.only("AWS::S3::Bucket")
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert len(production.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)


def test_bucket_queues_and_topics_refuse_plain_http(production):
    guarded = {
        "AWS::S3::Bucket": "AWS::S3::BucketPolicy",
        "AWS::SQS::Queue": "AWS::SQS::QueuePolicy",
        "AWS::SNS::Topic": "AWS::SNS::TopicPolicy",
    }
    for kind, policy in guarded.items():
        refusals = [
            statement
            for found in production.properties(policy).values()
            for statement in found["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            and statement["Principal"] in ("*", {"AWS": "*"})
        ]
        assert len(refusals) == len(production.of_type(kind)), kind


def test_news_is_encrypted_and_the_operators_topic_can_be_told_by_cloudwatch(production):
    """CloudWatch may not use the key that AWS manages for SNS, so the operators' topic has none."""
    topics = production.properties("AWS::SNS::Topic")
    assert "alias/aws/sns" in topics["NewsTopic"]["KmsMasterKeyId"]
    assert "KmsMasterKeyId" not in topics["AlarmsOperations"]
    statements = production.properties("AWS::SNS::TopicPolicy")["AlarmsOperationsPolicy"]["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": "<AWS::AccountId>"}


def test_the_bus_can_replay_what_it_carried(production, emulated):
    archive = production.only("AWS::Events::Archive")
    assert archive["SourceArn"] == "<EventsBus.Arn>"
    assert archive["RetentionDays"] == 90
    assert emulated.of_type("AWS::Events::Archive") == {}


def test_the_outputs_are_what_clients_and_subscribers_need(production, with_people):
    needed = {"ApiUrl", "BucketName", "TableName", "BusName", "BusArn", "TopicArn", "OperationsTopicArn"}
    assert set(production.template["Outputs"]) == needed
    assert set(with_people.template["Outputs"]) == needed | {"PeopleApiUrl", "PageUrl"}


def test_no_account_or_region_is_written_into_the_template(production):
    assert "us-east-1" not in json.dumps(production.template)
    assert production.stack.account.startswith("${Token[")

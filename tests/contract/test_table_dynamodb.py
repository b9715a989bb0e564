"""What DynamoDB may answer beside the plain yes and no, and what each call costs there."""

import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.httpsession import URLLib3Session
from botocore.stub import ANY, Stubber

from modelyard.adapters.dynamodb import DynamoTable
from modelyard.catalogue.shape import SHAPE
from modelyard.domain.errors import Throttled
from modelyard.ports import Check, Delete, Expect, Item, Key, Put, TableConflict, Update
from tests.contract.table_hosts import dynamo_table

ONE, TWO = Key("P", "1"), Key("P", "2")
ITEMS = {key: Item(key, 1) for key in (ONE, TWO)}
PAIR = [Put(ITEMS[ONE], Expect.ABSENT), Put(ITEMS[TWO], Expect.ABSENT)]


@pytest.fixture
def stub(moto_dynamodb):
    """Answers in the order they are added; an unexpected call fails the test."""
    with Stubber(moto_dynamodb) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def table(stub, clock):
    return DynamoTable(stub.client, "table", SHAPE, clock)


def stored(key):
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "rev": {"N": "1"}}


def request(*keys):
    wanted = [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in keys]
    return {"table": {"Keys": wanted, "ConsistentRead": True}}


def answer(*keys, left=()):
    responses = {"table": [stored(key) for key in keys]}
    return {"Responses": responses, "UnprocessedKeys": request(*left) if left else {}}


def cancel(stub, *codes):
    reasons = {"CancellationReasons": [{"Code": code} for code in codes]}
    stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)


def test_keys_that_an_answer_leaves_out_are_asked_for_again(stub, table, clock):
    stub.add_response("batch_get_item", answer(TWO, left=[ONE]), {"RequestItems": request(ONE, TWO)})
    stub.add_response("batch_get_item", answer(ONE), {"RequestItems": request(ONE)})
    assert table.get([ONE, TWO]) == [ITEMS[ONE], ITEMS[TWO]]
    assert clock.slept == []


def test_answers_that_bring_nothing_are_asked_for_ever_later_and_then_given_up(stub, table, clock):
    for _ in range(6):
        stub.add_response("batch_get_item", answer(left=[ONE, TWO]), {"RequestItems": request(ONE, TWO)})
    with pytest.raises(Throttled):
        table.get([ONE, TWO])
    assert clock.slept == sorted(set(clock.slept))
    assert 1 < sum(clock.slept) < 10


def test_a_read_of_one_item_is_consistent(stub, table):
    expected = {"TableName": "table", "Key": ANY, "ConsistentRead": True}
    stub.add_response("get_item", {"Item": stored(ONE)}, expected)
    assert table.get([ONE]) == [ITEMS[ONE]]


def test_a_query_of_the_table_is_consistent(stub, table):
    names = ("TableName", "KeyConditionExpression", "FilterExpression", "ExpressionAttributeNames")
    expected = dict.fromkeys((*names, "ExpressionAttributeValues", "ScanIndexForward", "Limit"), ANY)
    stub.add_response("query", {"Items": [stored(ONE)]}, expected | {"ConsistentRead": True})
    assert table.query("P").items == [ITEMS[ONE]]


@pytest.mark.parametrize(("codes", "failed"), [
    (("ConditionalCheckFailed", "None"), (0,)),
    (("ConditionalCheckFailed", "ConditionalCheckFailed"), (0, 1)),
    (("TransactionConflict", "ConditionalCheckFailed"), (1,)),
    (("ThrottlingError", "ConditionalCheckFailed"), (1,)),
    (("None", "TransactionConflict"), ()),
])  # fmt: skip
def test_a_cancelled_transaction_names_the_writes_that_were_not_expected(stub, table, codes, failed):
    cancel(stub, *codes)
    with pytest.raises(TableConflict) as refused:
        table.write(PAIR)
    assert refused.value.failed == failed


@pytest.mark.parametrize("codes", [
    ("None", "ThrottlingError"),
    ("ProvisionedThroughputExceeded", "None"),
    ("TransactionConflict", "ThrottlingError"),
])  # fmt: skip
def test_a_transaction_cancelled_for_its_rate_is_throttled(stub, table, codes):
    cancel(stub, *codes)
    with pytest.raises(Throttled):
        table.write(PAIR)


def test_a_transaction_that_cannot_be_is_a_fault(stub, table):
    cancel(stub, "None", "ValidationError")
    with pytest.raises(ClientError):
        table.write(PAIR)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
@pytest.mark.parametrize(("operation", "call"), [
    ("get_item", lambda table: table.get([ONE])),
    ("batch_get_item", lambda table: table.get([ONE, TWO])),
    ("query", lambda table: table.query("P")),
    ("put_item", lambda table: table.write([Put(ITEMS[ONE], Expect.ANYTHING)])),
    ("delete_item", lambda table: table.write([Delete(ONE, Expect.ANYTHING)])),
    ("transact_write_items", lambda table: table.write(PAIR)),
])  # fmt: skip
def test_any_call_may_be_throttled(stub, table, code, operation, call):
    stub.add_client_error(operation, code)
    with pytest.raises(Throttled):
        call(table)


def test_a_lone_write_that_meets_a_transaction_may_be_tried_again(stub, table):
    stub.add_client_error("put_item", "TransactionConflictException")
    with pytest.raises(TableConflict) as refused:
        table.write([Put(ITEMS[ONE], Expect.ANYTHING)])
    assert refused.value.failed == ()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_any_other_error_is_a_fault(stub, table, code):
    stub.add_client_error("get_item", code)
    with pytest.raises(ClientError, match=code):
        table.get([ONE])


@pytest.mark.parametrize(("write", "operation"), [
    (Put(ITEMS[ONE], Expect.ANYTHING), "put_item"),
    (Delete(ONE, Expect.ANYTHING), "delete_item"),
    (Put(ITEMS[ONE], Expect.ABSENT), "transact_write_items"),
    (Update(ONE, Expect.ANYTHING, 2), "transact_write_items"),
    (Delete(ONE, 1), "transact_write_items"),
    (Check(ONE, 1), "transact_write_items"),
])  # fmt: skip
def test_a_lone_write_is_a_transaction_only_where_trying_twice_would_matter(stub, table, write, operation):
    stub.add_response(operation, {})
    table.write([write])


@pytest.mark.xdist_group("ministack")
def test_a_write_whose_answer_was_lost_is_done_once_and_is_no_conflict(ministack_dynamodb, clock):
    sent = []

    def lose_the_first_answer(request, **_):
        sent.append(json.loads(request.body)["ClientRequestToken"])
        if len(sent) == 1:
            URLLib3Session().send(request)
            raise ConnectionClosedError(endpoint_url=request.url)

    event = "before-send.dynamodb.TransactWriteItems"
    with dynamo_table(ministack_dynamodb, clock) as table:
        ministack_dynamodb.meta.events.register(event, lose_the_first_answer)
        try:
            table.write([Put(ITEMS[ONE], Expect.ABSENT)])
        finally:
            ministack_dynamodb.meta.events.unregister(event, lose_the_first_answer)
        assert len(sent) == 2
        assert len(set(sent)) == 1
        assert table.get([ONE]) == [ITEMS[ONE]]


def test_the_adapter_does_not_import_boto3():
    code = "import sys, modelyard.adapters.dynamodb; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""`ports.Table` on DynamoDB: consistent reads, and writes as one transaction that a retry cannot apply twice."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from modelyard.adapters.dynamodb.attributes import key_attributes, read_item
from modelyard.adapters.dynamodb.refusals import refusals, throttled
from modelyard.adapters.dynamodb.requests import Request, needs_nothing, query_request, write_request
from modelyard.catalogue.shape import TableShape
from modelyard.catalogue.spans import page, span
from modelyard.catalogue.table_rules import check_keys, check_query, check_writes
from modelyard.ports import Clock, Item, Key, Page, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

IDLE_ROUNDS = 6
"""How many times in a row a read may bring nothing before it is refused as Throttled: about three seconds."""


class DynamoTable:
    """`ports.Table` in the table called `name`, with the keys and indexes of `shape`, through a low-level client."""

    def __init__(self, client: "DynamoDBClient", name: str, shape: TableShape, clock: Clock) -> None:
        self._client, self._name, self._shape, self._clock = client, name, shape, clock

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """See `ports.Table`. Several items may be of different moments."""
        check_keys(keys)
        now = self._now()
        with refusals():
            found = self._get_one(keys[0]) if len(keys) == 1 else self._get_many(keys)
        items = (read_item(attributes, self._shape) for attributes in found)
        living = {item.key: item for item in items if item.expires is None or item.expires > now}
        return [living.get(key) for key in keys]

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        index: str | None = None,
        after: Key | None = None,
        through: str | None = None,
        limit: int = 100,
        descending: bool = False,
    ) -> Page:
        """See `ports.Table`."""
        check_query(index, limit, self._shape)
        wanted = span(pk, prefix=prefix, after=after, through=through, descending=descending)
        if wanted.empty:
            return Page([], None)
        request = query_request(self._name, pk, wanted, index=index, descending=descending, now=self._now())
        items: list[Item] = []
        for item in self._matches(request | {"Limit": limit + 2}):
            if (item.indexes[index] if index else item.key).sk in wanted:
                items.append(item)
            if len(items) > limit:
                break
        return page(items, limit, index)

    def write(self, writes: Sequence[Write]) -> None:
        """See `ports.Table`. A lone write without an expectation costs half of a transaction."""
        if not writes:
            return
        check_writes(writes, self._shape)
        now = self._now()
        with refusals():
            if len(writes) == 1 and needs_nothing(writes[0]):
                self._write_alone(*write_request(writes[0], self._name, now))
            else:
                self._write_together([write_request(write, self._name, now) for write in writes])

    def _write_alone(self, kind: str, request: Request) -> None:
        if kind == "Put":
            self._client.put_item(**request)
        else:
            self._client.delete_item(**request)

    def _write_together(self, requests: Sequence[tuple[str, Request]]) -> None:
        # botocore adds a ClientRequestToken, so that its retry after a lost answer finds the first try done.
        members: Any = [{kind: request} for kind, request in requests]
        self._client.transact_write_items(TransactItems=members)

    def _get_one(self, key: Key) -> list[Any]:
        answer = self._client.get_item(TableName=self._name, Key=key_attributes(key), ConsistentRead=True)
        return [answer["Item"]] if "Item" in answer else []

    def _get_many(self, keys: Sequence[Key]) -> list[Any]:
        """What stands at the keys, asking again for what an answer had no room or no capacity for."""
        found: list[Any] = []
        wanted: Any = {self._name: {"Keys": [key_attributes(key) for key in keys], "ConsistentRead": True}}
        idle = 0
        while wanted and keys:
            if idle:
                self._clock.sleep(0.05 * 2**idle)
            answer = self._client.batch_get_item(RequestItems=wanted)
            some = answer["Responses"].get(self._name, [])
            found += some
            wanted = answer["UnprocessedKeys"]
            idle = 0 if some else idle + 1
            if wanted and idle == IDLE_ROUNDS:
                raise throttled()
        return found

    def _matches(self, request: Request) -> Iterator[Item]:
        """The items of every page of a query, read as they are wanted."""
        while True:
            with refusals():
                answer = self._client.query(**request)
            for attributes in answer["Items"]:
                yield read_item(attributes, self._shape)
            if "LastEvaluatedKey" not in answer:
                return
            request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

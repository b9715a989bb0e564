"""The Topic on AWS: an SNS topic."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MOST_SUBJECT = 99
"""Characters of a subject: SNS asks for less than 100."""

MOST_MESSAGE = 255 * 1024
"""Bytes of a message: SNS's 256 KiB with room for the attributes."""

UNTITLED = "Modelyard"
"""The subject of a message whose own has no character that SNS allows."""


class SnsTopic:
    """Publishes to the topic `arn`. Subjects are cleaned to SNS's rules and attributes without a value are left out."""

    def __init__(self, client_factory: "Callable[[], SNSClient]", arn: str) -> None:
        self._client_factory = client_factory
        self._arn = arn

    @cached_property
    def _client(self) -> "SNSClient":
        return self._client_factory()

    def announce(self, subject: str, message: str, attributes: Mapping[str, str]) -> None:
        """Tell the subscribers, cutting a message that SNS would find too long; botocore's error when not taken."""
        self._client.publish(
            TopicArn=self._arn,
            Subject=clean_subject(subject),
            Message=message.encode()[:MOST_MESSAGE].decode(errors="ignore"),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        )


def clean_subject(subject: str) -> str:
    """`subject` as SNS takes it: printable ASCII on one line, fewer than 100 characters, accents dropped."""
    plain = unicodedata.normalize("NFKD", subject)
    marked = "".join(" " if letter.isspace() else letter for letter in plain if not unicodedata.combining(letter))
    ascii_only = "".join(letter if letter.isascii() else "?" for letter in marked if letter.isprintable())
    return " ".join(ascii_only.split())[:MOST_SUBJECT].strip() or UNTITLED

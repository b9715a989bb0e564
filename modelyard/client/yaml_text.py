"""YAML that somebody else wrote, read without running anything: every scalar is text, and tags mean nothing."""

from typing import Any

import yaml

from modelyard.client.errors import Unusable

MOST = 256 * 1024
"""Characters of a document; reading takes about a second for as many."""


class _Plain(yaml.BaseLoader):
    """Knows texts, lists and mappings. Aliases are refused: a few lines of them stand for billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def read_yaml(text: str) -> dict[str, Any]:
    """The mapping that the document is, its scalars as text. Unusable when it is none, too long or too deep."""
    if len(text) > MOST:
        raise Unusable(f"{len(text)} characters of YAML are too many")
    try:
        found = yaml.load(text, _Plain)  # noqa: S506 -- safer than the safe loader: it makes texts, lists and mappings
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise Unusable("it is no YAML that can be read") from error
    if not isinstance(found, dict):
        raise Unusable("it is no mapping")
    return found

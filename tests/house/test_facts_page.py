"""The page of facts lists those that there are."""

import ast
import re

from modelyard.domain.facts import KNOWN


def test_every_fact_has_a_row_that_says_what_the_code_says(root):
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", (root / "docs/facts.md").read_text(), re.MULTILINE)
    assert dict(rows) == KNOWN


def test_every_fact_that_a_format_tells_is_a_known_one(root):
    told = set()
    for path in (root / "modelyard/inspection/formats").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tell":
                told |= {key.value for each in ast.walk(node) if isinstance(each, ast.Dict) for key in each.keys if key}
    assert told - KNOWN.keys() == set()

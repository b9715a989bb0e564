"""How large things may grow. A breach is mended by a better cut, not by a larger number here."""

import statistics
from typing import Any

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
LONGEST_ENTRANCE = 60
"""Handlers and the stack are tables of contents."""


def lengths(sources: list[Any]) -> dict[str, int]:
    return {
        f"{source.path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for source in sources
        for node in source.functions
    }


def test_no_function_is_longer_than_a_screen(sources):
    assert {name: lines for name, lines in lengths(sources).items() if lines > LONGEST_FUNCTION} == {}


def test_most_functions_of_the_product_are_short(product):
    known = sorted(lengths(product).values())
    assert statistics.median(known) <= 8
    assert statistics.quantiles(known, n=10)[-1] <= 30


def test_no_file_is_longer_than_four_hundred_lines(sources):
    assert {str(source.path): source.lines for source in sources if source.lines > LONGEST_FILE} == {}


def test_handlers_and_the_stack_are_tables_of_contents(product):
    entrances = [source for source in product if source.path.name in {"handler.py", "stack.py"}]
    assert {str(source.path): source.lines for source in entrances if source.lines > LONGEST_ENTRANCE} == {}
    assert {source.path.name for source in entrances} == {"handler.py", "stack.py"}

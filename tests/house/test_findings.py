"""Every rule of the inspection is explained."""

import re

import pytest

from gathering.findings import render
from modelyard.inspection.rulebook import RULES

NAMED = re.compile(r'(?:note|Malformed)\(\s*"([a-z0-9-]+\.[a-z0-9-]+)"')


@pytest.fixture(scope="module")
def text(product):
    """The sources of the inspection but for the rules themselves."""
    sources = [each for each in product if each.path.parts[:2] == ("modelyard", "inspection")]
    return "".join(each.text for each in sources if not each.path.name.startswith("rules_"))


def test_every_rule_says_what_it_means_and_how_to_mend_it(root):
    assert (root / "docs/findings.md").read_text() == render()
    assert all(len(rule.means) > 20 and len(rule.fix) > 5 for rule in RULES.values())


def test_every_rule_that_the_inspection_names_is_in_the_rulebook(text):
    named = set(NAMED.findall(text))
    assert len(named) > 20
    assert named <= RULES.keys()


def test_every_rule_of_the_rulebook_is_used_somewhere(text):
    assert [rule for rule in RULES if rule.rpartition(".")[2].removesuffix("-import") not in text] == []

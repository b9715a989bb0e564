"""Every rule of the inspection is explained."""

from gathering.findings import render
from modelyard.inspection.rulebook import RULES


def test_every_rule_says_what_it_means_and_how_to_mend_it(root):
    assert (root / "docs/findings.md").read_text() == render()
    assert all(len(rule.means) > 20 and len(rule.fix) > 5 for rule in RULES.values())


def test_every_rule_that_the_inspection_names_is_in_the_rulebook_and_every_rule_is_named(product):
    sources = [each.text for each in product if each.path.parts[:2] == ("modelyard", "inspection")]
    written = "".join(text for text in sources if "Rule(\n" not in text)
    assert [rule for rule in RULES if rule.rpartition(".")[2].removesuffix("-import") not in written] == []

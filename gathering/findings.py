"""Writes `docs/findings.md` from the rules: `python -m gathering.findings`."""

from pathlib import Path

from modelyard.inspection.rulebook import RULES
from modelyard.inspection.rules import RULES_VERSION, Rule

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
HEAD = f"""# Findings

What an inspection can find in a file: each rule by its id, which stays what it is. Rules version {RULES_VERSION}.

A file is as bad as its worst finding. *malicious* means that nobody writes such a file by accident, *suspicious* that a
person should look at it, *info* that a policy may want to know. What could not be read to the end, because it is too
large, nested too deep, encrypted or of a format that is not opened, is *not fully inspected*, which is not clean.

This page is made from the rules: `python -m gathering.findings`.
"""


def render() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(rule, RULES[rule]) for rule in sorted(RULES))])


def section(name: str, rule: Rule) -> str:
    """What is said of one rule."""
    return f"## {name}\n\n*{rule.severity}.* {sentence(rule.means)}\n\n**Fix.** {sentence(rule.fix)}\n"


def sentence(text: str) -> str:
    """The text with a full stop."""
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    PAGE.write_text(render())

"""Every rule that an inspection knows, by id; `docs/findings.md` is held to it."""

from modelyard.inspection.rules import Rule
from modelyard.inspection.rules_containers import CONTAINERS
from modelyard.inspection.rules_formats import FORMATS
from modelyard.inspection.rules_pickles import PICKLES

RULES: dict[str, Rule] = {**PICKLES, **CONTAINERS, **FORMATS}

"""Chat templates: programs in Jinja that whoever serves the model runs, in some programs without a sandbox.

CVE-2024-34359: llama-cpp-python rendered a GGUF file's template in an unsandboxed environment. What a template needs to
escape, no template needs for chat.
"""

import re

from modelyard.inspection.formats.matching import both, ends, is_text
from modelyard.inspection.formats.reading import shown, tell
from modelyard.inspection.sight import Format, Sight

MAX_TEMPLATE = 1024**2
_ESCAPES = re.compile(
    r"__\w+__|\|\s*attr\b|\b(?:mro|popen|f_globals|f_builtins|gi_frame|func_globals|tb_frame)\b"
    r"|\b(?:cycler|joiner|lipsum)\s*[.\[]|\bself\s*\.\s*_|\\x5f\\x5f|\\u005f",
)


def check_template(sight: Sight, text: str) -> None:
    """Say that there is a chat template, and what it would reach beyond the conversation."""
    tell(sight, {"chat_template": True})
    found = sorted({match[0] for match in _ESCAPES.finditer(text)})
    if found:
        sight.note("template.escape", shown("the chat template uses " + ", ".join(found)))
    else:
        sight.note("template.present", shown(f"a chat template of {len(text):,} characters"))


def look(sight: Sight) -> None:
    """A template in a file of its own."""
    if sight.source.size > MAX_TEMPLATE:
        sight.miss(f"a chat template of more than {MAX_TEMPLATE:,} bytes")
        return
    tell(sight, {"format": "jinja"})
    check_template(sight, sight.source.read(0, MAX_TEMPLATE).decode(errors="replace"))


FORMATS = (Format("jinja", both(ends(".jinja", ".jinja2"), is_text), look),)

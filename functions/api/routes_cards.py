"""Model cards, in several forms."""

from collections.abc import Callable, Mapping

from functions.api import card_hub, card_pages
from functions.api.routes_versions import VERSION
from functions.api.routing import Call, Reply, route
from modelyard.domain.errors import Invalid
from modelyard.services import carding
from modelyard.services.carding import Carded

MARKDOWN, HTML = "text/markdown; charset=utf-8", "text/html; charset=utf-8"
FORMATS: Mapping[str, tuple[Callable[[Carded], str], str]] = {
    "markdown": (card_pages.markdown, MARKDOWN),
    "html": (card_pages.html, HTML),
    "huggingface": (card_hub.huggingface, MARKDOWN),
    "source": (lambda carded: carded.card, MARKDOWN),
}
"""What a card can be had as. `source` is the version's own card and nothing else."""


@route("GET", f"{VERSION}/card", gives=None, query=("format",), refusals=(404,), media=(MARKDOWN, HTML))
def get_card(call: Call) -> Reply:
    """Get a version's model card, with generated facts around it."""
    wanted = call.query.get("format", "markdown")
    if wanted not in FORMATS:
        raise Invalid(f"a card's format is one of {', '.join(FORMATS)}", field="format")
    write, content_type = FORMATS[wanted]
    carded = carding.read_carded(table=call.ports.table, name=call.path["name"], number=call.number)
    headers = {"ETag": f'"{carded.version.revision}"', **card_pages.PAGE_HEADERS}
    return Reply(write(carded), headers=headers, content_type=content_type)

"""What the docs say is there is there, and what is there they say."""

import inspect
import re

import pytest

from functions.api.resolver import ROUTES
from functions.triggers import FUNCTIONS
from modelyard import settings
from modelyard.catalogue import past
from modelyard.cli.main import COMMANDS
from modelyard.contract.codes import STATUS
from modelyard.domain import (
    aliases,
    attestations,
    cards,
    comparing,
    digests,
    errors,
    evaluations,
    lineage,
    manifests,
    names,
    stages,
)
from modelyard.domain.version import State
from modelyard.services import importing, receiving, uploading, verifying

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


@pytest.fixture(scope="module")
def pages(written, root):
    """Every page by its path."""
    return {path: path.read_text() for path in written if path.suffix == ".md"}


def read(root, name):
    return (root / name).read_text()


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_pages_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for target, anchor in LINK.findall(page):
            there = (path.parent / target).resolve() if target else path
            if not there.exists() or (anchor and anchor not in anchors(there.read_text())):
                broken.append(f"{path.name}: {target}{anchor}")
    assert broken == []


def test_every_environment_variable_is_explained_to_operators(root):
    texts = [value for value in vars(settings).values() if isinstance(value, str)]
    variables = {text for text in texts if re.fullmatch(r"MODELYARD_[A-Z_]+", text)}
    rows = re.findall(r"^\| `(MODELYARD_\w+)` \| functions", read(root, "docs/operating.md"), re.MULTILINE)
    assert set(rows) == variables


def test_the_published_limits_are_those_in_force(root):
    in_force = {
        "bytes of a file": digests.MAX_FILE,
        "files of a version": manifests.MAX_FILES,
        "bytes of a path": manifests.MAX_PATH,
        "characters of a model's name": names.MAX_NAME,
        "tags": names.MAX_TAGS,
        "characters of a tag's key": names.MAX_TAG_KEY,
        "characters of a tag's value": names.MAX_TAG_VALUE,
        "parameters": names.MAX_PARAMS,
        "characters of a parameter's value": names.MAX_PARAM_VALUE,
        "metrics": names.MAX_METRICS,
        "datasets": lineage.MOST_DATASETS,
        "characters of a description": names.MAX_DESCRIPTION,
        "bytes of tags, parameters, metrics, datasets and other lineage together": names.MAX_FACTS,
        "versions standing in one stage": stages.MOST_STANDING,
        "attachments of an evaluation": evaluations.MAX_ATTACHMENTS,
        "bytes of an attachment": evaluations.MAX_ATTACHMENT,
        "attestations of a version": attestations.MOST_ATTESTATIONS,
        "bytes of an attestation": attestations.MAX_ATTESTATION,
        "bytes of an evaluation": evaluations.MAX_REPORT,
        "characters of a metric's unit": evaluations.MAX_UNIT,
        "versions in one comparison": comparing.MOST,
        "files that a comparison lists": comparing.MOST_FILES,
        "aliases of a model": aliases.MAX_ALIASES,
        "versions that an alias remembers": aliases.REMEMBERED,
        "signed requests a page": uploading.PAGE_REQUESTS,
        "bytes that a challenge reads again": verifying.MOST_REREAD,
        "bases": lineage.MOST_BASES,
        "packages of an environment": lineage.MOST_PACKAGES,
        "characters of a package's version": lineage.MAX_PACKAGE_VERSION,
        "bytes of a card": cards.MAX_CARD,
        "entries that an answer about the past is made of": past.MOST_ENTRIES,
        "entries in one import request": importing.MOST_EVENTS,
        "blobs in one import request": receiving.MOST_FILES,
    }
    rows = re.findall(r"^\| ([^|]+) \| ([\d,]+) \|$", read(root, "docs/operating.md"), re.MULTILINE)
    assert {what: int(number.replace(",", "")) for what, number in rows} == in_force


def test_every_refusal_has_a_row_with_its_code_and_status(root):
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d+) \|", read(root, "docs/errors.md"), re.MULTILINE)
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RegistryError)]
    kinds.remove(errors.RegistryError)
    assert sorted(rows) == sorted((kind.__name__, kind.code, str(STATUS[kind.code])) for kind in kinds)


def test_every_function_has_a_row_in_the_architecture(root):
    rows = re.findall(r"^\| `functions/(\w+)` \|", read(root, "docs/architecture.md"), re.MULTILINE)
    assert sorted(rows) == sorted(FUNCTIONS)


def test_the_glossary_knows_every_state_stage_and_noun(root):
    page = read(root, "docs/glossary.md")
    words = [
        *State,
        *stages.DEFAULT_LIFECYCLE.stages,
        "model",
        "version",
        "manifest",
        "blob",
        "upload",
        "journal",
        "event",
    ]
    assert [word for word in words if f"**{word}**" not in page] == []


def test_every_make_target_is_documented_and_every_mentioned_one_exists(root, pages):
    makefile = read(root, "Makefile")
    documented = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())
    mentioned = {
        target for page in pages.values() for target in re.findall(r"(?:^|`)make ([a-z][a-z0-9-]*)", page, re.MULTILINE)
    }
    assert documented == phony
    assert mentioned <= documented


def test_every_command_is_in_the_docs_and_every_mentioned_one_exists(root, pages):
    page = read(root, "docs/cli.md")
    assert [name for name in COMMANDS if f"modelyard {name}" not in page] == []
    mentioned = {
        name for text in pages.values() for name in re.findall(r"(?:^|`)modelyard ([a-z][a-z-]*)", text, re.MULTILINE)
    }
    assert mentioned <= COMMANDS.keys()


def test_every_route_is_in_the_docs_and_every_mentioned_one_exists(root):
    rows = re.findall(r"^\| `([A-Z]+) (/v1\S*)` \|", read(root, "docs/api.md"), re.MULTILINE)
    plain = sorted((route.method, re.sub(r"[<{](\w+)[>}]", r"{\1}", route.path)) for route in ROUTES)
    assert sorted(rows) == plain


def test_every_decision_is_dated_and_says_what_and_why(root):
    pages = sorted((root / "docs/decisions").glob("*.md"))
    assert [path.name[:5] for path in pages] == [f"{number:04d}-" for number in range(1, len(pages) + 1)]
    for path in pages:
        for decision in re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]:
            assert re.match(r"[^\n]+\n\n\d{4}-\d{2}-\d{2}\n\n\*\*What\.\*\* .+\*\*Why\.\*\* ", decision, re.DOTALL), (
                decision
            )

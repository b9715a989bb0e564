"""Model cards as Markdown, as a page and as Hugging Face reads them, whatever the card and the facts hold."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from functions.api import card_hub, card_pages
from functions.api.card_facts import LONGEST, MOST_ROWS, escaped, paragraph
from functions.api.card_limits import limits_of
from modelyard.domain.cards import MAX_CARD, check_card
from modelyard.domain.digests import Digest
from modelyard.domain.evaluations import Direction, Evaluation, Measure, Report
from modelyard.domain.manifests import File
from modelyard.domain.version import Base, Dataset, Environment, Evaluated, Measured, Relation, Run, Source, State
from modelyard.services.carding import Carded
from tests.unit.fakes import NOON
from tests.unit.test_domain_lineage import VERSION

FULL = replace(
    VERSION,
    description="who leaves",
    tags={"license": "mit", "pipeline_tag": "text-classification", "team": "growth", "german": ""},
    params={"depth": "8"},
    metrics={"auc": 0.91, "loss": 1e-7},
    datasets=(Dataset("nyu-mll/glue", "https://huggingface.co/datasets/nyu-mll/glue", "sha256:1", "train", 10),
              Dataset("holdout", role="test")),
    source=Source("https://git.example.com/x", "4f2c9d1", "train", True),
    run=Run("airflow", "7", "https://airflow.example.com/7"),
    bases=(Base(Relation.FINE_TUNE, "https://huggingface.co/org/base"),
           Base(Relation.FINE_TUNE, "", "01KAP4Q6Z8T5V3W9XENCHRNGGD", "other", 3, "sha256:2")),
    environment=Environment("3.13.5", {"numpy": "2.3"}, "sha256:3", "8x H100"),
)  # fmt: skip
FILE = File("model.bin", 5, Digest("sha256:" + "1" * 64))
CARD = "---\nlicense: gpl\n---\n# Churn\n\nNot for *new* customers.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
HTML = {"a", "article", "blockquote", "body", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr",
        "html", "li", "meta", "ol", "p", "pre", "strong", "style", "table", "tbody", "td", "th", "thead", "title",
        "tr", "ul"}  # fmt: skip
ATTRIBUTES = {("a", "href"), ("a", "rel"), ("a", "title"), ("code", "class"), ("html", "lang"), ("meta", "charset"),
              ("ol", "start"), ("p", "class"), ("td", "style"), ("th", "style")}  # fmt: skip


class Page(HTMLParser):
    """What a page's elements are, as a browser takes it apart."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.text = [], [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def check_page(text):
    """Only what Markdown makes, and links that lead to the web or to mail."""
    page = Page(text)
    assert set(page.tags) <= HTML
    assert {(tag, name) for tag, name, _ in page.attributes} <= ATTRIBUTES
    assert [link for link in page.links if not re.match(r"(https?|mailto):", link, re.IGNORECASE)] == []
    styles = {value for _, name, value in page.attributes if name == "style"}
    assert styles <= {"text-align:left", "text-align:center", "text-align:right"}
    assert (page.tags.count("h1") >= 1, page.tags.count("style")) == (True, 1)
    return page


def test_a_page_has_the_facts_and_the_card():
    page = check_page(card_pages.html(Carded(FULL, CARD, [FILE])))
    for said in ("churn/1", "who leaves", "License", "Not for", "new", "auc", "0.91", "nyu-mll/glue",
                 "4f2c9d1 with changes", "other/3 (sha256:2)", "numpy 2.3", "8x H100", "depth", "model.bin",
                 "airflow 7"):  # fmt: skip
        assert said.lower() in page.text.lower()
    assert "gpl" not in page.text
    assert "https://airflow.example.com/7" in page.links
    assert page.tags.count("em") == 1


def test_markdown_has_the_facts_before_the_card_so_that_it_cannot_hide_them():
    hiding = Carded(FULL, "```\n<!-- \n<script>", [FILE])
    text = card_pages.markdown(hiding)
    assert text.endswith("\n```\n<!-- \n<script>\n")
    assert text.index("model.bin") < text.index("```")
    assert card_pages.markdown(Carded(VERSION, "", [])).startswith("# churn/1\n\n## What it is\n")


def test_what_is_unknown_has_no_section():
    text = card_pages.html(Carded(VERSION, "", []))
    assert re.findall("<h2>(.*?)</h2>", text) == ["What it is", "Limits"]


def test_the_evaluation_says_on_which_data_in_which_unit_and_which_values_are_better():
    report = Report({"loss": Measure(0.21, "nats", Direction.LOWER)}, "holdout", split="test", evaluator="nightly")
    version = replace(
        VERSION, metrics={"auc": 0.9, "loss": 0.21}, evaluated=(Evaluated("holdout", "", "test"),),
        measured={"loss": Measured("nats", 0)},
    )  # fmt: skip
    taken = Evaluation(1, 7, NOON, "ana", report)
    carded = Carded(version, "", [], [taken], {"loss": Direction.LOWER})
    text = card_pages.markdown(carded)
    assert "| loss | 0.21 | nats | lower | holdout | test |" in text
    assert "| nightly | holdout | test |  | loss 0.21 nats | 0 |" in text
    assert "measured is not recorded: auc." in text
    [entry] = yaml.safe_load(card_hub.huggingface(carded).split("---\n")[1])["model-index"]
    assert [(each["dataset"]["name"], each["dataset"].get("split")) for each in entry["results"]] == [
        ("unknown", None), ("holdout", "test"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "limit"),
    [
        ({"state": State.REJECTED}, "It is rejected, not ready for use."),
        ({}, "No metric is recorded."),
        ({}, "The data that it was made from is not recorded."),
        ({}, "The code that it was made from is not recorded."),
        ({}, "The environment that it was made in is not recorded."),
        ({"metrics": {"auc": 1.0}}, "On which data these metrics were measured is not recorded: auc."),
        ({"datasets": (Dataset("a"),)}, "These data have no digest, and may have changed since: a."),
        (
            {"datasets": (Dataset("a"),), "evaluated": (Evaluated("a"),)},
            "It was evaluated on data that it was made from: a.",
        ),
        ({"source": Source(commit="abc", dirty=True)}, "It was made from code with changes that are in no commit."),
    ],
)
def test_a_card_says_what_is_not_known(facts, limit):
    version = replace(VERSION, **{"state": State.READY, **facts})
    assert limit in list(limits_of(version))


def test_a_version_of_which_all_is_known_has_no_limits():
    data = Dataset("glue", digest="sha256:1", role="train")
    known = replace(
        FULL, state=State.READY, datasets=(data,), evaluated=(Evaluated("holdout"),), source=Source(commit="abc"),
        metrics={"auc": 0.9}, measured={"auc": Measured("", 0)},
    )  # fmt: skip
    assert list(limits_of(known)) == []


def test_long_lists_and_long_values_are_cut_and_say_so():
    version = replace(VERSION, params={str(n): "x" * 6_000 for n in range(MOST_ROWS + 3)}, file_count=1_000)
    text = card_pages.markdown(Carded(version, "", [FILE] * 500))
    assert "\n3 more.\n" in text
    assert "\n900 more.\n" in text
    assert "x" * LONGEST not in text
    assert len(text) < 100_000


EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example.com)",
    "[x](/v1/models)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](https://evil.example.com/track.png)",
    '[x](https://a "onclick=alert(1)")',
    '[x](https://a"onmouseover="alert(1))',
    "[x](https://a<script>)",
    "`</code><script>alert(1)</script>`",
    "```\n</pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "</article></body><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<!-- comment -->",
    "<?php x ?>",
    "<![CDATA[x]]>",
    "| <script> |\n|---|\n| <b onclick=x> |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)</script>",
    "<style>*{background:url(https://evil.example.com)}</style>",
    "<base href=https://evil.example.com>",
    "<meta http-equiv=refresh content=0;url=https://evil.example.com>",
    "<a href='https://a' style='x' onclick='x'>x</a>",
    "[\x01javascript:alert(1)]: x",
    "<iframe srcdoc='<script>alert(1)</script>'>",
]


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_card_gets_more_into_a_page_than_markdown(evil):
    page = check_page(card_pages.html(Carded(VERSION, f"before\n\n{evil}\n\nafter", [])))
    assert "before" in page.text
    assert "after" in page.text


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_fact_gets_any_markup_into_a_page_or_into_markdown(evil):
    plain = " ".join(evil.split()).replace("\x01", "")
    version = replace(
        VERSION, name=plain, description=evil, tags={plain: plain}, params={plain: plain}, metrics={plain: 1.0},
        datasets=(Dataset(plain, plain, plain, plain),), source=Source(plain, plain, plain),
        run=Run(plain, plain, plain), proof=plain,
        bases=(Base(Relation.MERGE, plain),), environment=Environment(plain, {plain: plain}, plain, plain),
    )  # fmt: skip
    carded = Carded(version, "", [replace(FILE, path=plain)])
    page = check_page(card_pages.html(carded))
    assert plain in page.text
    assert page.links == []
    rendered = Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(card_pages.markdown(carded)))
    assert set(rendered.tags) <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "br"}
    assert plain in rendered.text


BITS = st.sampled_from(
    [*EVIL, *"[]()<>*_`~#|\\&!-+=:\"' \n\t", "1. ", "    ", "](", "``", "**", "|-|", "[a]: ", "http://a", "é", "\u202e"]
)
CARDS = st.lists(BITS | st.text(max_size=3), max_size=12).map("".join).filter(lambda text: "\x00" not in text)


@settings(max_examples=300, derandomize=True)
@given(CARDS)
@example("---\n---\n<script>")
def test_whatever_a_card_holds_its_page_is_only_what_markdown_makes(card):
    check_page(card_pages.html(Carded(VERSION, card, [])))


@settings(max_examples=300, derandomize=True)
@given(CARDS)
def test_text_in_markdown_is_nothing_but_itself(text):
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table")
    assert Page(rendered.render(f"| a |\n|---|\n| x{escaped(line)}x |")).text.split() == ["a", *f"x{line}x".split()]
    page = Page(rendered.render(paragraph(line)))
    assert set(page.tags) <= {"p"}
    assert " ".join(page.text.split()) == line


def repeated(bit, length=MAX_CARD):
    return bit * (length // len(bit))


PATHOLOGICAL = {
    "open-links": repeated("["),
    "closed-links": repeated("[", 50_000) + repeated("]", 50_000),
    "half-links": repeated("[a]("),
    "half-references": repeated("[a][b"),
    "emphasis": repeated("*a_ "),
    "unbalanced": repeated("a**b"),
    "stars": repeated("**_"),
    "quotes": repeated("> "),
    "nested-lists": "".join(f"{'  ' * depth}- a\n" for depth in range(300)),
    "marks": repeated("- "),
    "backticks": "".join(f"{'`' * length}a" for length in range(1, 440)),
    "cells": ("|a" * 500 + "|\n") + ("|-" * 500 + "|\n") + repeated("x\n", 60_000),
    "columns": "|a" * 20_000 + "|\n" + "|-" * 20_000 + "|\n",
    "definitions": "".join(f"[{n}]: http://a/{n}\n" for n in range(4_500)),
    "autolinks": repeated("<http://a>"),
    "entities": repeated("&amp;"),
    "items": repeated("* a\n", 80_000),
    "letters": repeated("\U0001f600", 25_000),
}


@pytest.mark.parametrize("kind", PATHOLOGICAL)
def test_a_card_made_to_be_slow_or_large_ends_as_a_page_of_bounded_size(kind):
    """That it ends is the test; at the most it takes a second or two."""
    card = check_card(PATHOLOGICAL[kind][: MAX_CARD // 2 if "\n" in PATHOLOGICAL[kind] else MAX_CARD])
    page = card_pages.html(Carded(VERSION, card, []))
    check_page(page)
    assert len(json.dumps(page)) < 5_000_000


def test_hugging_face_reads_what_the_registry_knows():
    text = card_hub.huggingface(Carded(FULL, CARD, [FILE]))
    _, front, rest = text.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "license": "mit",
        "pipeline_tag": "text-classification",
        "tags": ["team:growth", "german"],
        "base_model": ["org/base"],
        "base_model_relation": "finetune",
        "datasets": ["nyu-mll/glue", "holdout"],
        "metrics": ["auc", "loss"],
        "model-index": [
            {
                "name": "churn",
                "results": [
                    {
                        "task": {"type": "text-classification"},
                        "dataset": {"name": "holdout", "type": "holdout"},
                        "metrics": [
                            {"type": "auc", "name": "auc", "value": 0.91},
                            {"type": "loss", "name": "loss", "value": 1e-7},
                        ],
                    }
                ],
            }
        ],
    }
    assert rest.startswith("\n# churn/1\n")
    assert rest.endswith("# Churn\n\nNot for *new* customers.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert "gpl" not in text


def test_what_hugging_face_has_no_word_for_is_left_out():
    version = replace(
        FULL, tags={}, metrics={}, datasets=(), bases=(Base(Relation.DISTILLATION, "https://huggingface.co/a/b"),)
    )
    assert yaml.safe_load(card_hub.huggingface(Carded(version, "", [])).split("---\n")[1]) == {"base_model": ["a/b"]}
    assert card_hub.huggingface(Carded(VERSION, "", [])).startswith("---\n---\n\n# churn/1\n")


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=8) | st.sampled_from(
    ["no", "null", "~", "1e3", "---", "- a", "a: b", "#x", "&a", "*a", "!!python/object:x", '"', "\\", "\ufeff",
     "\ufffe", "\xa0", "2026-01-01"]
)  # fmt: skip
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=200, derandomize=True)
@given(
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.dictionaries(WORDS, NUMBERS, max_size=3),
    st.lists(WORDS, max_size=3),
    WORDS,
)
def test_the_front_matter_is_read_as_what_was_written_whatever_it_says(tags, metrics, names, license_):
    version = replace(
        VERSION, tags={**tags, "license": license_}, metrics=metrics, datasets=tuple(Dataset(name) for name in names)
    )
    text = card_hub.huggingface(Carded(version, "", []))
    front = yaml.safe_load(text.partition("---\n")[2].partition("\n---\n")[0])
    labels = [f"{key}:{value}" for key, value in tags.items() if key not in card_hub.NAMED_BY_THE_HUB]
    assert (front["license"], front.get("tags", [])) == (license_, labels)
    assert front.get("datasets", []) == names
    results = front["model-index"][0]["results"][0]["metrics"] if metrics else []
    assert {result["type"]: result["value"] for result in results} == metrics

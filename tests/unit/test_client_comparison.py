"""Comparison through the SDK and the command line, on the real functions: for people, programs and spreadsheets."""

import csv
import io
import json
import re

import pytest

from modelyard.cli.comparison import as_csv, as_markdown, as_table
from modelyard.client.errors import Invalid, NotFound
from modelyard.contract.comparisons import ComparedResponse, ComparisonResponse, FileCountsResponse
from tests.faults.yard import embedded_yard
from tests.unit.yard_client import client, command_line


@pytest.fixture
def yard(tmp_path):
    with embedded_yard(tmp_path) as opened:
        opened.call("POST", "/v1/models", {"name": "churn"})
        about = {"params": {"depth": 8}, "metrics": {"auc": 0.9, "loss": 0.3}, "directions": {"loss": "lower"}}
        opened.ready("churn", {"model.bin": b"1" * 2000, "vocab": b"v", "old": b"o"}, **about, source_commit="abc")
        about = {"params": {"depth": 9}, "metrics": {"auc": 0.95, "loss": 0.4}}
        opened.ready("churn", {"model.bin": b"2" * 3024, "vocab": b"v", "new": b"n"}, **about, source_commit="abd")
        opened.call("PUT", "/v1/models/churn/aliases/champion", {"version": 1})
        yield opened


@pytest.fixture
def modelyard(yard, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    return command_line(yard, monkeypatch, capsys)


def test_people_see_of_environments_only_what_differs_and_how_much_is_the_same(yard, modelyard):
    for pandas in ("2.2", "2.3"):
        made = {"python": "3.13.5", "packages": {"numpy": "2.4", "pandas": pandas}}
        yard.ready("churn", {"m": pandas.encode()}, environment=made)
    _, out, _ = modelyard.run("compare", "churn/3", "churn/4")
    assert re.search(r"packages\.pandas +2\.2 +2\.3\n", out)
    assert "numpy" not in out
    assert "environment: 2 facts more, the same in all" in out
    assert "numpy" in modelyard.run("compare", "churn/3", "churn/4", "--format", "csv")[1]


def test_people_see_on_what_was_measured_where_it_differs(yard, modelyard):
    for number, (dataset, unit) in enumerate([("holdout", ""), ("other", "percent")], 1):
        report = {"metrics": {"auc": {"value": 0.9 + number, "unit": unit}}, "dataset": dataset, "split": "test"}
        assert yard.call("POST", f"/v1/models/churn/versions/{number}/evaluations", report).status == 201
    _, out, _ = modelyard.run("compare", "churn/1", "churn/2")
    assert re.search(r"auc +higher\? +1\.9 +2\.9\n", out)
    assert re.search(r"auc, on +holdout test +other test \[percent\]\n", out)


def test_the_sdk_gives_all_that_was_compared(yard):
    with client(yard) as registry:
        found = registry.compare("churn@champion", "churn/2")
        assert [(each.reference, each.version) for each in found.versions] == [("churn@champion", 1), ("churn/2", 2)]
        assert [row.model_dump() for row in found.metrics] == [
            {
                "name": "auc",
                "direction": "higher",
                "assumed": True,
                "values": [0.9, 0.95],
                "deltas": [0.0, pytest.approx(0.05)],
                "best": [False, True],
                "measured": [None, None],
            },
            {
                "name": "loss",
                "direction": "lower",
                "assumed": False,
                "values": [0.3, 0.4],
                "deltas": [0.0, pytest.approx(0.1)],
                "best": [True, False],
                "measured": [None, None],
            },
        ]
        assert [(row.name, row.values, row.same) for row in found.params] == [("depth", ["8", "9"], False)]
        assert [(row.name, row.values) for row in found.lineage] == [("source.commit", ["abc", "abd"])]
        assert [(row.path, row.change, row.sizes) for row in found.files] == [
            ("model.bin", "changed", [2000, 3024]),
            ("new", "added", [None, 1]),
            ("old", "removed", [1, None]),
            ("vocab", "same", [1, 1]),
        ]
        assert found.file_counts.model_dump() == {"same": 1, "added": 1, "removed": 1, "changed": 1}
        assert not found.truncated
        with pytest.raises(Invalid):
            registry.compare("churn/1")
        with pytest.raises(NotFound):
            registry.compare("churn/1", "churn/9")


def test_names_with_commas_and_signs_are_compared_as_they_are(yard):
    for name in ("a,b", "a&ref=c", "a+b %"):
        yard.call("POST", "/v1/models", {"name": name})
        yard.ready(name, {"x": b"x"})
    with client(yard) as registry:
        found = registry.compare("a,b/1", "a&ref=c/1", "a+b %/1")
    assert [each.name for each in found.versions] == ["a,b", "a&ref=c", "a+b %"]


def test_the_table_shows_who_is_best_and_what_became_of_files(modelyard):
    code, out, _ = modelyard.run("compare", "churn/1", "churn/2")
    assert code == 0
    lines = [re.sub(r" +", " ", line) for line in out.splitlines()]
    for expected in (
        "auc higher? 0.9 0.95 (+0.05) *",
        "loss lower 0.3 * 0.4 (+0.1)",
        "depth 8 9",
        "model.bin changed 2.0 KiB 3.0 KiB (+1.0 KiB)",
        "new added — 1 B",
        "old removed 1 B —",
        "vocab same 1 B =",
        "aliases champion",
        "files: 1 changed, 1 added, 1 removed, 1 same",
    ):
        assert expected in lines, out


def test_what_does_not_fit_beside_one_another_is_shown_below(modelyard, monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")
    out = modelyard.run("compare", *["churn/1", "churn/2"] * 5)[1]
    assert max(map(len, out.splitlines())) <= 72
    assert out.count("METRICS") > 1
    assert out.count("0.95 (+0.05) *") == 5


@pytest.mark.parametrize("arguments", [("--json",), ("--format", "json")])
def test_json_is_what_the_registry_answers(modelyard, arguments):
    code, out, _ = modelyard.run("compare", "churn/1", "churn/2", *arguments)
    assert (code, json.loads(out)["versions"][1]["reference"]) == (0, "churn/2")


def test_markdown_has_a_table_for_each_section(modelyard):
    out = modelyard.run("compare", "churn/1", "churn/2", "--format", "md")[1]
    assert (
        "| metrics | | churn/1 | churn/2 |\n|---|---|---|---|\n| auc | higher&#63; | 0.9 | 0.95 (+0.05) &#42; |" in out
    )


def test_csv_has_exact_values(modelyard):
    out = modelyard.run("compare", "churn/1", "churn/2", "--format", "csv")[1]
    rows = {(row[0], row[1]): row[2:] for row in csv.reader(io.StringIO(out))}
    assert rows["section", "name"] == ["note", "churn/1", "churn/2"]
    assert rows["metric", "loss"] == ["lower", "0.3", "0.4"]
    assert rows["metric best", "loss"] == ["lower", "best", ""]
    assert rows["file size", "model.bin"] == ["changed", "2000", "3024"]


@pytest.mark.parametrize("arguments", [(), ("churn/1",), ("churn/1", "churn/2", "--format", "xml"), ["churn/1"] * 21])
def test_wrong_usage_is_told(modelyard, arguments):
    assert modelyard.run("compare", *arguments)[0] in {1, 2}


def test_the_help_shows_an_example(modelyard):
    assert "modelyard compare churn/1 churn/2" in modelyard.run("compare", "--help")[1]


HOSTILE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1+1", "\t=1+1", "\r\n=1+1", "\u200e=1+1", "\uff1d1+1", "=cmd|' /C calc'!A0",
    "a|b", "a\\|b", "a\nb", "`a`", "**a**", "<script>alert(1)</script>", "[a](javascript:alert(1))", "![a](x)", "@team",
    "#12", "https://evil.example", "www.evil.example", "&lt;b&gt;", "\x1b[31m", "\u202egnp", "a;b,c\"d'",
]  # fmt: skip


def hostile(text):
    """A comparison in which everything that somebody else wrote is this text."""
    compared = ComparedResponse.model_construct(
        reference=text,
        name=text,
        version=1,
        state=text,
        stage=text,
        aliases=[text],
        digest=f"sha256:{text}",
        size=1,
        file_count=1,
        created_at=text,
        created_by=text,
    )
    facts = [{"name": text, "values": [text, None], "same": False}]
    metric = {
        "name": text,
        "direction": text,
        "assumed": False,
        "values": [1, -2],
        "deltas": [0, -3],
        "best": [True, False],
    }
    file = {"path": text, "digests": [text, None], "sizes": [1, None], "change": text}
    counts = FileCountsResponse(same=0, added=0, removed=1, changed=0)
    return ComparisonResponse(
        versions=[compared, compared],
        metrics=[metric],
        params=facts,
        tags=facts,
        lineage=facts,
        environment=facts,
        files=[file],
        file_counts=counts,
        truncated=False,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_formula_in_a_spreadsheet(text):
    for row in csv.reader(io.StringIO(as_csv(hostile(text)))):
        for cell in row:
            number = re.fullmatch(r"-?[0-9.]+", cell)
            assert number or cell.lstrip()[:1] not in {"=", "+", "-", "@", "\uff1d"}, cell
            assert not re.search(r"[\x00-\x1f\u202e\u200e]", cell)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_markup_a_link_or_a_mention_in_markdown(text):
    out = as_markdown(hostile(text))
    bare = re.sub(r"&#[0-9]+;", "", out.replace("<code>", "").replace("</code>", ""))
    assert not re.search(r"[<>`*_\[\]\\!@#&:\x00-\x09\x0b-\x1f]", bare), bare
    assert "www." not in bare
    for table in out.split("\n\n"):
        widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, table
    for line in out.splitlines():
        assert ("&#64;" not in line and "&#35;" not in line) or "<code>" in line


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_moves_the_cursor_or_breaks_a_row_of_the_table(text):
    out = as_table(hostile(text), width=1_000)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\u200e]", out)
    assert len(out.splitlines()) == len(as_table(hostile("plain"), width=1_000).splitlines())


def test_a_very_long_value_does_not_make_the_table_endless():
    assert max(map(len, as_table(hostile("x" * 10_000), width=100).splitlines())) < 200

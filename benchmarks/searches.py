"""Search by tag beside MLflow, each with 20,000 versions: `python -m benchmarks.searches [--quick]`."""

import argparse
import json
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks.filling import Extent, fill, name_of, version_of
from benchmarks.load import Operation, Rate, Target, connect, exchange, load, request
from benchmarks.processes import free_port, server
from benchmarks.registries import MLFLOW_ENVIRONMENT, Talk, mlflow_command, serve_modelyard
from benchmarks.reporting import Goal, Report, ratio

EXTENT, QUICK = Extent(100, 200, 200), Extent(10, 20, 20)
PAGE = 100
TEAMS = 20
CLIENTS = (1, 8)
KINDS = ("a run", "a team")
WANTED = 30
API = "/api/2.0/mlflow"
TABLES = ("registered_models", "model_versions", "model_version_tags")

METHOD = """One machine, both servers running on SQLite, each with {versions:,} versions of {models} models with three
tags each; {rounds} rounds of {seconds:g} s in turns. A run has two versions, a team a thousand, of which a request asks
for the {page} newest."""


def report(*, quick: bool) -> Report:
    """Fill both, start both, load both."""
    extent, rounds, seconds = (QUICK, 1, 3.0) if quick else (EXTENT, 5, 4.0)
    with tempfile.TemporaryDirectory(prefix="modelyard-searches-") as temporary:
        folder = Path(temporary)
        (folder / "data").mkdir()
        fill(folder / "data" / "registry.sqlite3", extent)
        fill_mlflow(folder, extent)
        port = free_port()
        ready, log = f"http://127.0.0.1:{port}/health", folder / "mlflow.log"
        with (
            serve_modelyard(folder) as ours,
            server(_patient(folder, port), ready=ready, log=log, environment=MLFLOW_ENVIRONMENT),
        ):
            sides = {"modelyard": (ours.target, _ours(extent)), "MLflow": (Target("127.0.0.1", port), _theirs(extent))}
            _check(sides)
            rates = measure(sides, rounds=rounds, seconds=seconds)
    return _report(rates, METHOD.format(**_told(extent), rounds=rounds, seconds=seconds, page=PAGE))


Asked = Mapping[str, list[Operation]]
"""What is searched for, in words, and requests that do so."""

Sides = Mapping[str, tuple[Target, Asked]]


def _told(extent: Extent) -> dict[str, int]:
    return {"versions": extent.versions, "models": extent.models}


def _tags(extent: Extent) -> dict[str, list[tuple[str, str]]]:
    """Tags to search for."""
    runs = [version_of(extent, nth, extent.numbers(nth) // 2).tags["run"] for nth in range(extent.models)]
    teams = [f"team-{team}" for team in range(TEAMS)]
    return {"a run": [("run", run) for run in runs], "a team": [("team", team) for team in teams]}


def _ours(extent: Extent) -> Asked:
    def operation(key: str, value: str) -> Operation:
        wanted = quote(f"tags.{key} = '{value}'", safe="")
        return [request("GET", f"/v1/search/versions?filter={wanted}&limit={PAGE}")]

    return {kind: [operation(*tag) for tag in tags] for kind, tags in _tags(extent).items()}


def _theirs(extent: Extent) -> Asked:
    def operation(key: str, value: str) -> Operation:
        wanted = quote(f"tag.{key} = '{value}'", safe="")
        return [request("GET", f"{API}/model-versions/search?filter={wanted}&max_results={PAGE}")]

    return {kind: [operation(*tag) for tag in tags] for kind, tags in _tags(extent).items()}


def _check(sides: Sides) -> None:
    """Both find the same number of versions; RuntimeError otherwise."""
    found = {}
    for name, (target, asked) in sides.items():
        with closing(connect(target)) as connection:
            pages = [json.loads(exchange(connection, each[0])) for operations in asked.values() for each in operations]
        found[name] = [len(page.get("items", page.get("model_versions", []))) for page in pages]
    if found["modelyard"] != found["MLflow"] or max(found["MLflow"]) > PAGE:
        raise RuntimeError(f"they do not hold the same: {found}")


def fill_mlflow(folder: Path, extent: Extent) -> None:
    """MLflow's database with the same versions: a model and a version made through its API, and rows like theirs."""
    port = free_port()
    ready, log = f"http://127.0.0.1:{port}/health", folder / "mlflow-fill.log"
    tags = dict(version_of(extent, 0, 1).tags)
    with server(_patient(folder, port), ready=ready, log=log, environment=MLFLOW_ENVIRONMENT):
        talk = Talk(Target("127.0.0.1", port))
        talk.ask("POST", f"{API}/registered-models/create", {"name": name_of(0)})
        said = {"name": name_of(0), "source": "s3://models/1", "description": "Run 1 of the nightly training."}
        made = {**said, "tags": [{"key": key, "value": value} for key, value in tags.items()]}
        talk.ask("POST", f"{API}/model-versions/create", made)
    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        _copy_rows(database, extent)


def _patient(folder: Path, port: int) -> list[str | Path]:
    """Starts MLflow so that a busy machine is no reason to end its workers."""
    return [*mlflow_command(folder, port), "--uvicorn-opts", "--timeout-worker-healthcheck=120"]


def _copy_rows(database: sqlite3.Connection, extent: Extent) -> None:
    model, version, tag = (_row(database, table) for table in TABLES)
    places = [(nth, number) for nth in range(extent.models) for number in range(1, extent.numbers(nth) + 1)]
    others = [place for place in places if place != (0, 1)]
    models = [{**model, "name": name_of(nth)} for nth in range(1, extent.models)]
    moments = [version["creation_time"] + n for n in range(len(others))]
    versions = [
        {**version, "name": name_of(nth), "version": number, "creation_time": now, "last_updated_time": now}
        for now, (nth, number) in zip(moments, others, strict=True)
    ]
    tags = [
        {**tag, "name": name_of(nth), "version": number, "key": key, "value": value}
        for nth, number in others
        for key, value in version_of(extent, nth, number).tags.items()
    ]
    for table, rows in zip(TABLES, (models, versions, tags), strict=True):
        _insert(database, table, rows)


def _row(database: sqlite3.Connection, table: str) -> dict[str, Any]:
    found = database.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608  # one of `TABLES`
    return dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))


def _insert(database: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  # as above
    database.executemany(statement, ([row[column] for column in columns] for row in rows))


Rates = dict[tuple[str, str, int], list[Rate]]


def measure(sides: Sides, *, rounds: int, seconds: float) -> Rates:
    """Each load on each side, in turns."""
    loads = [(kind, clients) for kind in KINDS for clients in CLIENTS]
    rates: Rates = {(name, *each): [] for name in sides for each in loads}
    for turn in range(rounds):
        for kind, clients in loads:
            for name in list(sides)[:: 1 if turn % 2 else -1]:
                target, asked = sides[name]
                each = [asked[kind][client:] + asked[kind][:client] for client in range(clients)]
                rates[name, kind, clients].append(load(target, each, seconds))
    return rates


def _report(rates: Rates, method: str) -> Report:
    rows, goals = [], []
    for kind in KINDS:
        for clients in CLIENTS:
            ours, theirs = (rates[name, kind, clients] for name in ("modelyard", "MLflow"))
            faster = ratio([rate.each_second for rate in ours], [rate.each_second for rate in theirs])
            told = [_cells(side) for side in (ours, theirs)]
            rows.append([kind, str(clients), *told[0], *told[1], f"{faster:.1f}"])
            goals.append(Goal(f"search for {kind}, {clients} clients, requests a second", faster, WANTED))
    header = ("by the tag of", "clients", "modelyard /s", "p50 ms", "MLflow /s", "p50 ms", "times /s")
    return Report("Search by tag", method, header, rows, goals)


def _cells(side: Sequence[Rate]) -> list[str]:
    return [f"{median(rate.each_second for rate in side):,.1f}", f"{median(rate.p50 for rate in side) * 1000:.2f}"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few versions: a check of the script, not a result")
    print(report(quick=parser.parse_args().quick))

"""A server that is killed at any moment, again and again, loses nothing that it acknowledged and does nothing twice."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from modelyard.domain.digests import MIN_PART
from modelyard.domain.journal import find_break
from modelyard.settings import Embedded, Limits
from modelyard.wiring import embedded
from tests.faults.invariants import check_blobs, check_feed, check_table
from tests.faults.victim import PATIENCE, Client, Victim, while_killed

KILLS = 16
CLIENTS = 4
PAUSES = (0.05, 0.9)
"""Seconds between an answer and the next kill, at random between these."""


@pytest.fixture
def victim(quick_folder):
    server = Victim(quick_folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Acknowledged:
    """What one client was told came to be: versions by name and number, each with its key; promotions; tags."""

    versions: dict[tuple[str, int], str] = field(default_factory=dict)
    promoted: list[tuple[str, int, str]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


class Load:
    """A client that pushes, tags, promotes, asks for proof and reads, on its own model and on one that all share."""

    def __init__(self, victim, me):
        self.client, self.me, self.turn = Client(victim), me, 0
        self.known = Acknowledged()

    def begin(self):
        made = self.client.insist("POST", "/v1/models", {"name": self.me}, key=f"create {self.me}")
        assert made.status == 201, made

    def work(self):
        """One turn; all of it is acknowledged when it ends."""
        self.turn += 1
        for name in (self.me, "shared"):
            key = f"{self.me} {name} {self.turn}"
            files = {"a.bin": key.encode(), "same.bin": b"the same in every version", "empty": b""}
            number = self.client.push(name, files, key=key)
            self.known.versions[name, number] = key
        tag = f"{self.me}-{self.turn % 10}"
        tagged = self.client.insist("PATCH", "/v1/models/shared", {"tags": {tag: f"{self.turn}"}})
        assert tagged.status == 200, tagged
        self.known.tags[tag] = f"{self.turn}"
        self.promote(self.me, number=max(number for name, number in self.known.versions if name == self.me))

    def promote(self, name, number):
        path, comment = f"/v1/models/{name}/versions/{number}", f"{self.me} promotes {number}"
        self.settled(path)
        body = {"stage": "production", "replace": True, "comment": comment}
        moved = self.client.insist("POST", f"{path}/transitions", body, key=comment)
        assert moved.status == 200, moved
        self.known.promoted.append((name, number, comment))
        asked = self.client.insist("POST", f"{path}/verify", key=f"verify {comment}")
        assert asked.status == 202, asked
        resolved = self.client.insist("GET", "/v1/resolve", query={"ref": f"{name}/production"})
        assert (resolved.status, resolved.body["version"]["version"]) == (200, number)

    def settled(self, path):
        """Wait for the verdict: well before the sweep would help."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.client.insist("GET", path).body
            if found["state"] != "verifying" and not found["proof_pending"]:
                assert found["state"] == "ready", found
                return
            time.sleep(0.02)
        raise AssertionError(f"{path} never had its verdict")


class Heavy(Load):
    """A client that pushes a file of two parts, slowly enough to be cut off in the middle of it."""

    def work(self):
        if self.turn == 2:
            time.sleep(0.1)
            return
        self.turn += 1
        content = random.Random(self.turn).randbytes(MIN_PART + 1_000)
        key = f"{self.me} {self.turn}"
        number = self.client.push(self.me, {"big.bin": content}, key=key)
        self.known.versions[self.me, number] = key


def test_a_server_killed_again_and_again_loses_nothing_that_it_acknowledged(victim):
    chance = random.Random(2026)
    Client(victim).insist("POST", "/v1/models", {"name": "shared"}, key="create shared")
    loads = [*(Load(victim, f"client-{number}") for number in range(CLIENTS)), Heavy(victim, "heavy")]
    for load in loads:
        load.begin()
    while_killed(victim, [load.work for load in loads], lambda: chance.uniform(*PAUSES), KILLS)
    known = [load.known for load in loads]
    assert all(each.versions for each in known)
    check_through_the_api(loads, Client(victim))
    assert Client(victim).insist("GET", "/embedded/dead-letters").body["items"] == []
    assert victim.stop() == 0
    check_the_folder(victim)


def check_through_the_api(loads, client):
    """Every acknowledged write is there, once; every version has its verdict; the feed holds every journal."""
    names = [model["name"] for model in client.everything("/v1/models")]
    for name in names:
        for each in client.everything(f"/v1/models/{name}/versions"):
            loads[0].settled(f"/v1/models/{name}/versions/{each['version']}")
    journals = {name: client.everything(f"/v1/models/{name}/history") for name in names}
    for name, journal in journals.items():
        assert find_break(journal) is None
        model = client.insist("GET", f"/v1/models/{name}").body
        versions = {each["version"]: each for each in client.everything(f"/v1/models/{name}/versions")}
        assert (len(journal), len(versions)) == (model["sequence"], model["versions"])
        check_acknowledged([load.known for load in loads], name, versions, journal)
    tags = {tag: value for load in loads for tag, value in load.known.tags.items()}
    assert client.insist("GET", "/v1/models/shared").body["tags"] == tags
    events = [event for journal in journals.values() for event in journal]
    feed = fed(client, len(events))
    assert [event["position"] for event in feed] == list(range(1, len(events) + 1))
    assert {event["id"]: event["hash"] for event in feed} == {event["id"]: event["hash"] for event in events}


def check_acknowledged(known, name, versions, journal):
    """What clients were told of one model is so, and was done once."""
    keys = Counter(each["tags"]["key"] for each in versions.values())
    assert set(keys.values()) <= {1}, "one version a push"
    reasons = Counter(event["reason"] for event in journal if event["type"] == "version.promoted")
    for each in known:
        for (owner, number), key in each.versions.items():
            assert owner != name or versions[number]["tags"]["key"] == key
        assert all(reasons[comment] == 1 for owner, _, comment in each.promoted if owner == name)


def fed(client, count):
    """The whole feed, once everything was relayed."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        feed = client.everything("/v1/events")
        if len(feed) >= count:
            return feed
        time.sleep(0.05)
    raise AssertionError(f"only {len(feed)} of {count} entries were published")


def check_the_folder(victim):
    """The same from the files that the server left, and whom it told."""
    ports = embedded(Embedded(victim.data, victim.url, Limits()))
    try:
        entries = check_table(ports.table)
        check_feed(ports.table, entries)
        check_blobs(ports.table, ports.blobs)
    finally:
        ports.table.close()
        ports.bus.close()
    log = victim.log.read_text()
    promoted = [entry for entry in entries if entry.type.value == "version.promoted"]
    assert promoted
    untold = [entry for entry in promoted if f"{entry.home}/{entry.version} is production" not in log]
    assert untold == [], "people are told at least once"

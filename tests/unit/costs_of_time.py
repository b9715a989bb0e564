"""What renaming, deleting, restoring and purging cost: acts for `test_costs.py`."""

from dataclasses import replace
from datetime import timedelta

from functions.relay.handler import handler as relay
from functions.rename.handler import handler as rename_versions
from functions.sweep.handler import handler as sweep
from modelyard.services.purging import GRACE

VERSIONS = "/v1/models/churn/versions"
NOTHING = {"models": 0, "versions": 0, "blobs": 0}
NOTHING_TO_DO = {"expired": 0, "redriven": 0, "relayed": 0, "purged": NOTHING}


class LaterClock:
    """Stands at a moment."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment

    def sleep(self, seconds):
        raise AssertionError("nobody else writes, so nobody waits")


def pass_time(registry, passed):
    registry.ports = replace(registry.ports, clock=LaterClock(registry.ports.clock.now() + passed))


def relay_all(registry):
    """Relay all that is new in the journal."""
    while new := registry.table.table.changes(registry.relayed, 50):
        registry.relayed = new[-1][0]
        keys = [{"pk": {"S": item.key.pk}, "sk": {"S": item.key.sk}} for _, item in new]
        relay({"Records": [{"dynamodb": {"Keys": key}} for key in keys]}, None, registry.ports)


def settle(registry, passed):
    """Let time pass until nothing waits for the sweep any more."""
    pass_time(registry, passed)
    for number in (2, 4):
        registry.verify({"correlation_id": "settling", "model": {"id": "churn"}, "version": number})
    sweep({"id": "round"}, None, registry.ports)
    relay_all(registry)


def rename(registry):
    with registry.booked("rename model"):
        model = registry.ask("POST", "/v1/models/churn/rename", {"name": "leavers"})
    with registry.booked("get version, by a later name"):
        registry.ask("GET", "/v1/models/leavers/versions/1")
    for command in ("tell 107 versions their model's name", "tell them again"):
        with registry.booked(command):
            rename_versions({"detail": {"model": {"id": model["id"]}}}, None, registry.ports)


def delete(registry):
    """Versions 3 and 4 have 200 and 500 files of their own."""
    with registry.booked("delete version"):
        registry.ask("POST", f"{VERSIONS}/4/delete", {})
    with registry.booked("restore version"):
        registry.ask("POST", f"{VERSIONS}/4/restore")
    with registry.booked("delete version, by force, out of a stage"):
        registry.ask("POST", f"{VERSIONS}/2/delete", {"force": True})
    registry.ask("POST", f"{VERSIONS}/2/restore")
    with registry.booked("delete model"):
        registry.ask("POST", "/v1/models/churn/delete", {"force": True})
    with registry.booked("restore model"):
        registry.ask("POST", "/v1/models/churn/restore")


def purge(registry):
    registry.ask("POST", f"{VERSIONS}/3/delete", {})
    settle(registry, timedelta(days=29))
    pass_time(registry, timedelta(days=1))
    with registry.booked("sweep, purging a version of 200 files"):
        assert sweep({"id": "round"}, None, registry.ports)["purged"] == NOTHING | {"versions": 1}
    pass_time(registry, GRACE / 2)
    relay_all(registry)
    pass_time(registry, GRACE / 2)
    with registry.booked("sweep, removing its 200 blobs"):
        assert sweep({"id": "round"}, None, registry.ports)["purged"] == NOTHING | {"blobs": 200}


ACTS = (rename, delete, purge)

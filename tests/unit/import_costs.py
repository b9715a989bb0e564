"""What test_costs measures of imports: a model is made in one registry, and its entries are brought into another."""

MODEL = "/v1/models/moved"


def import_models(registry, source, described):
    files = described("moved", 100)
    blobs = [{"digest": file["digest"], "size": file["size"]} for file in files]
    events = live(source, files)
    with registry.booked("import blobs, 100 blobs"):
        assert len(registry.ask("POST", "/v1/imports/blobs", {"files": blobs})["items"]) == 100
    registry.blobs.stored.update({file["digest"]: file["size"] for file in files})
    with registry.booked("complete blobs, 100 blobs"):
        assert registry.ask("POST", "/v1/imports/blobs/complete", {"files": blobs})["missing"] == []
    bring(registry, events[:1])
    with registry.booked("import entries, a version of 100 files"):
        bring(registry, events[1:4], {"1": files})
    with registry.booked("import entries, 50 entries"):
        bring(registry, events[4:])
    with registry.booked("import entries, 50 entries that are there"):
        bring(registry, events[4:])


def live(source, files):
    """The journal of a model with a version and fifty changes."""
    source.ask("POST", "/v1/models", {"name": "moved"})
    source.ask("POST", f"{MODEL}/versions", {"files": files, "metrics": {"auc": 0.91}, "tags": {"team": "growth"}})
    source.blobs.stored.update({file["digest"]: file["size"] for file in files})
    source.ask("POST", f"{MODEL}/versions/1/complete")
    source.verify({"correlation_id": "request-00000001", "model": {"id": "moved"}, "version": 1})
    for n in range(50):
        source.ask("PATCH", f"{MODEL}/versions/1", {"description": f"another {n}"})
    return source.ask("GET", f"{MODEL}/history", query={"limit": "100"})["items"]


def bring(registry, events, manifests=None):
    body = {"model": events[0]["model"]["id"], "events": events, "manifests": manifests or {}}
    assert registry.ask("POST", "/v1/imports/journals", body)["sequence"] >= events[-1]["sequence"]

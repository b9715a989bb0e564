"""What `test_costs` asks of lineage and cards, with what it should cost booked under the docs' names."""

VERSIONS = "/v1/models/churn/versions"
CARD = {"card": "# Churn\n\nNot for customers of less than a month.\n"}


def use_lineage(registry, body):
    """Uses and lineage of versions that were made of one another; `body(n)` registers one of one file."""
    known = {"datasets": [{"name": "census", "digest": "sha256:1", "role": "train"}], "source": {"commit": "4f2c9d1"}}
    first = registry.ask("POST", VERSIONS, {**body(0), **known})["version"]["version"]
    made_of_it = {"bases": [{"relation": "fine-tune", "reference": f"churn/{first}"}]}
    with registry.booked("create version, 1 file, made of another"):
        registry.ask("POST", VERSIONS, {**body(1), **made_of_it})
    for n in range(2, 100):
        registry.ask("POST", VERSIONS, {**body(n), **known})
    registry.index_new()
    with registry.booked("find uses, 99 versions"):
        assert len(registry.ask("GET", "/v1/uses", query={"dataset": "census"})["items"]) == 99
    with registry.booked("trace lineage, 1 step up and 1 down"):
        found = registry.ask("GET", f"{VERSIONS}/{first}/lineage")
    assert len(found["edges"]) == 3
    with registry.booked("change a card"):
        registry.ask("PATCH", f"{VERSIONS}/{first}", CARD)

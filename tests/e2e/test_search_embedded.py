"""What is pushed to a real server is found by searches shortly after, and still after the server was killed."""

import http.client
import json
import subprocess
import time

import pytest

from tests.e2e.embedded_server import COMMAND, LONG, EmbeddedServer, environment


@pytest.fixture
def server(tmp_path):
    served = EmbeddedServer(tmp_path).start()
    yield served
    served.kill()


def modelyard(server, *arguments):
    """What a command line answers, as JSON."""
    asked = environment(MODELYARD_URL=server.url, XDG_CACHE_HOME=str(server.data / "cache"))
    done = subprocess.run([*COMMAND, *arguments, "--json"], env=asked, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def until_found(server, wanted, expected, *more):
    """Search until just the expected versions are found."""
    deadline = time.monotonic() + LONG
    while True:
        items = modelyard(server, "search", wanted, *more)["items"]
        found = [f"{item['name']}/{item['version']}" for item in items]
        if found == expected or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_what_is_pushed_and_changed_is_found_shortly_after(server, tmp_path):
    file = tmp_path / "model.bin"
    for n in range(2):
        file.write_bytes(b"%d" % n)
        modelyard(server, "push", "churn", str(file), "--tag", "team=growth", "--metric", f"auc=0.{n + 8}")
    both = ["churn/2", "churn/1"]
    assert until_found(server, "tags.team = 'growth' AND state = 'ready'", both) == both
    assert until_found(server, "metrics.auc > 0.85", ["churn/2"]) == ["churn/2"]
    modelyard(server, "promote", "churn/1", "production")
    assert until_found(server, "stage = 'production'", ["churn/1"]) == ["churn/1"]
    server.kill()
    server.start()
    modelyard(server, "update", "churn/2", "--tag", "team=risk")
    assert until_found(server, "tags.team = 'risk'", ["churn/2"]) == ["churn/2"]
    assert until_found(server, "tags.team = 'growth'", ["churn/1"]) == ["churn/1"]
    assert modelyard(server, "dead-letters")["items"] == []


@pytest.mark.parametrize(("letters", "status"), [(50_000, 200), (90_000, 431)])
def test_a_long_filter_is_answered_as_far_as_an_address_reaches(server, letters, status):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LONG)
    connection.request("GET", f"/v1/search/versions?filter=name%20=%20'{'x' * letters}'")
    assert connection.getresponse().status == status
    connection.close()

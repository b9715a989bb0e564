"""Connections straight to a host: kept, replaced when the host leaves, and never left in the middle of an answer."""

import datetime as dt
import select
import socket
import ssl
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from modelyard.client.direct import DirectTransport, Limits
from modelyard.client.errors import Unreachable
from modelyard.client.transport import BLOCK, Outgoing, read_all

LIMITS = Limits(connections=2, connect_seconds=5, read_seconds=5)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Host:
    """A server that answers the requests of each connection with the next of `answers`; None hangs up.

    It hears a request to its end first, or only its head, or, if `hear` is None, speaks before it is asked.
    """

    def __init__(self, *answers, hear=True, context=None):
        self.answers, self.hear, self.context = list(answers), hear, context
        self.connections, self.heads = 0, []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self.converse(connection)

    def converse(self, connection):
        try:
            spoken = self.context.wrap_socket(connection, server_side=True) if self.context else connection
            with spoken, spoken.makefile("rb") as heard:
                while self.answers and (self.hear is None or self.read_request(heard)):
                    answer = self.answers.pop(0)
                    if answer is None:
                        return
                    spoken.sendall(answer)
        except OSError:
            return

    def read_request(self, heard):
        lines = []
        while (line := heard.readline()) not in {b"\r\n", b""}:
            lines.append(line)
        if not line:
            return False
        self.heads.append(b"".join(lines).decode())
        length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length")), 0)
        return not self.hear or len(heard.read(length)) == length


@contextmanager
def serving(*answers, **how):
    host = Host(*answers, **how)
    thread = threading.Thread(target=host.serve)
    thread.start()
    transport = DirectTransport(LIMITS)
    try:
        yield host, transport
    finally:
        transport.close()
        host.listening.shutdown(socket.SHUT_RDWR)
        host.listening.close()
        thread.join()


def get(transport, url, **request):
    with transport.send(Outgoing("GET", url, **request)) as answer:
        return answer.status, read_all(answer, most=10 * BLOCK)


class Zeros:
    """A body that is longer than any buffer on the way."""

    length = 64 * 1024**2

    def blocks(self):
        for _ in range(self.length // BLOCK):
            yield bytes(BLOCK)


def test_a_connection_is_kept_and_used_again():
    with serving(*[GOOD] * 3) as (host, transport):
        assert [get(transport, f"{host.url}/a?b=c") for _ in range(3)] == [(200, b"ok")] * 3
        assert host.connections == 1
        assert host.heads[0].startswith("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize("path", ["", "/", "/%2E%2E/a", "/a?x-sig=%2F~"])
def test_an_address_travels_as_it_is_written(path):
    with serving(GOOD) as (host, transport):
        get(transport, host.url + path)
        assert host.heads[0].split()[1] == (path or "/")


def test_a_connection_that_its_host_left_is_replaced():
    with serving(GOOD, None, GOOD) as (host, transport):
        get(transport, host.url)
        with pytest.raises(Unreachable, match=r"the connection broke|reset"):
            get(transport, host.url)
        assert get(transport, host.url) == (200, b"ok")
        assert host.connections == 2


def test_a_host_that_hangs_up_between_requests_is_not_noticed():
    closing = GOOD.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")
    with serving(closing) as (host, transport):
        get(transport, host.url)
        ((left,),) = transport._idle.values()
        assert select.select([left.http.sock], [], [], 5)[0], "the host did not hang up"
        host.answers.append(GOOD)
        assert get(transport, host.url) == (200, b"ok")
        assert host.connections == 2


def test_a_connection_whose_answer_was_not_read_is_closed():
    with serving(GOOD, GOOD) as (host, transport):
        with transport.send(Outgoing("GET", host.url)) as answer:
            assert answer.status == 200
        assert transport._idle == {}
        assert get(transport, host.url) == (200, b"ok")
        assert host.connections == 2


def test_an_answer_that_asks_to_close_is_believed():
    with serving(GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) as (host, transport):
        assert get(transport, host.url) == (200, b"ok")
        assert transport._idle == {}


def test_an_answer_that_comes_before_the_host_heard_everything_counts():
    refusal = b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 2\r\n\r\nno"
    with serving(refusal, hear=False) as (host, transport):
        with transport.send(Outgoing("PUT", host.url, body=Zeros())) as answer:
            assert (answer.status, read_all(answer, most=10)) == (412, b"no")
        assert transport._idle == {}


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * BLOCK + 1) + b"x" * (2 * BLOCK + 1), None),
    ],
)
def test_a_body_of_any_kind_is_read_to_its_end_and_the_connection_kept(answer, body):
    with serving(answer, GOOD) as (host, transport):
        assert get(transport, host.url)[1] == (b"x" * (2 * BLOCK + 1) if body is None else body)
        assert get(transport, host.url) == (200, b"ok")
        assert host.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok",
        b"",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_an_answer_that_ends_early_or_is_none_is_a_broken_connection(answer):
    with serving(answer) as (host, transport), pytest.raises(Unreachable, match="the connection broke") as caught:
        get(transport, host.url)
    assert caught.value.transient


@pytest.mark.parametrize("url", ["http:///nowhere", "http://h:port/", "http://[h/", "{host}/a b"])
def test_an_address_that_cannot_be_asked_is_not_tried_again(url):
    with serving() as (host, transport), pytest.raises(Unreachable) as caught:
        get(transport, url.format(host=host.url))
    assert not caught.value.transient


def test_no_more_connections_are_kept_than_wanted():
    with serving(*[GOOD] * 6) as (host, transport):
        for connection in [transport._connect(urlsplit(host.url)) for _ in range(3)]:
            transport.give_back(connection)
        ((kept),) = transport._idle.values()
        assert len(kept) == 2


def certificate(folder):
    """A certificate for localhost that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("trusted", [True, False])
def test_only_a_certificate_that_the_system_trusts_is_spoken_to(tmp_path, monkeypatch, trusted):
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(GOOD, GOOD, context=context) as (host, transport):
        url = host.url.replace("http://127.0.0.1", "https://localhost")
        if trusted:
            assert [get(transport, url) for _ in range(2)] == [(200, b"ok")] * 2
            assert host.connections == 1
            return
        with pytest.raises(Unreachable, match="certificate is not trusted") as caught:
            get(transport, url)
    assert not caught.value.transient


def test_a_host_that_speaks_no_tls_is_told_so():
    with serving(GOOD, hear=None) as (host, transport), pytest.raises(Unreachable):
        get(transport, host.url.replace("http:", "https:"))

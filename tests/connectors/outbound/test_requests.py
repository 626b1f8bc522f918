"""One request: what it carries, where redirects may lead, and how much of an answer is taken."""

from __future__ import annotations

import gzip
import socket
import time
import zlib

import pytest

from interlock.connectors.live import AddressRefused, Unreachable
from interlock.connectors.outbound import Outbound, open_http

from .listening import Listener, listening, recorded_connections, reply


def http_to(*listeners: Listener, **options) -> Outbound:
    return open_http(private_hosts=frozenset(listener.name for listener in listeners), **options)


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


def test_a_request_carries_what_it_was_given_and_our_name():
    with listening(reply(b'{"a": 1}', headers="X-Left: 7\r\n")) as server, http_to(server) as http:
        answer = http(
            "GET", f"{server.origin}/a?b=1", headers={"Authorization": "Bearer t0ken"}, query={"c": "2 3"}
        )

    assert (answer.status, answer.body, answer.headers["x-left"]) == (200, b'{"a": 1}', "7")
    assert server.requests[0].startswith(b"GET /a?b=1&c=2+3 HTTP/1.1\r\n")
    sent = headers_of(server.requests[0])
    assert sent["host"] == server.name
    assert sent["authorization"] == "Bearer t0ken"
    assert sent["user-agent"].startswith("Interlock/")
    assert answer.url == f"{server.origin}/a?b=1&c=2+3"


def test_proxies_passwords_and_cookies_of_the_surroundings_are_not_used(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with listening(reply()) as proxy, listening(reply(headers="Set-Cookie: a=b\r\n")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        with http_to(server) as http:
            http("GET", server.origin)
            http("GET", server.origin)

    assert proxy.requests == []
    assert not headers_of(server.requests[1]).keys() & {"authorization", "cookie", "proxy-authorization"}


def test_a_redirect_to_another_host_leaves_credentials_behind():
    with listening(reply(b"there")) as target:
        redirect = reply(status="302 Found", headers=f"Location: {target.origin}/there\r\n")
        with listening(redirect) as first, http_to(first, target) as http:
            answer = http(
                "GET",
                first.origin,
                headers={"Authorization": "Basic x", "X-Api-Key": "k", "Accept": "application/json"},
            )

    assert answer.body == b"there"
    assert answer.url == f"{target.origin}/there"
    assert "x-api-key" in headers_of(first.requests[0])
    sent = headers_of(target.requests[0])
    assert not sent.keys() & {"authorization", "x-api-key"}
    assert sent["accept"] == "application/json"


def test_a_redirect_on_the_same_host_keeps_them():
    def talk(connection: socket.socket, request: bytes) -> None:
        if b"GET /old" in request:
            reply(status="301 Moved", headers="Location: /new\r\n")(connection, request)
        else:
            reply(b"new")(connection, request)

    with listening(talk) as server, http_to(server) as http:
        answer = http("GET", f"{server.origin}/old", headers={"Authorization": "Basic x"})

    assert answer.body == b"new"
    assert headers_of(server.requests[1])["authorization"] == "Basic x"


def test_what_was_handed_over_by_post_is_not_handed_to_a_redirect():
    with listening(reply()) as target:
        redirect = reply(status="307 Temporary", headers=f"Location: {target.origin}\r\n")
        with listening(redirect) as first, http_to(first, target) as http:
            answer = http("POST", first.origin, form={"refresh_token": "secret"})

    assert answer.status == 307
    assert target.requests == []


def test_redirects_end_after_five():
    with (
        listening(reply(status="302 Found", headers="Location: /again\r\n")) as server,
        http_to(server) as http,
        pytest.raises(Unreachable, match="redirects again and again"),
    ):
        http("GET", server.origin)

    assert len(server.requests) == 6


def test_a_redirect_from_https_to_http_is_refused():
    from interlock.connectors.outbound import (
        _redirected,
        _request,
    )  # the rule alone: no certificate is at hand

    request = _request("GET", "https://example.com/a", None, None, None, None)

    with pytest.raises(AddressRefused, match="redirects to an unencrypted address"):
        _redirected(request, "http://example.com/a")


@pytest.mark.parametrize(
    "credentials",
    [{"headers": {"Api-Key": "k"}}, {"form": {"client_secret": "s"}}, {"json": {"password": "p"}}],
)
def test_credentials_never_travel_unencrypted_in_the_open_internet(credentials):
    with (
        open_http(resolve=lambda host, port, seconds: ["8.8.8.8"]) as http,
        recorded_connections() as connections,
        pytest.raises(AddressRefused, match="unencrypted"),
    ):
        http("GET" if "headers" in credentials else "POST", "http://example.com/", **credentials)

    assert connections == []


def test_a_certificate_of_nobody_is_not_taken(self_signed):
    with http_to(self_signed) as http, pytest.raises(Unreachable, match="certificate is not valid") as caught:
        http("GET", f"https://127.0.0.1:{self_signed.port}/", headers={"Authorization": "x"})

    assert not caught.value.handed_over
    assert self_signed.requests == []


@pytest.fixture
def self_signed(tmp_path):
    """A TLS server whose certificate nobody vouches for."""
    import datetime as dt  # only this fixture makes certificates
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "own.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Secured(Listener):
        def _answer(self, connection: socket.socket) -> None:
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    super()._answer(secured)
            except OSError:
                return

    listener = Secured(reply())
    yield listener
    listener.close()


def drip(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.05)


def drip_headers(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.05)


def say_nothing(connection: socket.socket, _: bytes) -> None:
    while connection.recv(65_536):  # until whoever asked hangs up; the request may come in pieces
        pass


@pytest.mark.parametrize("talk", [drip, drip_headers, say_nothing])
def test_a_slow_answer_ends_when_the_time_is_up(talk):
    with listening(talk) as server, http_to(server, timeout=1.4) as http:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"127.0.0.1 did not answer within 1 seconds") as caught:
            http("GET", server.origin)

    assert time.monotonic() - began < 40  # dripping takes fifty seconds
    assert caught.value.handed_over


def test_a_resolver_that_hangs_ends_when_the_time_is_up(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: time.sleep(1) or [])

    with open_http(timeout=0.2) as http, pytest.raises(Unreachable, match="was not looked up"):
        http("GET", "http://slow.example.com/")


def test_a_body_over_the_limit_is_refused():
    with (
        listening(reply(b"x" * 20_000)) as server,
        http_to(server, max_bytes=10_000) as http,
        pytest.raises(Unreachable, match="more than 0 MB"),
    ):
        http("GET", server.origin)


def test_a_body_without_end_is_refused():
    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    with (
        listening(endless) as server,
        http_to(server, max_bytes=1_000_000) as http,
        pytest.raises(Unreachable, match="more than 1 MB"),
    ):
        http("GET", server.origin)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_body_is_unpacked(pack):
    name = "gzip" if pack is gzip.compress else "deflate"
    with (
        listening(reply(pack(b'{"a": 1}' * 99), headers=f"Content-Encoding: {name}\r\n")) as server,
        http_to(server) as http,
    ):
        assert http("GET", server.origin).body == b'{"a": 1}' * 99


def test_a_bomb_is_refused_before_it_unfolds():
    bomb = gzip.compress(b"0" * 50_000_000)
    with (
        listening(reply(bomb, headers="Content-Encoding: gzip\r\n")) as server,
        http_to(server) as http,
        pytest.raises(Unreachable, match="unpacks to over 50 times its size"),
    ):
        http("GET", server.origin)


@pytest.mark.parametrize(
    ("body", "packing"),
    [(b"x", "br"), (b"not packed", "gzip"), (gzip.compress(b"a" * 9999)[:-12], "gzip")],
    ids=["unknown", "not packed", "cut off"],  # of its own: packed bytes hold the second they were packed in
)
def test_a_strangely_packed_body_is_refused(body, packing):
    with (
        listening(reply(body, headers=f"Content-Encoding: {packing}\r\n")) as server,
        http_to(server) as http,
        pytest.raises(Unreachable, match=r"was not asked for|packing is broken|in the middle"),
    ):
        http("GET", server.origin)


def test_a_connection_cut_in_the_middle_may_have_handed_over():
    with (
        listening(reply(b"half", length=100)) as server,
        http_to(server) as http,
        pytest.raises(Unreachable, match="broke off in the middle") as caught,
    ):
        http("POST", server.origin, json={})

    assert caught.value.handed_over


def test_a_refused_connection_has_surely_handed_nothing_over():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{nobody.getsockname()[1]}"
        with (
            open_http(private_hosts=frozenset({name})) as http,
            pytest.raises(Unreachable, match="takes no connection") as caught,
        ):
            http("POST", f"http://{name}/", json={})

    assert not caught.value.handed_over


@pytest.mark.parametrize("token", ["line\r\nbreak", "nul\0", "snowman ☃"])
def test_a_token_with_a_sign_that_does_not_belong_is_named_but_not_shown(token):
    with (
        listening(reply()) as server,
        http_to(server) as http,
        pytest.raises(AddressRefused, match="holds a character") as caught,
    ):
        http("GET", server.origin, headers={"Authorization": token})

    assert token not in str(caught.value)
    assert server.requests == []

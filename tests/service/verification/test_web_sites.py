"""The security.txt of a domain comes over https, from the domain itself, and is not large."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.service.verification.test_guarded_tls import NAME, certificate

from tocsin.service.subscribers.abuse_contacts.security_txt import MOST_BYTES, SiteUnreachable
from tocsin.service.subscribers.abuse_contacts.web_sites import WebSites, is_within
from tocsin.service.verification.guarded_http import GuardedHttp

PLACE = "/.well-known/security.txt"
TEXT = b"Contact: mailto:sec@example.org\n"


@dataclass
class Site:
    """A server over TLS. answers: by path, the whole answer."""

    port: int
    pem: Path
    answers: dict[str, bytes] = field(default_factory=dict)

    def sites(self) -> WebSites:
        http = GuardedHttp(
            loopback_allowed=True,
            seconds=3,
            most_bytes=MOST_BYTES,
            addresses_of=lambda _host, _port: ["127.0.0.1"],
            tls=ssl.create_default_context(cafile=str(self.pem)),
        )
        return WebSites(http, self.port)

    def serve_one(self, stream: ssl.SSLSocket) -> None:
        path = stream.recv(4096).decode("latin-1").split(" ")[1]
        stream.sendall(self.answers.get(path, said(b"", status="404 Not Found")))


def said(content: bytes, kind: str = "text/plain; charset=utf-8", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def sent_to(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        found = Site(listening.getsockname()[1], pem)

        def serve() -> None:
            while not ended.is_set():
                try:
                    plain, _ = listening.accept()
                except TimeoutError:
                    continue
                plain.settimeout(2)
                try:
                    with context.wrap_socket(plain, server_side=True) as stream:
                        found.serve_one(stream)
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield found
        ended.set()
        thread.join()


def test_a_text_is_read_as_it_is(site: Site) -> None:
    site.answers[PLACE] = said(TEXT + b"\xff")
    assert site.sites().text_at(NAME, PLACE) == TEXT.decode() + "\ufffd"


@pytest.mark.parametrize(
    "answer",
    [
        said(TEXT, status="404 Not Found"),
        said(TEXT, status="403 Forbidden"),
        said(b"<html>Not found, but we say 200.</html>", kind="text/html"),
    ],
)
def test_what_is_no_plain_text_is_none(site: Site, answer: bytes) -> None:
    site.answers[PLACE] = answer
    assert site.sites().text_at(NAME, PLACE) is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said(b"x" * (MOST_BYTES + 1)), "sends more than 65536 bytes"),
        (said(b"", status="503 Busy"), "status 503"),
        (said(b"", status="429 Slowly"), "status 429"),
        (sent_to(f"http://{NAME}/x"), "from https to http"),
        (sent_to("https://elsewhere.example.net/x"), "leads to https://elsewhere.example.net/x"),
        (sent_to(PLACE), "redirects to itself"),
    ],
)
def test_what_may_work_later_is_told_and_nothing_else_is_asked(
    site: Site, answer: bytes, why: str
) -> None:
    site.answers[PLACE] = answer
    with pytest.raises(SiteUnreachable, match=why):
        site.sites().text_at(NAME, PLACE)


def test_within_the_domain_a_redirect_is_followed(site: Site) -> None:
    site.answers[PLACE] = sent_to("/here.txt")
    site.answers["/here.txt"] = said(TEXT)
    assert site.sites().text_at(NAME, PLACE) == TEXT.decode()


def test_a_private_address_is_not_asked() -> None:
    http = GuardedHttp(seconds=2, addresses_of=lambda _host, _port: ["192.168.0.1"])
    with pytest.raises(SiteUnreachable, match="not asked"):
        WebSites(http).text_at("example.org", PLACE)


@pytest.mark.parametrize(
    ("domain", "url", "within"),
    [
        ("example.org", "https://www.example.org/x", True),
        ("www.example.org", "https://example.org/x", True),
        ("example.org", "https://example.org.example.net/x", False),
        ("example.org", "https://notexample.org/x", False),
        ("co.uk", "https://example.co.uk/x", False),
        ("co.uk", "https://co.uk/x", True),
        ("example.org", "https:///x", False),
    ],
)
def test_what_belongs_to_a_domain(domain: str, url: str, *, within: bool) -> None:
    assert is_within(domain, url) is within

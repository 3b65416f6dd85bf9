"""Nobody makes the service talk to a private address, nor read for ever, nor too much."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.fakes.web_server import Asked, FakeWeb, Lie, Said, fake_web
from tocsin.service.verification.guarded_http import GuardedHttp, Refused
from tocsin.service.verification.public_addresses import not_public
from tocsin.service.verification.registry import RegistryUnreachable


class Hello:
    """A site that says where one is."""

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/there":
            return Said(302, location="/hello")
        if asked.path.startswith("/count/"):
            return Said(302, location=f"/count/{int(asked.path[7:]) + 1}")
        return Said(200, {"path": asked.path})


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    with fake_web(Hello()) as web:
        yield web


HERE = GuardedHttp(loopback_allowed=True, seconds=2)
STRICT = GuardedHttp(seconds=2)

PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "192.0.2.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
    "::ffff:0:127.0.0.1",
    "2002:a00:1::1",
    "fe80::1%lo",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "not an address",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address: str) -> None:
    assert not_public(address, loopback_allowed=False)


@given(st.ip_addresses())
def test_what_is_public_is_public_for_the_standard_library_too(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not not_public(str(address), loopback_allowed=False):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_within_ipv6_counts_as_what_it_is(address: ipaddress.IPv4Address) -> None:
    mapped = not_public(f"::ffff:{address}", loopback_allowed=False)
    assert mapped == not_public(str(address), loopback_allowed=False)


def test_only_loopback_is_allowed_where_loopback_is() -> None:
    assert not not_public("127.0.0.1", loopback_allowed=True)
    assert not not_public("::ffff:127.0.0.1", loopback_allowed=True)
    assert not_public("10.0.0.1", loopback_allowed=True)


def test_an_answer_is_given_back(web: FakeWeb) -> None:
    answer = HERE.get(f"{web.url}/hello")
    assert (answer.status, answer.content) == (200, b'{"path": "/hello"}')
    assert HERE.get(f"{web.url}/there").url == f"{web.url}/hello"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "127.1",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    ],
)  # fmt: skip
def test_this_machine_is_not_asked_however_it_is_written(web: FakeWeb, host: str) -> None:
    port = web.address.rpartition(":")[2]
    with pytest.raises((Refused, RegistryUnreachable)) as told:
        STRICT.get(f"http://{host}:{port}/")
    assert not web.asked
    if host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:7f00:1]"):
        assert isinstance(told.value, Refused)


def answers_in_turn(*answers: list[str]) -> Callable[[str, int], list[str]]:
    left = list(answers)
    return lambda _host, _port: left.pop(0)


def test_a_name_is_resolved_once_and_what_was_looked_at_is_what_is_asked(web: FakeWeb) -> None:
    port = int(web.address.rpartition(":")[2])
    http = GuardedHttp(
        loopback_allowed=True, seconds=2, addresses_of=answers_in_turn(["127.0.0.1"], ["10.0.0.1"])
    )
    assert http.get(f"http://rebind.example.org:{port}/").status == 200
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        http.get(f"http://rebind.example.org:{port}/")


def test_one_private_address_among_public_ones_is_enough_to_refuse(web: FakeWeb) -> None:
    port = int(web.address.rpartition(":")[2])
    http = GuardedHttp(
        loopback_allowed=True, addresses_of=answers_in_turn(["127.0.0.1", "192.168.0.1"])
    )
    with pytest.raises(Refused, match=r"192\.168\.0\.1"):
        http.get(f"http://both.example.org:{port}/")
    assert not web.asked


def test_a_redirect_to_a_private_address_is_not_followed(web: FakeWeb) -> None:
    web.dials.redirect = "http://169.254.169.254/latest/meta-data/"
    with pytest.raises(Refused, match="link local"):
        HERE.get(f"{web.url}/hello")


@pytest.mark.parametrize("there", ["file:///etc/passwd", "ftp://example.org/", "//user@localhost/"])
def test_a_redirect_out_of_the_web_is_not_followed(web: FakeWeb, there: str) -> None:
    web.dials.redirect = there
    with pytest.raises(Refused):
        HERE.get(f"{web.url}/hello")


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "file:///x", "http://", "http://a@127.0.0.1/", "http://127.0.0.1:99999/"],
)
def test_what_is_no_address_of_the_web_is_not_asked(url: str) -> None:
    with pytest.raises(Refused, match="no address of the web"):
        HERE.get(url)


@pytest.mark.parametrize("there", ["http://127.0.0.1:x/", "http://[::1/", "/\u00e4", "/a b"])
def test_a_redirect_that_nobody_can_read_is_unreachable(web: FakeWeb, there: str) -> None:
    web.dials.redirect = there
    with pytest.raises(RegistryUnreachable):
        HERE.get(f"{web.url}/hello")


def test_a_redirect_to_itself_ends(web: FakeWeb) -> None:
    web.dials.redirect = "self"
    with pytest.raises(RegistryUnreachable, match="redirects to itself"):
        HERE.get(f"{web.url}/hello")
    assert len(web.asked) == 1


def test_redirects_without_an_end_end(web: FakeWeb) -> None:
    with pytest.raises(RegistryUnreachable, match="more than 5 times"):
        HERE.get(f"{web.url}/count/1")


def test_the_key_is_not_shown_to_another_host(web: FakeWeb) -> None:
    with fake_web(Hello()) as other:
        web.dials.redirect = f"{other.url}/hello"
        HERE.get(f"{web.url}/", {"Authorization": "Bearer key"})
        assert web.asked[0].headers["authorization"] == "Bearer key"
        assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize("lie", ["large", "bomb", "endless"])
def test_no_more_than_a_megabyte_is_read(web: FakeWeb, lie: Lie) -> None:
    web.dials.lie = lie
    with pytest.raises(RegistryUnreachable, match="more than 1048576 bytes"):
        HERE.get(f"{web.url}/hello")


def test_an_answer_that_is_cut_off_is_none(web: FakeWeb) -> None:
    web.dials.lie = "cut"
    with pytest.raises(RegistryUnreachable):
        HERE.get(f"{web.url}/hello")


def test_a_drip_does_not_last_longer_than_the_time_for_all_of_it(web: FakeWeb) -> None:
    web.dials.slow = True
    begin = time.monotonic()
    with pytest.raises(RegistryUnreachable, match="too long"):
        GuardedHttp(loopback_allowed=True, seconds=0.4).get(f"{web.url}/hello")
    assert time.monotonic() - begin < 2


def test_who_is_silent_or_hangs_up_is_unreachable(web: FakeWeb) -> None:
    quick = GuardedHttp(loopback_allowed=True, seconds=0.4)
    web.dials.dead = "silent"
    with pytest.raises(RegistryUnreachable, match="too long"):
        quick.get(f"{web.url}/hello")
    web.dials.dead = "hangs up"
    with pytest.raises(RegistryUnreachable):
        quick.get(f"{web.url}/hello")


def test_a_server_without_a_certificate_that_we_trust_is_unreachable(web: FakeWeb) -> None:
    with pytest.raises(RegistryUnreachable):
        HERE.get(f"https://{web.address}/hello")


def test_a_closed_port_is_unreachable_and_a_name_that_does_not_exist_too() -> None:
    with pytest.raises(RegistryUnreachable):
        HERE.get("http://127.0.0.1:1/")

    def nobody(_host: str, _port: int) -> list[str]:
        raise OSError("name or service not known")

    with pytest.raises(RegistryUnreachable, match="not known"):
        GuardedHttp(addresses_of=nobody).get("https://nobody.example.org/")


@contextmanager
def talker(said: Iterable[bytes]) -> Iterator[str]:
    """A server that says what it likes, whatever it is asked; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            with suppress(OSError), server.accept()[0] as client:
                for piece in said:
                    client.sendall(piece)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    thread.join(10)


def _drip() -> Iterator[bytes]:
    while True:
        time.sleep(0.02)
        yield b"X"


ENDLESS: dict[str, Callable[[], Iterable[bytes]]] = {
    "headers": lambda: repeat(b"X-More: " + b"x" * 1000 + b"\r\n"),
    "one header": lambda: chain([b"X-More: "], repeat(b"x" * 1000)),
    "a slow header": lambda: chain([b"X-More: "], _drip()),
    "chunks": lambda: chain(
        [b"Transfer-Encoding: chunked\r\n\r\n"], repeat(b"100\r\n" + b"x" * 256 + b"\r\n")
    ),
    "trailers": lambda: chain(
        [b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], repeat(b"X-More: x\r\n")
    ),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_given_up(what: str) -> None:
    said = chain([b"HTTP/1.1 200 OK\r\n"], ENDLESS[what]())
    with talker(said) as url, pytest.raises(RegistryUnreachable):
        GuardedHttp(loopback_allowed=True, seconds=0.4).send(url, b"{}", {})


def test_answers_that_are_none_yet_do_not_go_on_for_ever() -> None:
    said = repeat(b"HTTP/1.1 103 Early\r\n\r\n")
    with talker(said) as url, pytest.raises(RegistryUnreachable):
        GuardedHttp(loopback_allowed=True, seconds=0.4).send(url, b"{}", {})

"""Links as programs that show mail would follow them."""

from __future__ import annotations

import pytest

from tocsin.engine.sources.mail.links import Link, links_in_html, links_in_text, shown_url


def urls(links: list[Link]) -> list[str]:
    return [shown_url(link, link.rest, link.host) for link in links]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see http://192.0.2.9/a, and (https://example.org/b).", 2),
        ("<http://192.0.2.9/a\n   bc>", 1),
        ("<URL:http://192.0.2.9/a>", 1),
        ("HTTP://192.0.2.9", 1),
        ("mailto:a@example.org cid:1 //192.0.2.9/x javascript:x http:// http://[::1", 0),
        ("http://[2001:db8::9]:8080/x", 1),
    ],
)
def test_links_in_a_text(text: str, expected: int) -> None:
    assert len(list(links_in_text(text))) == expected


def test_a_wrapped_link_is_put_together() -> None:
    assert urls(list(links_in_text("<http://192.0.2.9/a\r\n   bc>"))) == ["http://192.0.2.9/abc"]


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.9",
        "3221225993",
        "0xc0000209",
        "0300.0.2.011",
        "192.521",
        "www.example.com@192.0.2.9",
    ],
)
def test_an_address_is_known_in_every_writing_that_browsers_take(host: str) -> None:
    (link,) = links_in_text(f"http://{host}/x?y#z")
    assert (link.address, link.rest) == ("192.0.2.9", "/x?y#z")
    assert urls([link]) == ["http://192.0.2.9/x?y#z"]


@pytest.mark.parametrize("host", ["256.0.2.9", "1.2.3.4.5", "192.0.2.x", "09.0.2.9", "4294967296"])
def test_what_is_no_address_is_a_name(host: str) -> None:
    (link,) = links_in_text(f"http://{host}/")
    assert (link.address, link.host) == ("", host)


@pytest.mark.parametrize(
    ("code", "pretends"),
    [
        ('<a href="http://192.0.2.9/x">https://www.example.com/login</a>', "example.com"),
        ("<A class=x HREF=http://192.0.2.9/x><b>example.com</b></A>", "example.com"),
        ("<a href='&#104;ttp://192.0.2.9/x'>ex&#97;mple.com</a>", "example.com"),
        ('<a href="http://example.com@192.0.2.9/x">here</a>', "example.com"),
        ('<a href="http://192.0.2.9/x">click here</a>', ""),
        ('<a href="http://192.0.2.9/x">192.0.2.9</a>', ""),
        ('<img src="http://192.0.2.9/x">', ""),
    ],
)
def test_what_a_link_pretends(code: str, pretends: str) -> None:
    first = next(iter(links_in_html(code)))
    assert (first.address, first.pretends) == ("192.0.2.9", pretends)


def test_a_link_to_where_it_says_pretends_nothing() -> None:
    for shown, real in (("www.example.com", "example.com"), ("example.com", "shop.example.com")):
        (link, *_) = links_in_html(f'<a href="https://{real}/x">https://{shown}/</a>')
        assert link.pretends == ""


def test_line_ends_within_an_attribute_do_not_cut_it() -> None:
    (link,) = links_in_html('<a href="http://192.0.2.9/a\r\n\tb">x</a>')
    assert link.rest == "/ab"


def test_the_port_is_the_schemes_unless_said() -> None:
    links = list(links_in_text("http://192.0.2.9/ https://192.0.2.9/ http://192.0.2.9:8080/"))
    assert [link.port for link in links] == ["80", "443", "8080"]
    assert urls(links)[2] == "http://192.0.2.9:8080/"

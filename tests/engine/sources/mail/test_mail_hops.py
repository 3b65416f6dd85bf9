"""Received headers as mail servers write them, and as those who connect would like them read."""

from __future__ import annotations

import pytest

from tocsin.engine.sources.mail.hops import hop_of, moment, plain_address

DATE = "; Sun, 22 Nov 2026 06:12:01 +0100 (CET)"


@pytest.mark.parametrize(
    "begin",
    [
        "from x (mail.example.net [192.0.2.11])",
        "from x (unknown [192.0.2.11])",
        "from x ([192.0.2.11])",
        "from x (mail.example.net. [192.0.2.11])",
        "from x (mail.example.net [192.0.2.11] (may be forged))",
        "from x (somebody@mail.example.net [192.0.2.11])",
        "from mail.example.net ([192.0.2.11] helo=x)",
        "from mail.example.net ([192.0.2.11]:4711 helo=x)",
        "from [192.0.2.11] (helo=x)",
        "from [192.0.2.11] (port=4711 helo=x)",
        "from unknown (HELO x) (192.0.2.11)",
        "from unknown (HELO x) (somebody@192.0.2.11)",
        "from x (192.0.2.11)",
        "from x (mail.example.net [::ffff:192.0.2.11])",
        "from x (y [192.0.2.11]) (using TLSv1.3 with cipher X (256/256 bits)) (no certificate)",
    ],
)
def test_the_address_is_found_in_every_servers_form(begin: str) -> None:
    hop = hop_of(f"{begin} by mx1.example.org (Postfix) with ESMTP id 4X{DATE}")
    assert (hop["address"], hop["by"]) == ("192.0.2.11", "mx1.example.org")
    assert hop["date"] == "2026-11-22T05:12:01Z"


@pytest.mark.parametrize(
    "begin",
    [
        "from [203.0.113.5] (unknown [192.0.2.11])",
        "from [203.0.113.5] (helo=[203.0.113.6])",
        "from y ([192.0.2.11] helo=[203.0.113.5])",
        "from y (ident=[203.0.113.5]@203.0.113.5 [192.0.2.11])",
        "from unknown (HELO [203.0.113.5]) (192.0.2.11)",
        'from x (y [192.0.2.11]) (Client CN "[203.0.113.9]", Issuer "(203.0.113.9)" (no))',
        "from by (unknown [192.0.2.11])",
        "from x) (unknown [192.0.2.11])",
    ],
)
def test_what_somebody_calls_himself_is_not_his_address(begin: str) -> None:
    found = hop_of(f"{begin} by mx1.example.org with ESMTP{DATE}").get("address")
    literal = begin.startswith("from [203.0.113.5] (helo=")
    assert found == ("203.0.113.5" if literal else "192.0.2.11")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "by mx1.example.org (Postfix, from userid 0)",
        "from [203.0.113.5] (unknown [unknown]) by mx1.example.org",
        "from mx2.example.org by mx1.example.org with LMTP",
        "from x (one (two [192.0.2.11] by mx1.example.org",
        "from 192.0.2.11 by mx1.example.org",
        "from x ([300.0.2.11]) by mx1.example.org",
        "from x ([2001:db8::1%eth0]) by mx1.example.org; ",
    ],
)
def test_where_the_server_names_no_address_there_is_none(text: str) -> None:
    assert hop_of(text + DATE).get("address", "") in ("", "2001:db8::1%eth0")


@pytest.mark.parametrize(
    "helo",
    [
        "x (y [203.0.113.5])",
        "x (y [203.0.113.5]) by z",
        "x (y [203.0.113.5]) by z (",
        "x (y [203.0.113.5]) (",
        "x ([203.0.113.5]) helo=",
        "x (203.0.113.5)",
        "[203.0.113.5] by x",
        "[203.0.113.5] by x with SMTP; Sun, 22 Nov 2026 06:12:01 +0100",
        "(x [203.0.113.5])",
        "x (y [203.0.113.5])(",
        "x (ident= [203.0.113.5])",
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        "from {} (unknown [192.0.2.11]) by mx1.example.org (Postfix) with ESMTP id 4X",
        "from {} ([192.0.2.11]) by mx1.example.org with ESMTP",
        "from {} (192.0.2.11) by mx1.example.org (198.51.100.1) with Microsoft SMTP Server id 15",
        "from unknown (HELO {}) (192.0.2.11) by mx1.example.org with SMTP",
        "from y ([192.0.2.11] helo={}) by mx1.example.org with esmtp (Exim 4.92)",
        "from [192.0.2.11] (helo={}) by mx1.example.org with esmtp (Exim 4.92)",
    ],
)
def test_nobody_names_another_by_what_he_calls_himself(form: str, helo: str) -> None:
    assert hop_of(form.format(helo) + DATE).get("address", "") in ("", "192.0.2.11")


def test_an_address_of_either_family_is_written_as_we_write_it() -> None:
    assert plain_address(" IPv6:2001:DB8:0::25") == "2001:db8::25"
    assert plain_address("192.0.2.1/24") == ""


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "Sun, 99 Nov 2026 06:12:01", "x" * 999, "1 Jan 0001 00:00:00 +2400"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert moment(text) == ""

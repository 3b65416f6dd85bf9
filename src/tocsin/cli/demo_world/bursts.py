"""What single sensors saw too often to be harmless: raw rows from which the night makes records.

Each burst is in its sensor's own form, behind that sensor's example.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from tocsin.cli.demo_world.days import MIDNIGHT

Lines = Iterator[str]


def _at(hour: int, second: int) -> dt.datetime:
    return MIDNIGHT + dt.timedelta(hours=hour, seconds=second)


def _written(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _scan() -> Lines:
    """One machine knocks at address after address of the observatory's darknet."""
    for number in range(28):
        moment = str(_at(2, 7 * number).timestamp())
        layers = {
            "frame_time_epoch": [moment],
            "ip_src": ["192.0.2.20"],
            "ip_dst": [f"203.0.113.{226 + number}"],
            "ip_proto": ["6"],
            "tcp_srcport": ["40112"],
            "tcp_dstport": ["2323"],
            "tcp_flags": ["0x0002"],
        }
        yield json.dumps({"timestamp": moment, "layers": layers})


def _amplified() -> Lines:
    """Somebody forges the bank's address, so that name servers flood it."""
    for number in range(12):
        yield json.dumps(
            {
                "first": _at(3, 5 * number).timestamp(),
                "sensor": "amp-3",
                "src_ip": "198.51.100.200",
                "src_port": 443,
                "dst_ip": "203.0.113.230",
                "dst_port": 53,
                "protocol": 17,
                "service": "dns",
                "request": "ANY example.org",
                "packets": 300 + number,
                "bytes": 19_200,
            }
        )


def _flood() -> Lines:
    """A customer's machine floods a host."""
    for number in range(6):
        yield json.dumps(
            {
                "type": "FLOW",
                "first": _written(_at(4, 9 * number)).removesuffix("Z") + ".000",
                "last": _written(_at(4, 9 * number + 8)).removesuffix("Z") + ".000",
                "in_packets": 200_000 + number,
                "in_bytes": 12_000_000,
                "proto": 17,
                "tcp_flags": "........",
                "src_port": 40_000 + number,
                "dst_port": 80,
                "src4_addr": "192.0.2.21",
                "dst4_addr": "198.51.100.130",
                "ip4_router": "203.0.113.254",
            }
        )


def _guesses() -> Lines:
    """A machine tries one password after the other."""
    for number in range(15):
        yield json.dumps(
            {
                "ts": _at(5, 20 * number).timestamp(),
                "uid": f"CGuess{number}",
                "id.orig_h": "192.0.2.22",
                "id.orig_p": 50_000 + number,
                "id.resp_h": "203.0.113.229",
                "id.resp_p": 22,
                "version": 2,
                "auth_success": False,
                "auth_attempts": 3,
                "client": "SSH-2.0-Go",
            }
        )


def _clicks() -> Lines:
    """Nobody clicks so often."""
    for number in range(25):
        yield json.dumps(
            {
                "time": _written(_at(13, 3 * number)),
                "sensor": "landing-1",
                "click_id": f"b-{number:04}",
                "client_ip": "192.0.2.23",
                "client_port": 51_100 + number,
                "server_ip": "203.0.113.228",
                "server_port": 443,
                "scheme": "https",
                "host": "ads.example.com",
                "url": f"https://ads.example.com/click?id={number}",
                "agent": "Mozilla/5.0 (X11)",
                "ad_network": "Example Ads",
                "affiliate": "a-17",
                "verdict": "unknown",
            }
        )


def _joins() -> Lines:
    """Bots come to a controller."""
    for number in range(8):
        yield json.dumps(
            {
                "timestamp": _written(_at(6, 40 * number)),
                "sensor": "watch-1",
                "event": "JOIN",
                "server_ip": "203.0.113.66",
                "server_port": 6667,
                "server_name": "irc.example.com",
                "channel": "#example",
                "nick": f"XX-{number:04}",
                "user": "bot",
                "host": f"192.0.2.{24 + number}",
                "family": "example-bot",
            }
        )


def _mails() -> Lines:
    """A relay hands over one message after the other."""
    for number in range(12):
        moment = _at(7, 60 * number)
        date = moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
        yield "\n".join(
            (
                f"From offers@example.net {moment.strftime('%a %b %d %H:%M:%S %Y')}",
                "Delivered-To: pot-seven@traps.example.org",
                "Received: from mail.example.net (mail.example.net [192.0.2.35])",
                "\tby mx1.traps.example.org (Postfix) with ESMTP id 4X1Y2Z3",
                f"\tfor <pot-seven@traps.example.org>; {date}",
                "From: offers@example.net",
                "Subject: Everything must go",
                f"Date: {date}",
                f"Message-ID: <burst-{number}@example.net>",
                "Content-Type: text/plain; charset=utf-8",
                "",
                f"Today only: http://198.51.100.49/pills?n={number}",
                "",
            )
        )


BURSTS: Final[Mapping[str, Callable[[], Lines]]] = MappingProxyType(
    {
        "darknet-packets": _scan,
        "amplification-pot": _amplified,
        "nfdump": _flood,
        "zeek-ssh": _guesses,
        "ad-clicks": _clicks,
        "irc-watch": _joins,
        "spam-trap": _mails,
    }
)
"""By the source that ships."""

"""Who is told: organisations with lists of all four filter kinds, some on each other's ground.

One address may be of the clinic (its prefix), of the ISP that connects the clinic (its AS) and of
a country with a national CERT (its geography): three lists, one row in each. The mobile operator
has not subscribed: its XC half is nobody's, and stays in the statistics only.
"""

from __future__ import annotations

from typing import Final

from tocsin.cli.demo_world.geography import BANK, HOSTER, ISP, SCRUBBER, UNIVERSITY

CLINIC_PREFIX: Final = "192.0.2.64/28"
HOSTERS_TYPES: Final = (
    "botnet_cc",
    "compromised_website",
    "event4_honeypot_ddos",
    "event4_sinkhole_http_referer",
    "malware_url",
    "spam_url",
)
"""The hosting company wants to hear of misused customers, and not of what the CERT writes it."""

SHARED_NETWORK: Final = ("192.0.2.0/28", 3)
"""The ISP's addresses that many customers share, and how many sightings of one stay rows."""


def snapshot() -> dict[str, object]:
    """The snapshot of subscriptions, as `lists.json` has it."""
    return {"format": "tocsin-lists/1", "organisations": _organisations(), "lists": _lists()}


def _organisations() -> list[dict[str, object]]:
    return [
        _organisation("cert-xa", "National CERT of XA", {"country": "XA"}, kind="national_cert"),
        _organisation("cert-xb", "National CERT of XB", {"country": "XB"}, kind="national_cert"),
        _organisation(
            "example-isp",
            "Example Access Networks",
            {"asn": ISP, "valid_from": "2024-03-01"},
            {"cidr": "2001:db8:100::/40", "valid_from": "2024-03-01"},
        ),
        _organisation("example-clinic", "Clinic of Alphaville", {"cidr": CLINIC_PREFIX}),
        _organisation(
            "example-university",
            "University of Example",
            {"asn": UNIVERSITY},
            {"domain": "example.org"},
        ),
        _organisation("example-hosting", "Example Hosting", {"asn": HOSTER}),
        _organisation(
            "example-bank", "Bank of Example", {"asn": BANK}, {"cidr": "198.51.100.192/26"}
        ),
        _organisation("example-scrubbing", "Example Traffic Scrubbing", {"asn": SCRUBBER}),
        _organisation("example-shop", "The Example Shop", {"domain": "shop.example.com"}),
    ]


def _organisation(
    name: str, title: str, *networks: dict[str, object], kind: str = "owner"
) -> dict[str, object]:
    return {"id": name, "name": title, "kind": kind, "networks": list(networks)}


def _lists() -> list[dict[str, object]]:
    return [
        _list(1001, "cert-xa", "geo"),
        _list(1002, "cert-xb", "geo"),
        _list(2001, "example-isp", "asn"),
        _list(2002, "example-isp", "cidr", name="example-isp-ipv6"),
        _list(2003, "example-clinic", "cidr"),
        _list(2004, "example-university", "asn", delta=True),
        _list(2005, "example-university", "domain"),
        _list(2006, "example-hosting", "asn", types={"only": list(HOSTERS_TYPES)}),
        _list(2007, "example-bank", "cidr", least_severity="high"),
        _list(2008, "example-scrubbing", "asn"),
        _list(2009, "example-shop", "domain"),
    ]


def _list(
    number: int, organisation: str, kind: str, *, name: str = "", **preferences: object
) -> dict[str, object]:
    return {
        "id": number,
        "name": name or organisation,
        "organisation": organisation,
        "filter": kind,
        **preferences,
    }

"""The outside world of the demonstration: a registry and a name server on this machine.

    python -m tocsin.service.demonstration.outside RDAP_PORT DNS_PORT

Who asks for a network of it in the portal goes the whole way: the contacts that this registry
names get their letters on the demonstration's page of mail.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

from tocsin.service.fakes.dns_server import Records, fake_dns
from tocsin.service.fakes.rdap_server import (
    FakeRegister,
    Object,
    autnum,
    domain,
    entity,
    fake_rdap,
    ip_network,
)

_HOLDERS = (
    # name, domain, AS numbers, prefixes
    ("Example Mobile", "mobile.example.net", (64501,), ("203.0.113.0/24",)),
    ("Hospital of Betatown", "hospital.example.com", (), ("198.51.100.64/27", "2001:db8:900::/48")),
    ("Example College", "college.example.com", (64509,), ("2001:db8:a00::/48",)),
    ("Museum of Gammaville", "museum.example.com", (64510,), ("192.0.2.224/27",)),
    ("Clinic of Alphaville", "example-clinic.example.net", (), ("192.0.2.64/28",)),
    ("Example Access Networks", "example-isp.example.net", (64496,), ("192.0.2.0/24",)),
)


def register() -> FakeRegister:
    """What is registered."""
    objects: list[Object] = []
    for name, mail_domain, numbers, prefixes in _HOLDERS:
        entities = _entities(name, mail_domain)
        objects += [autnum(number, entities) for number in numbers]
        objects += [ip_network(f"NET-{each}", each, entities) for each in prefixes]
        objects.append(domain(mail_domain, entities))
    return FakeRegister(objects)


def records() -> Records:
    """Which hosts take mail."""
    return {(mail_domain, "MX"): [f"10 mail.{mail_domain}."] for _, mail_domain, _, _ in _HOLDERS}


def _entities(name: str, mail_domain: str) -> list[Object]:
    handle = f"ORG-{mail_domain.partition('.')[0].upper()}"
    return [
        entity(handle, name, ["registrant"], kind="org"),
        entity(f"{handle}-NOC", f"{name}, network", ["technical"], f"noc@{mail_domain}"),
        entity(f"{handle}-ABUSE", f"{name}, abuse desk", ["abuse"], f"abuse@{mail_domain}"),
    ]


def serve(rdap_port: int, dns_port: int) -> None:
    """Serve until asked to end."""
    ended = threading.Event()

    def _end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, _end)
    with fake_rdap(register(), rdap_port), fake_dns(records(), dns_port):
        ended.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))

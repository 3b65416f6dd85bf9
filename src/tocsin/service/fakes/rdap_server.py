"""A registry on this machine: RFC 9083 over HTTP, with dials for what registries do wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tocsin.service.fakes.web_server import Asked, FakeWeb, Said, fake_web

Object = dict[str, Any]

_CONFORMANCE = ["rdap_level_0", "cidr0", "nro_rdap_profile_0"]
_KIND = "application/rdap+json"


@dataclass(slots=True)
class FakeRegister:
    """What is registered. lying: it answers with another object than was asked for."""

    objects: list[Object] = field(default_factory=list)
    entities: dict[str, Object] = field(default_factory=dict)
    lying: bool = False
    bootstrap: dict[str, Any] = field(default_factory=dict)
    """Files of IANA's by name: asn, dns, ipv4, ipv6, object-tags."""

    def answer(self, asked: Asked) -> Said:
        """See Site."""
        words = unquote(asked.path.partition("?")[0]).strip("/").split("/")
        found = self._bootstrap(words[-1]) or self._found(words)
        if found is None:
            return Said(404, _error(404, "Not Found"), kind=_KIND)
        return Said(200, {"rdapConformance": _CONFORMANCE, **found}, kind=_KIND)

    def _bootstrap(self, name: str) -> Object | None:
        services = self.bootstrap.get(name.removesuffix(".json"))
        return {"version": "1.0", "services": services} if services is not None else None

    def _found(self, words: Sequence[str]) -> Object | None:
        match words:
            case [*_, "ip", address, length]:
                return self._network(f"{address}/{length}")
            case [*_, "autnum", number] if number.isdecimal():
                return self._narrowest("autnum", "startAutnum", "endAutnum", int(number))
            case [*_, "domain", name]:
                same = [each for each in self.objects if each.get("ldhName") == name.lower()]
                return self._or_lie(same, "domain")
            case [*_, "entity", handle]:
                return self.entities.get(handle)
        return _HELP if words[-1] == "help" else None

    def _network(self, asked: str) -> Object | None:
        wanted = ipaddress.ip_network(asked)
        holding = [
            each
            for each in self._of_class("ip network")
            if ipaddress.ip_address(each["startAddress"]).version == wanted.version
            and int(ipaddress.ip_address(each["startAddress"])) <= int(wanted[0])
            and int(ipaddress.ip_address(each["endAddress"])) >= int(wanted[-1])
        ]
        holding.sort(key=lambda each: -int(ipaddress.ip_address(each["startAddress"])))
        return self._or_lie(holding, "ip network")

    def _narrowest(self, kind: str, first: str, last: str, number: int) -> Object | None:
        holding = [each for each in self._of_class(kind) if each[first] <= number <= each[last]]
        return self._or_lie(holding, kind)

    def _or_lie(self, honest: Sequence[Object], kind: str) -> Object | None:
        if self.lying:
            others = [each for each in self._of_class(kind) if each not in honest]
            return others[0] if others else None
        return honest[0] if honest else None

    def _of_class(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["objectClassName"] == kind]


@dataclass(frozen=True, slots=True)
class FakeRdap:
    """The server (with the dials), and what it knows."""

    web: FakeWeb
    register: FakeRegister

    @property
    def places(self) -> dict[str, str]:
        """What the configuration says as `proof.rdap` to ask this one for everything."""
        return {"ip": self.web.url, "autnum": self.web.url, "domain": self.web.url}


@contextmanager
def fake_rdap(register: FakeRegister | None = None, port: int = 0) -> Iterator[FakeRdap]:
    """A registry on a port of the loopback address."""
    register = register or FakeRegister()
    with fake_web(register, port) as web:
        yield FakeRdap(web, register)


def entity(
    handle: str,
    name: str,
    roles: Sequence[str],
    mail: str = "",
    *,
    kind: str = "group",
    within: Sequence[Object] = (),
) -> Object:
    """Somebody, with a jCard (RFC 7095)."""
    card: list[list[Any]] = [
        ["version", {}, "text", "4.0"],
        ["fn", {}, "text", name],
        ["kind", {}, "text", kind],
    ]
    if mail:
        card.append(["email", {}, "text", mail])
    return {
        "objectClassName": "entity",
        "handle": handle,
        "roles": list(roles),
        "vcardArray": ["vcard", card],
        "entities": list(within),
    }


def ip_network(
    handle: str, prefix: str, entities: Sequence[Object], more: Mapping[str, Any] | None = None
) -> Object:
    """A registered range of addresses."""
    network = ipaddress.ip_network(prefix)
    return {
        "objectClassName": "ip network",
        "handle": handle,
        "startAddress": str(network[0]),
        "endAddress": str(network[-1]),
        "ipVersion": f"v{network.version}",
        "name": f"EXAMPLE-{handle}",
        "country": "XX",
        "port43": "whois.ripe.net",
        "cidr0_cidrs": [
            {f"v{network.version}prefix": str(network[0]), "length": network.prefixlen}
        ],
        "events": _EVENTS,
        "entities": list(entities),
        **(more or {}),
    }


def autnum(
    number: int, entities: Sequence[Object], more: Mapping[str, Any] | None = None
) -> Object:
    """A registered AS number."""
    return {
        "objectClassName": "autnum",
        "handle": f"AS{number}",
        "startAutnum": number,
        "endAutnum": number,
        "name": f"EXAMPLE-AS{number}",
        "country": "XX",
        "port43": "whois.ripe.net",
        "events": _EVENTS,
        "entities": list(entities),
        **(more or {}),
    }


def domain(name: str, entities: Sequence[Object], more: Mapping[str, Any] | None = None) -> Object:
    """A registered domain."""
    return {
        "objectClassName": "domain",
        "handle": f"{name.upper()}-D",
        "ldhName": name,
        "events": _EVENTS,
        "entities": list(entities),
        **(more or {}),
    }


def remarks(*lines: str) -> dict[str, Any]:
    """What an object has as remarks."""
    return {"remarks": [{"title": "remarks", "description": list(lines)}]}


_EVENTS = [
    {"eventAction": "registration", "eventDate": "2015-03-02T10:00:00Z"},
    {"eventAction": "last changed", "eventDate": "2026-02-01T12:30:00Z"},
]


_HELP: Object = {"notices": [{"title": "Help", "description": ["a fake registry"]}]}


def _error(status: int, title: str) -> Object:
    return {"rdapConformance": _CONFORMANCE, "errorCode": status, "title": title}

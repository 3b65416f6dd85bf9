"""What the service asks of the world; tests and the demonstration put fakes in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from tocsin.service import installation
from tocsin.service.verification.registry import Registry, Resolver
from tocsin.service.verification.sign_in import PeeringDb

if TYPE_CHECKING:
    from tocsin.service.subscribers.abuse_contacts.security_txt import Sites


def _peeringdb() -> PeeringDb:
    """The one whose addresses the configuration names; loaded when first asked, as below."""
    peeringdb = import_module("tocsin.service.verification.peeringdb")
    found: PeeringDb = peeringdb.peeringdb_of(installation.configuration())
    return found


def _sites() -> Sites:
    """The web sites of domains; loaded when first asked, as below."""
    web_sites = import_module("tocsin.service.subscribers.abuse_contacts.web_sites")
    found: Sites = web_sites.sites_of(installation.configuration().proof)
    return found


@dataclass(frozen=True, slots=True)
class Outside:
    """What is asked: registries, the DNS, who signs in through PeeringDB, and web sites."""

    registry: Registry
    resolver: Resolver
    sign_in: Callable[[], PeeringDb] = _peeringdb
    sites: Callable[[], Sites] = _sites


_put_in_place: list[Outside] = []


def outside() -> Outside:
    """Those in use now."""
    return _put_in_place[-1] if _put_in_place else _real()


@contextmanager
def instead(services: Outside) -> Iterator[Outside]:
    """Use others for a while."""
    _put_in_place.append(services)
    try:
        yield services
    finally:
        _put_in_place.pop()


@cache
def _real() -> Outside:
    # Loaded when first asked: most pages ask nobody, and these libraries are large.
    rdap = import_module("tocsin.service.verification.rdap")
    dns = import_module("tocsin.service.verification.dns_resolver")
    configuration = installation.configuration()
    return Outside(rdap.registry_of(configuration), dns.resolver_of(configuration))

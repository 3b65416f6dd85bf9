"""When two persons of the staff have to agree."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.configuration.service import ReviewRules
from tocsin.service import installation
from tocsin.service.subscribers.models import Claim
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

_V6_SITE = 48


def needs_two(claims: Iterable[Claim]) -> bool:
    """Whether to grant all of them takes two."""
    return takes_two([each.network for each in claims], installation.configuration().review)


def takes_two(networks: list[NetworkValue], rules: ReviewRules) -> bool:
    """The rule: countries, and more than so many addresses; 0 means no limit.

    Of IPv6 a /48 counts as one address: sites are counted, not the addresses in them.
    """
    countries = any(each.kind is NetworkKind.COUNTRY for each in networks)
    if countries and rules.two_persons_for_countries:
        return True
    size = sum(_size(each) for each in networks if each.kind is NetworkKind.CIDR)
    return 0 < rules.two_persons_above < size


def _size(network: NetworkValue) -> int:
    prefix = network.prefix
    if prefix.is_v4:
        return 1 << (128 - prefix.length)
    return 1 << max(0, _V6_SITE - prefix.length)

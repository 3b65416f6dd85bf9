"""When two persons of the staff have to agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.configuration.service import ReviewRules
from tocsin.service import installation
from tocsin.service.subscribers.models import Claim, ClaimState, Request, RequestState
from tocsin.service.subscribers.requests.same_asker import same_asker
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

_V6_SITE = 48

COUNTED = dt.timedelta(days=30)
"""How long what one person has granted counts together with what is asked for next."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A network and what it counts by, as its look-up had it.

    announced: how many addresses an AS number announces; None if that is not known. origins: the
    AS numbers that announce a prefix.
    """

    network: NetworkValue
    announced: int | None = None
    origins: frozenset[int] = frozenset()


def needs_two(request: Request, claims: Iterable[Claim], now: dt.datetime) -> bool:
    """Whether to grant all of these claims of a request takes two.

    A large claim that is split into several requests is one: what the same side was granted by one
    person within COUNTED counts too.
    """
    rules = installation.configuration().review
    asked = [_counted(each) for each in claims]
    if takes_two(asked, rules):
        return True
    if not rules.two_persons_above or not addresses_of(asked):
        return False
    return takes_two([*asked, *_granted_by_one(request, now)], rules)


def takes_two(networks: Sequence[Counted], rules: ReviewRules) -> bool:
    """The rule: countries, and more than so many addresses; 0 means no limit."""
    countries = any(each.network.kind is NetworkKind.COUNTRY for each in networks)
    if countries and rules.two_persons_for_countries:
        return True
    return 0 < rules.two_persons_above < addresses_of(networks)


def addresses_of(networks: Iterable[Counted]) -> int:
    """How many addresses they are together, each counted once; domains and countries are none.

    Of IPv6 a /48 counts as one address: sites are counted, not the addresses in them. A prefix
    counts nothing beside one that holds it, nor beside the AS numbers that announce all of it.
    """
    networks = list(networks)
    known = {
        int(each.network.value): each.announced
        for each in networks
        if each.network.kind is NetworkKind.ASN and each.announced is not None
    }
    prefixes = [
        each.network.prefix
        for each in networks
        if each.network.kind is NetworkKind.CIDR
        and not (each.origins and each.origins <= known.keys())
    ]
    size, last = sum(known.values()), -1
    for each in sorted(set(prefixes), key=lambda prefix: (prefix.first, prefix.length)):
        if each.last > last:
            size += 1 << (128 - each.length if each.is_v4 else max(0, _V6_SITE - each.length))
            last = each.last
    return size


def _granted_by_one(request: Request, now: dt.datetime) -> list[Counted]:
    """What the same side was granted lately, and not by two; countries take two by themselves."""
    earlier = Request.objects.filter(
        same_asker(request),
        state=RequestState.APPROVED,
        decided_at__gt=now - COUNTED,
        decided_by__isnull=False,
    ).exclude(pk=request.pk)
    found = []
    for each in earlier.prefetch_related("claims"):
        granted = [claim for claim in each.claims.all() if claim.state != ClaimState.REFUSED]
        if not _by_two(each, granted):
            found += [
                _counted(claim)
                for claim in granted
                if claim.renews_id is None and claim.kind != NetworkKind.COUNTRY
            ]
    return found


def _by_two(request: Request, granted: Iterable[Claim]) -> bool:
    """Whether the first approval was another person's, and of the very same."""
    first = request.first_approval_id
    same = sorted(each.pk for each in granted) == request.first_granted
    return first is not None and first != request.decided_by_id and same


def _counted(claim: Claim) -> Counted:
    facts = claim.facts
    return Counted(claim.network, facts.get("announced"), frozenset(facts.get("origins", ())))

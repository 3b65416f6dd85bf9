"""A service's database of the size that it has to bear: 20,000 organisations, 100,000 networks.

Prefixes lie in 10.0.0.0/8 and fd00::/8, AS numbers among the private ones: nobody's. Some
organisations have a prefix that covers others', so that looking for overlaps finds some.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Contact,
    ContactRole,
    ContactState,
    MailingList,
    Network,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
    RecipientState,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, network_value
from tocsin.service.subscribers.wanted import Wanted, to_json

ORGANISATIONS = 20_000
NETWORKS_EACH = 5
DECIDED, WAITING = 20_000, 2_000

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
_BATCH = 5_000


def fill(seed: int = 3) -> None:
    """Fill an empty database; the same each time."""
    dice = random.Random(seed)
    organisations = Organisation.objects.bulk_create(
        (
            Organisation(
                slug=f"organisation-{number}",
                name=f"{dice.choice(_WORDS)} {dice.choice(_WORDS)} {number}",
                country=dice.choice(("XA", "XB", "XX")),
                mail_domains=[f"o{number}.example.net"],
                founded_at=NOW - dt.timedelta(days=dice.randrange(1, 2000)),
            )
            for number in range(ORGANISATIONS)
        ),
        batch_size=_BATCH,
    )
    _people(organisations)
    _networks(organisations, dice)
    _lists(organisations)
    _requests(organisations, dice)


_WORDS = ("Access", "Alpha", "Bank", "Clinic", "College", "Example", "Hosting", "Mobile", "Transit")


def _people(organisations: list[Organisation]) -> None:
    Contact.objects.bulk_create(
        (
            Contact(
                organisation=each,
                full_name=f"Person {number}",
                address=f"noc@o{number}.example.net",
                role=ContactRole.ADMIN,
                state=ContactState.ACTIVE,
                since=NOW,
            )
            for number, each in enumerate(organisations)
        ),
        batch_size=_BATCH,
    )


def _networks(organisations: list[Organisation], dice: random.Random) -> None:
    networks = Network.objects.bulk_create(
        (
            Network(
                organisation=organisation,
                **Network.columns_of(value),
                holder=organisation.name,
                valid_from=NOW - dt.timedelta(days=400),
            )
            for number, organisation in enumerate(organisations)
            for value in _values(number, dice)
        ),
        batch_size=_BATCH,
    )
    Proof.objects.bulk_create(
        (
            Proof(
                network=each,
                method=ProofMethod.REGISTRY_MAIL,
                made_at=NOW - dt.timedelta(days=100),
                ends_at=NOW + dt.timedelta(days=265),
            )
            for each in networks
        ),
        batch_size=_BATCH,
    )


def _values(number: int, dice: random.Random) -> Iterator[NetworkValue]:
    yield network_value(NetworkKind.ASN, str(4_200_000_000 + number))
    yield network_value(NetworkKind.DOMAIN, f"o{number}.example.net")
    yield network_value(NetworkKind.CIDR, f"fd00:{number:x}::/32")
    high, low = divmod(number, 256)
    length = 18 if number % 10 == 0 and low % 64 == 0 else 24
    yield network_value(NetworkKind.CIDR, f"10.{high}.{low}.0/{length}")
    yield network_value(NetworkKind.CIDR, f"10.{100 + high}.{low}.{dice.randrange(4) * 64}/26")


def _lists(organisations: list[Organisation]) -> None:
    lists = MailingList.objects.bulk_create(
        (
            MailingList(organisation=each, name=each.slug, filter=kind, mode="live", valid_from=NOW)
            for each in organisations
            for kind in ("asn", "cidr")
        ),
        batch_size=_BATCH,
    )
    Recipient.objects.bulk_create(
        (
            Recipient(
                list=each,
                address=f"abuse@{each.name}.example.net",
                kind=RecipientKind.ROLE,
                state=RecipientState.ACTIVE,
                active_from=NOW,
                since=NOW,
            )
            for each in lists
        ),
        batch_size=_BATCH,
    )


def _requests(organisations: list[Organisation], dice: random.Random) -> None:
    requests = Request.objects.bulk_create(
        (
            _request(organisations[number % ORGANISATIONS], number, dice)
            for number in range(DECIDED + WAITING)
        ),
        batch_size=_BATCH,
    )
    Claim.objects.bulk_create(
        (
            Claim(
                request=each,
                state=ClaimState.PROVEN,
                method=ProofMethod.REGISTRY_MAIL,
                **Claim.columns_of(
                    network_value(NetworkKind.CIDR, f"10.{n >> 8 & 255}.{n & 255}.0/24")
                ),
            )
            for n, each in enumerate(requests)
        ),
        batch_size=_BATCH,
    )


def _request(organisation: Organisation, number: int, dice: random.Random) -> Request:
    decided = number < DECIDED
    reviewed = NOW - dt.timedelta(days=dice.randrange(1, 400), minutes=dice.randrange(1440))
    wanted = Wanted(full_name=f"Person {number}", organisation=organisation.name)
    return Request(
        kind=RequestKind.SUBSCRIBE,
        channel=RequestChannel.WEB,
        state=RequestState.APPROVED if decided else RequestState.REVIEW,
        requester=f"noc@o{number}.example.net",
        organisation=organisation if decided else None,
        organisation_name=organisation.name,
        wanted=to_json(wanted),
        made_at=reviewed - dt.timedelta(days=1),
        confirmed_at=reviewed - dt.timedelta(hours=23),
        reviewed_from=reviewed,
        decided_at=reviewed + dt.timedelta(hours=dice.randrange(1, 60)) if decided else None,
    )

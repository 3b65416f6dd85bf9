"""ARIN's bulk whois data: whom to tell of abuse from each network and AS number.

The rule is that of ARIN's whois: a network's or AS number's own contacts for abuse (`RAbuse...`
there), else those of the organisation that holds it (`OrgAbuse...`). A customer of a provider has
none (ARIN's staff on arin-tech-discuss, 15 March 2012), so that those of the network count that its
network lies in, found in the same way, and so on upwards, but never those of what the registry
itself holds. All mailboxes of all such contacts are told.

A network whose contacts and country are just those of the network right above it is passed over:
who looks for its contact finds that of the other, and what staff set there by hand counts for both.

The files are read twice, first who is who, then what each network comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.abuse_contacts.reading.arin_files import records_of
from tocsin.service.subscribers.abuse_contacts.reading.arin_holders import Above, Holders
from tocsin.service.subscribers.abuse_contacts.reading.arin_record import Kind, Record
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read
from tocsin.service.subscribers.abuse_contacts.reading.ranges import Span, lies_in, prefixes_in
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.texts import harmless

_DEEPEST = 16
"""Networks within one another; a chain that is longer turns in a circle."""


def read_arin(paths: Iterable[Path], country: str = "") -> Iterator[Read]:
    """What each record gives; with `country`, only what its organisations hold gives contacts.

    Who is who is read at once, what comes of it as it is asked for. InputError if a file is
    damaged or cut off, or if networks come without any organisations or contacts.
    """
    listed = list(paths)
    holders = Holders()
    try:
        for path in listed:
            for item in records_of(path):
                if isinstance(item, Record):
                    holders.remember(item)
        _check(holders, listed)
    except BaseException:
        holders.close()
        raise
    return _told(listed, holders, country)


def _check(holders: Holders, paths: list[Path]) -> None:
    counts = holders.counts
    networks = counts[Kind.NETWORK] + counts[Kind.NUMBERS]
    if networks and not (counts[Kind.ORGANISATION] and counts[Kind.CONTACT]):
        raise InputError(
            "networks without any organisations or contacts, which are in files of their own",
            where=", ".join(str(path) for path in paths),
            todo="fetch orgs and pocs as well, and name all files in one call",
        )


def _told(paths: list[Path], holders: Holders, country: str) -> Iterator[Read]:
    with closing(holders):
        for path in paths:
            for item in records_of(path):
                if not isinstance(item, Record):
                    yield item
                elif item.kind in (Kind.ORGANISATION, Kind.CONTACT):
                    yield PassedOver.HOLDER
                else:
                    yield from _contacts(path, item, holders, country)


def _contacts(path: Path, record: Record, holders: Holders, country: str) -> Iterator[Read]:
    organisation = holders.organisation(record.organisation)
    if not record.is_held:
        yield PassedOver.NOT_HELD
        return
    if country and organisation.country != country:
        yield PassedOver.OTHER_COUNTRY
        return
    try:
        networks = _networks(record)
        addresses = holders.addresses(record.abuse) or holders.addresses(organisation.abuse)
        if not addresses:
            addresses = _from_above(record, holders)
            above = holders.above(record.parent)
            if addresses and above and _is_same(above, organisation.country, holders):
                yield PassedOver.AS_ABOVE
                return
    except ValueError as error:
        what = harmless(str(error), 300)
        yield Problem(str(path), record.line, 0, what, "tell the registry; passed over")
        return
    if not addresses:
        yield PassedOver.NO_CONTACT
        return
    name = organisation.name or record.name
    for network in networks:
        for address in addresses:
            yield Found(network, address, name, organisation.country)


def _networks(record: Record) -> list[NetworkValue]:
    if record.kind is Kind.NUMBERS:
        first, last = record.numbers
        return [NetworkValue(NetworkKind.ASN, str(each)) for each in range(first, last + 1)]
    prefixes = prefixes_in(record.spans, record.handle)
    return [NetworkValue(NetworkKind.CIDR, str(each)) for each in prefixes]


def _from_above(record: Record, holders: Holders) -> tuple[str, ...]:
    """The addresses of the nearest network above that has any. ValueError if it is not above."""
    handle, spans, parent = record.handle, record.spans, record.parent
    for _ in range(_DEEPEST):
        above = holders.above(parent)
        if above is None:
            return ()
        if not lies_in(spans, above.spans):
            raise ValueError(f"{handle} is said to lie in {parent}, and does not")
        organisation = holders.organisation(above.organisation)
        if addresses := holders.addresses(above.abuse) or holders.addresses(organisation.abuse):
            return addresses
        handle, spans, parent = parent, above.spans, above.parent
    return ()


def _is_same(above: Above, country: str, holders: Holders) -> bool:
    """Whether the network right above is told, or passed over likewise, in the same country."""
    return holders.organisation(above.organisation).country == country and _is_told(above.spans)


def _is_told(spans: tuple[Span, ...]) -> bool:
    try:
        return bool(prefixes_in(spans, ""))
    except ValueError:
        return False

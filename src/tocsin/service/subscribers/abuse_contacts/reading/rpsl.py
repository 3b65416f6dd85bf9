"""Registries' split files in RPSL (RFC 2622): RIPE NCC, APNIC, AFRINIC.

Objects are paragraphs of `attribute: value`; a line that begins with a blank or `+` continues the
one before. Which mailbox is told of a network's abuse hangs on it in one of these ways, tried in
this order: its `abuse-c` names a role with `abuse-mailbox`; its `mnt-irt` names an irt object with
one (APNIC); its `org` names an organisation whose `abuse-c` names such a role; it has an
`abuse-mailbox` itself (old objects).

The files are read twice: first who is who, then the networks. In memory are the handles alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.model.errors import Problem
from tocsin.service.subscribers.abuse_contacts.reading.lines import (
    Found,
    PassedOver,
    Read,
    numbered,
    opened,
)
from tocsin.service.subscribers.abuse_contacts.reading.ranges import prefixes_of
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, network_value
from tocsin.service.texts import harmless

_NETWORKS = ("inetnum", "inet6num", "aut-num")
_WITH_MAILBOX = ("role", "person", "irt", "organisation")
_NAMES = ("org-name", "descr", "netname", "as-name")

RpslObject = dict[str, list[str]]


@dataclass(slots=True)
class _Handles:
    """mailboxes: by handle of a role, person or irt. organisations: handle -> abuse-c, name."""

    mailboxes: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_rpsl(paths: Iterable[Path], country: str = "") -> Iterator[Read]:
    """What each object of the files gives; with `country`, only networks in it give contacts."""
    listed = list(paths)
    handles = _Handles()
    for path in listed:
        for _, kind, each in objects_of(path):
            if kind in _WITH_MAILBOX:
                _remember(handles, kind, each)
                yield PassedOver.HOLDER
            elif kind not in _NETWORKS:
                yield PassedOver.OTHER
    for path in listed:
        for line, kind, each in objects_of(path):
            if kind in _NETWORKS and _is_wanted(each, kind, country):
                yield from _contacts(path, line, kind, each, handles)
            elif kind in _NETWORKS:
                yield PassedOver.OTHER_COUNTRY


def objects_of(path: Path) -> Iterator[tuple[int, str, RpslObject]]:
    """The objects of a file: number of the first line, class, values by attribute."""
    with opened(path, "latin-1") as stream:
        current: RpslObject = {}
        begun, kind, attribute = 0, "", ""
        for number, line in numbered(stream):
            if not line.strip():
                if current:
                    yield begun, kind, current
                current, kind, attribute = {}, "", ""
            elif line[0] in " \t+":
                if attribute:
                    current[attribute][-1] += " " + _value(line[1:])
            elif line[0] not in "%#":
                attribute, _, value = line.partition(":")
                attribute = attribute.strip().lower()
                if not current:
                    begun, kind = number, attribute
                current.setdefault(attribute, []).append(_value(value))
        if current:
            yield begun, kind, current


def _value(text: str) -> str:
    return text.partition("#")[0].strip()


def _first(each: RpslObject, attribute: str) -> str:
    return next(iter(each.get(attribute, ())), "")


def _remember(handles: _Handles, kind: str, each: RpslObject) -> None:
    if kind == "organisation":
        key = _first(each, kind).upper()
        handles.organisations[key] = (
            _first(each, "abuse-c").upper(),
            harmless(_first(each, "org-name"), 200),
        )
        return
    mailbox = _first(each, "abuse-mailbox")
    handle = _first(each, "irt" if kind == "irt" else "nic-hdl").upper()
    if mailbox and handle:
        handles.mailboxes[handle] = mailbox


def _is_wanted(each: RpslObject, kind: str, country: str) -> bool:
    # AS numbers name no country; who wants one country's networks gets those of its files.
    return not country or kind == "aut-num" or _country(each) == country


def _country(each: RpslObject) -> str:
    said = _first(each, "country")[:2]
    try:
        return network_value(NetworkKind.COUNTRY, said).value
    except ValueError:
        return ""


def _contacts(
    path: Path, line: int, kind: str, each: RpslObject, handles: _Handles
) -> Iterator[Read]:
    mailbox = _mailbox(each, handles)
    if not mailbox:
        yield PassedOver.NO_CONTACT
        return
    try:
        address = mail_address(mailbox)
        networks = _networks(kind, _first(each, kind))
    except ValueError as error:
        yield Problem(
            str(path), line, 0, harmless(str(error), 300), "tell the registry; passed over"
        )
        return
    organisation = handles.organisations.get(_first(each, "org").upper(), ("", ""))[1]
    name = organisation or harmless(next((_first(each, a) for a in _NAMES if a in each), ""), 200)
    for network in networks:
        yield Found(network, address, name, _country(each))


def _mailbox(each: Mapping[str, list[str]], handles: _Handles) -> str:
    named = [*each.get("abuse-c", ()), *each.get("mnt-irt", ())]
    organisations = (handles.organisations.get(o.upper()) for o in each.get("org", ()))
    named += [known[0] for known in organisations if known is not None]
    for handle in named:
        if mailbox := handles.mailboxes.get(handle.upper()):
            return mailbox
    return next(iter(each.get("abuse-mailbox", ())), "")


def _networks(kind: str, said: str) -> list[NetworkValue]:
    if kind == "aut-num":
        return [network_value(NetworkKind.ASN, said)]
    return [NetworkValue(NetworkKind.CIDR, str(each)) for each in prefixes_of(said)]

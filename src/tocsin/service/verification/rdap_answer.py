"""From an answer of a registry (RFC 9083) to facts; nothing in it is believed to have a shape.

First the answer is cut down to what is used, with the types that it should have: what whoisit then
reads is small and sound, however large, deep or odd the answer was.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from whoisit.bootstrap import BaseBootstrap
from whoisit.errors import ParseError
from whoisit.parser import parse

from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.texts import harmless
from tocsin.service.verification.facts import RegistryContact, RegistryFacts, day_of

Object = dict[str, Any]

ROLES = ("technical", "administrative", "registrant", "abuse")
MOST_CONTACTS = 20
_MOST_ENTITIES = 60
_DEEPEST = 4
_MOST_LINES = 40
_LONGEST = 300
_CLASSES = {
    NetworkKind.ASN: "autnum",
    NetworkKind.CIDR: "ip network",
    NetworkKind.DOMAIN: "domain",
}
_SELLERS = frozenset({"registrar", "reseller", "sponsor", "proxy"})
"""Whoever is named within one of those speaks for the seller of a domain, not for its holder."""


class Unreadable(ValueError):
    """An answer that says nothing of what was asked."""


def object_of(content: bytes) -> Object:
    """The object in an answer, cut down to what is used; Unreadable if it is none."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable("answers with what is no JSON") from error
    if not isinstance(said, dict):
        raise Unreadable("answers with what is no object")
    return trimmed(said)


def trimmed(said: Mapping[str, Any]) -> Object:
    """An object of any class, small and sound."""
    kept = _texts(said, ("objectClassName", "handle", "name", "ldhName", "country", "port43"))
    kept |= _texts(said, ("startAddress", "endAddress"))
    for key in ("startAutnum", "endAutnum"):
        if isinstance(said.get(key), int):
            kept[key] = said[key]
    kept["events"] = [
        _texts(each, ("eventAction", "eventDate")) | {"eventAction": _text(each, "eventAction")}
        for each in _dicts(said.get("events"), 20)
    ]
    kept["remarks"] = [
        {"title": _text(each, "title"), "description": _lines(each.get("description"))}
        for each in _dicts(said.get("remarks"), 20)
    ]
    counted = iter(range(_MOST_ENTITIES))
    kept["entities"] = list(_entities(said.get("entities"), _DEEPEST, counted))
    kept |= _card(said)
    return kept


def _entities(said: object, deep: int, counted: Iterator[int]) -> Iterator[Object]:
    for each in _dicts(said, _MOST_ENTITIES):
        if next(counted, None) is None:
            return
        roles = [word.lower()[:40] for word in _list(each.get("roles"), 10) if _is_text(word)]
        kept = _texts(each, ("handle", "objectClassName")) | {"roles": roles} | _card(each)
        kept["links"] = [
            _texts(link, ("rel", "href", "type")) for link in _dicts(each.get("links"), 10)
        ]
        if deep and not _SELLERS & set(roles):
            kept["entities"] = list(_entities(each.get("entities"), deep - 1, counted))
        yield kept


def _card(said: Mapping[str, Any]) -> Object:
    card = said.get("vcardArray")
    if not (isinstance(card, list) and len(card) == 2 and card[0] == "vcard"):
        return {}
    lines = []
    for line in _list(card[1], 60):
        if not (isinstance(line, list) and len(line) >= 4 and isinstance(line[0], str)):
            continue
        name, _, kind, value = line[:4]
        if name.lower() in ("fn", "org", "email", "kind"):
            words = value if isinstance(value, str) else " ".join(filter(_is_text, _list(value, 5)))
            lines.append([name.lower(), {}, "text" if name != "email" else kind, words[:_LONGEST]])
    return {"vcardArray": ["vcard", lines]}


def _texts(said: Mapping[str, Any], keys: Iterable[str]) -> Object:
    return {key: said[key][:_LONGEST] for key in keys if isinstance(said.get(key), str)}


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value[:_LONGEST] if isinstance(value, str) else ""


def _lines(said: object) -> list[str]:
    lines = [said] if isinstance(said, str) else _list(said, _MOST_LINES)
    return [each[:1000] for each in lines if _is_text(each)]


def _list(said: object, most: int) -> list[Any]:
    return said[:most] if isinstance(said, list) else []


def _dicts(said: object, most: int) -> list[Mapping[str, Any]]:
    return [each for each in _list(said, most) if isinstance(each, dict)]


def _is_text(said: object) -> bool:
    return isinstance(said, str)


def facts_of(
    said: Object, network: NetworkValue, registry_of: Callable[[Object], str]
) -> RegistryFacts:
    """What an object (made by `object_of`) says of a network.

    Unreadable if it is of another class, does not cover the network, or has no handle.
    """
    wanted = _CLASSES[network.kind]
    if said.get("objectClassName") != wanted:
        raise Unreadable(f"answers with something else than an object of the class {wanted}")
    handle = harmless(said.get("handle", "") or said.get("ldhName", ""), 100).upper()
    if not handle:
        raise Unreadable("answers with an object without a handle")
    try:
        found = parse(BaseBootstrap(), wanted, network.value, {**said, "handle": handle})
    except (ParseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise Unreadable("answers with an object that cannot be read") from error
    covered = _covered(found, network)
    entities = found["entities"]
    holder: Mapping[str, Any] = next(iter(entities.get("registrant", [])), {})
    country = harmless(found.get("country", ""), 10).upper()
    return RegistryFacts(
        registry=registry_of(said),
        handle=handle,
        name=harmless(found.get("name", ""), 200),
        holder=harmless(holder.get("organisation") or holder.get("name") or "", 300),
        holder_id=harmless(holder.get("handle", ""), 100),
        range=covered,
        country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
        made=day_of(found.get("registration_date")),
        changed=day_of(found.get("last_changed_date")),
        contacts=tuple(_contacts(entities)),
        remarks=tuple(
            harmless("\n".join(each["description"]), 2000, lines=True)
            for each in found["remarks"]
            if each["description"]
        ),
    )


def _contacts(entities: Mapping[str, list[Mapping[str, Any]]]) -> list[RegistryContact]:
    """Those with a mail address that is one, in canonical form; each once per role."""
    contacts: dict[tuple[str, str], RegistryContact] = {}
    for role in ROLES:
        for each in entities.get(role, []):
            for said in each.get("emails", [])[:MOST_CONTACTS]:
                try:
                    address = mail_address(said)
                except ValueError:
                    continue
                name, handle = harmless(each.get("name", ""), 200), each.get("handle", "")
                contact = RegistryContact(role, address, name, harmless(handle, 100))
                contacts.setdefault((role, address), contact)
    return list(contacts.values())[:MOST_CONTACTS]


def _covered(found: Mapping[str, Any], network: NetworkValue) -> str:
    """What the object covers, as text; Unreadable if the network is not within."""
    if network.kind is NetworkKind.DOMAIN:
        name = str(found["name"]).rstrip(".").lower()
        if network.value != name and not network.value.endswith(f".{name}"):
            raise Unreadable(f"answers with another domain than {network}")
        return harmless(name, 253)
    if network.kind is NetworkKind.ASN:
        first, last = found["asn_range"] or (0, 0)
        if not first <= int(network.value) <= last:
            raise Unreadable(f"answers with another number than {network}")
        return f"AS{first}" if first == last else f"AS{first} - AS{last}"
    return _range(found, ipaddress.ip_network(network.value))


def _range(found: Mapping[str, Any], wanted: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    try:
        first = ipaddress.ip_address(found["start_address"].partition("/")[0])
        last = ipaddress.ip_address(found["end_address"].partition("/")[0])
    except ValueError as error:
        raise Unreadable("answers with a range that is none") from error
    if first.version != wanted.version or last.version != wanted.version:
        raise Unreadable(f"answers with another range than that of {wanted}")
    if not int(first) <= int(wanted[0]) <= int(wanted[-1]) <= int(last):
        raise Unreadable(f"answers with another range than that of {wanted}")
    return f"{first} - {last}"

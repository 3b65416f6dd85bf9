"""An SPF record, read whole before anything of it is asked (RFC 7208, sections 4.6 and 5)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from tocsin.service.verification.spf_macros import Broken, check_macros

RESULTS: Final = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

_ASKING = frozenset({"include", "exists"})
"""They need a domain, and take no length of a prefix."""

_LONGEST_RECORD = 900
"""Of longer texts the resolver may have cut the end off; the RFC wants less than 450 bytes."""

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)", re.S)
_MECHANISM = re.compile(r"([+~?-]?)([A-Za-z0-9._-]+)(?::(.*?))?(/[0-9]+)?(//[0-9]+)?", re.S)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism. result: what it says of whom it fits. target: "" is the domain asked about.

    four, six: how much of addresses is compared, in bits. network: of `ip4` and `ip6`.
    """

    result: str
    name: str
    target: str = ""
    four: int = 32
    six: int = 128
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What a domain says, in order. redirect: "" if there is none."""

    terms: tuple[Term, ...]
    redirect: str


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def read_spf(text: str) -> Record:
    """Read a record; Broken if anything in it is not as the RFC has it."""
    if len(text) > _LONGEST_RECORD:
        raise Broken(f"it has {len(text)} characters")
    terms: list[Term] = []
    modifiers: dict[str, str] = {}
    for each in text.split(" ")[1:]:
        if modifier := _MODIFIER.fullmatch(each):
            _note(modifiers, modifier[1].lower(), modifier[2])
        elif each:
            terms.append(_term(each))
    return Record(tuple(terms), modifiers.get("redirect", ""))


def _note(modifiers: dict[str, str], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        return
    if name in modifiers or not value:
        raise Broken(f"{name}= is empty, or there twice")
    if name == "redirect":
        check_macros(value)
    modifiers[name] = value


def _term(text: str) -> Term:
    found = _MECHANISM.fullmatch(text)
    if found is None:
        raise Broken(f"{text} is no mechanism")
    sign, name, target, four, six = found.groups()
    result, known = RESULTS[sign or "+"], name.lower()
    if known in ("ip4", "ip6"):
        return Term(result, known, network=_network(text, known, f"{target or ''}{four or ''}"))
    if target == "" or (known in _ASKING and not target):
        raise Broken(f"{text} names no domain")
    check_macros(target or "")
    lengths = four is not None or six is not None
    if known in ("a", "mx"):
        return Term(result, known, target or "", _bits(four, 32), _bits(six, 128))
    if lengths or known not in {*_ASKING, "all", "ptr"} or (known == "all" and target):
        raise Broken(f"{text} is no mechanism")
    return Term(result, known, target or "")


def _network(text: str, name: str, said: str) -> Network:
    try:
        found = ipaddress.ip_network(said, strict=False)
    except ValueError as error:
        raise Broken(f"{said or text} is no network") from error
    if f"ip{found.version}" != name or "//" in text:
        raise Broken(f"{said} is no network of {name}")
    return found


def _bits(said: str | None, most: int) -> int:
    if said is None:
        return most
    bits = int(said.strip("/")[:4])
    if bits > most:
        raise Broken(f"{said} is longer than an address")
    return bits

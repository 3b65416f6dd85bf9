"""security.txt (RFC 9116): where a domain wants to be told of its flaws.

It lies at `/.well-known/security.txt` under https, or, of old, at `/security.txt`. What has expired
is not used. Signatures are passed over: what counts here is that the domain itself says it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from tocsin.model.errors import Problem, TransientError
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, Read
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, network_value
from tocsin.service.texts import harmless

PLACES = ("/.well-known/security.txt", "/security.txt")
MOST_BYTES = 64 << 10
_MOST_LINES = 1000
_MOST_CONTACTS = 5


class SiteUnreachable(TransientError):
    """A site does not answer, answers with nonsense, or lies where nothing may be asked."""


class Sites(Protocol):
    """The web sites of domains: they may be slow, dead, or send anything."""

    def text_at(self, domain: str, path: str) -> str | None:
        """The text at `https://domain/path`, at most MOST_BYTES; None if there is none.

        Raises SiteUnreachable for what may work later.
        """
        ...


class FetchedFiles:
    """Sites whose security.txt somebody has fetched: files named after their domain."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = {path.name.removesuffix(".txt"): path for path in paths}

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains, in the order of the files."""
        return tuple(self._paths)

    def text_at(self, domain: str, path: str) -> str | None:
        """See Sites."""
        found = self._paths.get(domain)
        if found is None or path != PLACES[0]:
            return None
        with found.open("rb") as stream:
            return stream.read(MOST_BYTES).decode("utf-8", "replace")


def mailboxes_in(text: str, now: dt.datetime) -> tuple[str, ...]:
    """The mail addresses that a security.txt names, the preferred one first.

    ValueError says why it cannot be used: it names no end, or more than one, or has expired.
    """
    contacts: list[str] = []
    ends: list[str] = []
    for line in text.splitlines()[:_MOST_LINES]:
        name, colon, value = line.strip().partition(":")
        if not colon or line.startswith("#"):
            continue
        match name.strip().lower():
            case "contact":
                contacts.append(value.strip())
            case "expires":
                ends.append(value.strip())
            case _:
                pass
    _check_end(ends, now)
    found = dict.fromkeys(_mailboxes(contacts))
    return tuple(found)[:_MOST_CONTACTS]


def _check_end(ends: list[str], now: dt.datetime) -> None:
    if len(ends) != 1:
        raise ValueError("it has to say once when it expires")
    try:
        end = dt.datetime.fromisoformat(ends[0].upper())
    except ValueError:
        raise ValueError(f"{harmless(ends[0], 60)!r} is no time at which it could expire") from None
    if (end if end.tzinfo else end.replace(tzinfo=dt.UTC)) <= now:
        raise ValueError(f"it expired {end.date().isoformat()}")


def _mailboxes(contacts: Iterable[str]) -> Iterator[str]:
    for said in contacts:
        kind, _, rest = said.partition(":")
        if kind.lower() == "mailto":
            try:
                yield mail_address(rest.partition("?")[0])
            except ValueError:
                continue  # another one may be usable; pages and phones are no mailboxes either


def read_security_txts(domains: Iterable[str], sites: Sites, now: dt.datetime) -> Iterator[Read]:
    """The contacts of domains as they say themselves; a problem for each that cannot be asked."""
    for number, said in enumerate(domains, start=1):
        try:
            network = network_value(NetworkKind.DOMAIN, said)
            text = _first_text(network.value, sites)
            mailboxes = mailboxes_in(text, now) if text is not None else ()
        except (ValueError, SiteUnreachable) as error:
            yield Problem(harmless(said, 253), number, 0, harmless(str(error), 300), "passed over")
            continue
        for address in mailboxes:
            yield Found(network, address)


def _first_text(domain: str, sites: Sites) -> str | None:
    for path in PLACES:
        text = sites.text_at(domain, path)
        if text is not None:
            return text
    return None

"""The registries, asked by RDAP (RFC 9082) within a budget; what they said is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tocsin.configuration.load import Configuration
from tocsin.service import clock, installation
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification import budget
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.guarded_http import Answer, GuardedHttp
from tocsin.service.verification.rdap_answer import ROLES, Unreadable, facts_of, object_of
from tocsin.service.verification.rdap_bootstrap import Places
from tocsin.service.verification.registry import RegistryUnreachable
from tocsin.service.verification.suffixes import registered_domain

MOST_FETCHED = 5
"""How many people that an answer names by a link alone are asked for."""

NOTHING_KNOWN = dt.timedelta(hours=1)
"""How long it is remembered that nothing is registered: who reads it goes and registers it."""

_JSON = {"Accept": "application/rdap+json, application/json"}
_WHOIS = {
    "whois.afrinic.net": "afrinic",
    "whois.apnic.net": "apnic",
    "whois.arin.net": "arin",
    "whois.lacnic.net": "lacnic",
    "whois.ripe.net": "ripencc",
}


def registry_of(configuration: Configuration) -> RdapRegistry:
    """The registries of the world, or those that the configuration names."""
    rules = configuration.proof
    http = GuardedHttp(loopback_allowed=rules.loopback_allowed)
    return RdapRegistry(
        http,
        Places(http, installation.home().service / "registries", rules.rdap),
        budget.Budget(rules.registry_per_minute, rules.registry_per_day),
        dt.timedelta(hours=rules.registry_hours),
        clock.now,
    )


@dataclass(frozen=True, slots=True)
class RdapRegistry:
    """See Registry. age: how old an answer may be that is given again."""

    http: GuardedHttp
    places: Places
    budget: budget.Budget
    age: dt.timedelta
    now: Callable[[], dt.datetime]

    def look_up(self, network: NetworkValue, *, fresh: bool = False) -> RegistryFacts:
        """See Registry."""
        now = self.now()
        known = None if fresh else budget.known(network, self.age, now)
        if known is not None and (known.handle or _is_young(known, now)):
            return known
        facts = self._ask(network)
        budget.keep(network, facts, now)
        return facts

    def _ask(self, network: NetworkValue) -> RegistryFacts:
        now = self.now()
        facts = RegistryFacts(looked_up_at=now.isoformat(timespec="seconds"))
        asked = registered_name(network)
        if network.kind is NetworkKind.COUNTRY or asked is None:
            return facts
        url = self.places.url_for(asked.kind, asked.value, now)
        if not url:
            return facts
        answer = self._get(url)
        host = urlsplit(answer.url).hostname or ""
        if answer.status == 404:
            return replace(facts, asked=host)
        if answer.status != 200:
            raise _unreachable(answer.url, f"answers with the status {answer.status}")
        try:
            said = object_of(answer.content)
            self._fill_in(said, answer.url)
            found = facts_of(said, asked, lambda each: self._registry(each, answer.url, asked))
        except Unreadable as error:
            # A server that lies today may be repaired tomorrow; if not, staff see the request.
            raise _unreachable(answer.url, str(error)) from error
        return replace(found, asked=host, looked_up_at=facts.looked_up_at)

    def _get(self, url: str) -> Answer:
        host = urlsplit(url).netloc
        self.budget.take(host, self.now())
        answer = self.http.get(url, _JSON)
        if answer.status in (429, 503):
            pause = _pause(answer.headers.get("retry-after", ""), self.now())
            budget.close(host, pause, self.now())
            raise _unreachable(url, f"has been asked enough for now (status {answer.status})")
        return answer

    def _registry(self, said: dict[str, Any], url: str, asked: NetworkValue) -> str:
        if asked.kind is NetworkKind.DOMAIN:
            return asked.value.rpartition(".")[2][:20]
        return self.places.registry_at(url) or _WHOIS.get(said.get("port43", "").lower(), "")

    def _fill_in(self, said: dict[str, Any], url: str) -> None:
        """Ask for those who are named without a card: by their link on the same server.

        Of whom it says nothing, or nonsense, the rest of the answer must not suffer.
        """
        left = MOST_FETCHED
        for each in _named_only(said):
            where = _where(each, url)
            if not where or not left:
                continue
            left -= 1
            answer = self._get(where)
            if answer.status != 200:
                continue
            try:
                whole = object_of(answer.content)
            except Unreadable:
                continue
            if whole.get("handle", "").upper() == each.get("handle", "").upper():
                each["vcardArray"] = whole.get("vcardArray", [])
                each.setdefault("entities", whole["entities"])


def registered_name(network: NetworkValue) -> NetworkValue | None:
    """What a registry knows a network as: the domain that was registered, not a part of it.

    None for what nobody registers, such as `example` or a public suffix.
    """
    if network.kind is not NetworkKind.DOMAIN:
        return network
    name = registered_domain(network.value)
    return NetworkValue(NetworkKind.DOMAIN, name) if name else None


def _named_only(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        each
        for each in said["entities"]
        if not each.get("vcardArray") and each.get("handle") and set(each["roles"]) & set(ROLES)
    ]


def _where(entity: dict[str, Any], url: str) -> str:
    """The address of an entity on the server that named it; empty if it would be another."""
    for link in entity["links"]:
        href = link.get("href", "")
        if link.get("rel") == "self" and urlsplit(href)[:2] == urlsplit(url)[:2]:
            return href if href.isascii() else ""
    if entity["links"]:
        return ""
    for word in ("/ip/", "/autnum/", "/domain/"):
        base, found, _ = url.partition(word)
        if found:
            return f"{base}/entity/{quote(entity['handle'], safe='')}"
    return ""


def _is_young(facts: RegistryFacts, now: dt.datetime) -> bool:
    return bool(facts.looked_up_at) and (
        now - dt.datetime.fromisoformat(facts.looked_up_at) < NOTHING_KNOWN
    )


def _pause(said: str, now: dt.datetime) -> dt.timedelta:
    """What Retry-After says: seconds, or a date; a minute if it says nothing."""
    if said.isascii() and said.isdecimal() and len(said) < 9:
        return dt.timedelta(seconds=int(said))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return dt.timedelta(minutes=1)
    return (until if until.tzinfo else until.replace(tzinfo=dt.UTC)) - now


def _unreachable(url: str, what: str) -> RegistryUnreachable:
    return RegistryUnreachable(what, where=url[:300], todo="nothing: asked again later")

"""The evidence card of one claimed network: a colour, and why, in sentences with the facts.

Green means that nothing is left to look at; amber that a person has to; red that something speaks
against it. What could not be looked up is amber, never green.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.configuration.service import ProofRules
from tocsin.service.subscribers.models import ClaimState, ProofMethod, RequestChannel
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification import idn
from tocsin.service.verification.contact_role import is_abuse_alone, suffices
from tocsin.service.verification.domain_facts import DomainFacts
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.names import domain_fits
from tocsin.service.verification.upstream import Fit, covers_claim, holder_fit

MOST_WRONG_CODES = 3
"""So many wrong codes are more than a slip."""


class Colour(StrEnum):
    """From good to bad."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, and what it alone would make of the card."""

    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """The worst colour of its reasons, and all of them, the worst first."""

    colour: Colour
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a card rests on.

    proven_by: the address whose contact approved or was mailed the code that was told; empty if
    there is none. domain: of that address, None if it has not been looked up. mail: results of
    DKIM, SPF and DMARC, in small words. asns: AS numbers that the request claims as well, or the
    organisation has.
    """

    network: NetworkValue
    state: ClaimState
    organisation: str
    requester: str
    facts: RegistryFacts = field(default_factory=RegistryFacts)
    channel: RequestChannel = RequestChannel.WEB
    method: ProofMethod | None = None
    refusal: str = ""
    proven_by: str = ""
    domain: DomainFacts | None = None
    same_holder_as: str = ""
    mail: Mapping[str, str] = field(default_factory=dict)
    wrong_codes: int = 0
    asns: frozenset[int] = frozenset()


def card(seen: Seen, rules: ProofRules) -> Card:
    """The card. Pure: it asks nobody."""
    reasons = [*_proof(seen, rules), *_domain(seen), *_holder(seen), *_origin(seen)]
    reasons += [*_mail(seen), *_codes(seen), *_look(seen.network)]
    return worst(reasons)


def worst(reasons: Iterable[Reason]) -> Card:
    """The card that these reasons make; at least one."""
    order = list(Colour)[::-1]
    ranked = sorted(reasons, key=lambda each: order.index(each.colour))
    return Card(ranked[0].colour, tuple(ranked))


def _proof(seen: Seen, rules: ProofRules) -> list[Reason]:
    match seen.state:
        case ClaimState.REFUSED:
            return [_red(f"Refused: {seen.refusal}")]
        case ClaimState.NEW:
            return [_amber("Not looked up yet.")]
        case ClaimState.PENDING:
            return [_amber("The registry could not be checked: it does not answer.")]
        case ClaimState.ASKED:
            return [_amber("No contact of the registry has answered yet.")]
        case ClaimState.STAFF if not seen.proven_by:
            return [_amber(_why_staff(seen))]
    return _by_method(seen, rules)


def _why_staff(seen: Seen) -> str:
    if seen.network.kind is NetworkKind.COUNTRY:
        return "A country is granted by decision of staff alone, on documents."
    if not seen.facts.handle:
        return "No registry has an entry of it, or none could be had: staff decide."
    return "Nobody whom the registry names has proven it: staff decide."


def _by_method(seen: Seen, rules: ProofRules) -> list[Reason]:
    if seen.method is ProofMethod.SAME_HOLDER:
        return [_green(f"Its holder is that of {seen.same_holder_as}, which was proven.")]
    if seen.method is not ProofMethod.REGISTRY_MAIL:
        words = seen.method.label if seen.method else "decision of staff"
        colour = Colour.AMBER if seen.method in _SOFT else Colour.GREEN
        return [Reason(colour, f"Proven by: {words}.")]
    return _by_mail(seen, rules)


_SOFT = (None, ProofMethod.STAFF, ProofMethod.IMPORTED)


def _by_mail(seen: Seen, rules: ProofRules) -> list[Reason]:
    address, domain = seen.proven_by, seen.proven_by.rpartition("@")[2]
    if not address:
        return [_amber("Proven by a code, but not known by which contact.")]
    if not suffices(seen.facts, address, seen.network, rules):
        return [
            _amber(
                f"Only the abuse mailbox {address} agreed, which is no proof of a prefix broader "
                f"than a /{rules.abuse_mailbox_up_to}, an AS number or a country: staff decide."
            )
        ]
    if is_abuse_alone(seen.facts, address):
        return [_amber(f"Only the abuse mailbox {address} agreed, and no other contact.")]
    agreed = _green(f"Proven by {address}, a contact that the registry names.")
    if domain_fits(domain, seen.facts.holder):
        return [agreed, _green(f"The contact's domain {domain} goes with the holder's name.")]
    return [agreed, _amber(f"The contact's domain {domain} is not plainly the holder's.")]


def _domain(seen: Seen) -> list[Reason]:
    if not seen.proven_by:
        return []
    facts = seen.domain
    if facts is None:
        domain = seen.proven_by.rpartition("@")[2]
        return [_amber(f"The contact's domain {domain} could not be checked (yet).")]
    return [*_takes_mail(facts), *_age(facts, seen.facts)]


def _takes_mail(facts: DomainFacts) -> list[Reason]:
    if not facts.has_mail:
        return [_red(f"The contact's domain {facts.domain} takes no mail (no MX).")]
    if facts.is_parked:
        servers = ", ".join(facts.name_servers[:4])
        return [_red(f"The contact's domain {facts.domain} is parked (name servers: {servers}).")]
    return [_green(f"The contact's domain {facts.domain} takes mail.")]


def _age(domain: DomainFacts, facts: RegistryFacts) -> list[Reason]:
    ours, theirs = facts.made[:10], domain.made[:10]
    if not ours or not theirs:
        of = domain.domain if not theirs else "the registry's object"
        return [_amber(f"When {of} was registered could not be checked.")]
    if theirs > ours:
        return [
            _red(
                f"The contact's domain {domain.domain} was registered on {theirs}, after the "
                f"network's object ({ours}): somebody may have taken an abandoned domain."
            )
        ]
    return [_green(f"The contact's domain is older ({theirs}) than the object ({ours}).")]


def _holder(seen: Seen) -> list[Reason]:
    if seen.state in _NOT_LOOKED_UP or seen.network.kind is NetworkKind.COUNTRY:
        return []
    if not covers_claim(seen.network, seen.facts):
        return [_red(f"The registry's object covers {seen.facts.range} only, not {seen.network}.")]
    found = holder_fit(seen.network, seen.facts, seen.organisation, seen.requester)
    return [Reason(_COLOURS[found.fit], found.why)]


_NOT_LOOKED_UP = (ClaimState.NEW, ClaimState.PENDING)
_COLOURS = {
    Fit.FITS: Colour.GREEN,
    Fit.UNSURE: Colour.AMBER,
    Fit.OTHER: Colour.RED,
    Fit.UPSTREAM: Colour.RED,
}


def _origin(seen: Seen) -> list[Reason]:
    """A prefix that others announce is looked at only where AS numbers of one's own are known."""
    origins = seen.facts.origins
    if not origins:
        return []
    told = ", ".join(f"AS{each}" for each in origins[:8])
    if seen.asns.intersection(origins):
        return [_green(f"It is announced by {told}.")]
    colour = Colour.AMBER if seen.asns else Colour.GREEN
    return [Reason(colour, f"It is announced by {told}, which is not claimed.")]


def _mail(seen: Seen) -> list[Reason]:
    if seen.channel != RequestChannel.MAIL:
        return []
    result = seen.mail.get("dmarc", "")
    if result == "pass":
        return [_green("The mail that asked passes DMARC.")]
    if result in ("fail", "permerror"):
        return [_red("The mail that asked fails DMARC: somebody else may have written it.")]
    return [_amber(f"DMARC of the mail that asked: {result or 'could not be checked'}.")]


def _codes(seen: Seen) -> list[Reason]:
    if not seen.wrong_codes:
        return []
    times = "once" if seen.wrong_codes == 1 else f"{seen.wrong_codes} times"
    colour = Colour.RED if seen.wrong_codes >= MOST_WRONG_CODES else Colour.AMBER
    return [Reason(colour, f"The requester told a wrong code {times}.")]


def _look(network: NetworkValue) -> list[Reason]:
    if network.kind is not NetworkKind.DOMAIN or idn.shown(network.value) == network.value:
        return []
    misleads = idn.is_misleading(network.value)
    ending = ", and may be taken for another" if misleads else ""
    return [
        Reason(Colour.AMBER if misleads else Colour.GREEN, f"{idn.shown(network.value)}{ending}.")
    ]


def _green(text: str) -> Reason:
    return Reason(Colour.GREEN, text)


def _amber(text: str) -> Reason:
    return Reason(Colour.AMBER, text)


def _red(text: str) -> Reason:
    return Reason(Colour.RED, text)

"""What the word of a contact is worth, by the roles in which the registry names it."""

from __future__ import annotations

from tocsin.configuration.service import ProofRules
from tocsin.model.address import V4_BITS
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.facts import RegistryFacts

_V6_SITE = 48
"""Of IPv6, as many sites (/48) count as the rule allows IPv4 addresses: a /36 for a /20."""

_SPEAK_FOR_IT = frozenset({"technical", "administrative", "registrant"})


def is_abuse_alone(facts: RegistryFacts, address: str) -> bool:
    """Whether the address is named in no role that speaks for the network."""
    roles = {each.role for each in facts.contacts if each.address == address}
    return not roles & _SPEAK_FOR_IT


def suffices(facts: RegistryFacts, address: str, network: NetworkValue, rules: ProofRules) -> bool:
    """Whether that contact alone can prove the network.

    An abuse mailbox is read by many, often by another company: it proves nothing that is broader
    than the rule allows, no country, and no AS number, whose prefixes may be as broad as any.
    """
    if network.kind is NetworkKind.COUNTRY:
        return False
    return not is_abuse_alone(facts, address) or not _is_broad(network, rules)


def _is_broad(network: NetworkValue, rules: ProofRules) -> bool:
    if network.kind is not NetworkKind.CIDR:
        return network.kind is NetworkKind.ASN
    prefix = network.prefix
    if prefix.is_v4:
        return prefix.length - V4_BITS < rules.abuse_mailbox_up_to
    return prefix.length < _V6_SITE - (32 - rules.abuse_mailbox_up_to)

"""Networks that nobody can ask for, told from the network alone, with the reason for the person."""

from __future__ import annotations

from tocsin.configuration.service import ProofRules
from tocsin.engine.intake.reserved import GLOBAL, reserved_kind
from tocsin.model.address import V4_BITS
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.idn import shown
from tocsin.service.verification.names import is_suffix, is_under_known_suffix

_RESERVED_ASNS = (
    (0, 0, "reserved"),
    (23_456, 23_456, "AS_TRANS, which stands for numbers that an old router cannot write"),
    (64_496, 64_511, "set aside for documentation"),
    (64_512, 65_534, "set aside for private use"),
    (65_535, 65_535, "reserved"),
    (65_536, 65_551, "set aside for documentation"),
    (65_552, 131_071, "reserved"),
    (4_200_000_000, 4_294_967_294, "set aside for private use"),
    (4_294_967_295, 4_294_967_295, "reserved"),
)
"""IANA's registry of special-purpose AS numbers (RFC 7249, 5398, 6996, 7300)."""

_DOCUMENTATION = "documentation"


def implausible(network: NetworkValue, rules: ProofRules) -> str:
    """Why nobody can have that network; empty if somebody may."""
    if network.kind is NetworkKind.ASN:
        return _asn(int(network.value), rules)
    if network.kind is NetworkKind.CIDR:
        return _cidr(network, rules)
    if network.kind is NetworkKind.DOMAIN:
        return _domain(network.value)
    return ""


def _domain(domain: str) -> str:
    if not is_under_known_suffix(domain):
        return f"{shown(domain)} is under no top-level domain of the public Internet."
    if is_suffix(domain):
        return (
            f"{shown(domain)} is a domain below which anybody can register: it is nobody's network."
            " Please name the domain that is registered for your organisation."
        )
    return ""


def _asn(number: int, rules: ProofRules) -> str:
    for first, last, what in _RESERVED_ASNS:
        if first <= number <= last and not (rules.documentation_allowed and _DOCUMENTATION in what):
            return f"AS{number} is {what}: nobody holds it on the public Internet."
    return ""


def _cidr(network: NetworkValue, rules: ProofRules) -> str:
    prefix = network.prefix
    broadest = rules.broadest_v4 + V4_BITS if prefix.is_v4 else rules.broadest_v6
    if prefix.length < broadest:
        shown = broadest - V4_BITS if prefix.is_v4 else broadest
        return (
            f"{network} is broader than a /{shown}. Please name the prefixes that are registered "
            "for your organisation, or its AS numbers."
        )
    kind = reserved_kind(prefix)
    if kind != GLOBAL and not (rules.documentation_allowed and kind == _DOCUMENTATION):
        words = kind.replace("_", " ")
        return f"{network} is {words} address space: nobody holds it on the public Internet."
    return ""

"""What somebody types to look contacts up or to set a policy, read and checked."""

from __future__ import annotations

from collections.abc import Set

from tocsin.model.errors import UsageError
from tocsin.model.severity import Severity
from tocsin.service.languages import DEFAULT, language_named
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.values import Asked
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, any_network, network_value


def asked_for(network: str, asn: int | None, country: str) -> Asked:
    """What is looked up: a network, and what else is known of it. UsageError if it is none."""
    try:
        origins = (int(network_value(NetworkKind.ASN, str(asn)).value),) if asn is not None else ()
        return Asked.of(any_network(network), origins, _country(country))
    except ValueError as error:
        raise UsageError(str(error), where="network") from None


def policy_of(
    country: str,
    report_type: str,
    least_severity: str,
    cc: str,
    most_per_day: int,
    types: Set[str],
    *,
    notify: bool,
    language: str = DEFAULT,
) -> Policy:
    """A policy. UsageError for what it cannot be; `types` are those that the catalogue has."""
    if report_type and report_type not in types:
        raise UsageError(
            f"there is no report type {report_type!r}",
            where="report type",
            todo="tocsin catalogue list has them all",
        )
    try:
        return Policy(
            _country(country),
            report_type,
            notify,
            mail_address(cc) if cc else "",
            Severity.from_word(least_severity).word,
            most_per_day,
            language_named(language),
        )
    except ValueError as error:
        raise UsageError(str(error), where="policy", todo="say it differently") from None


def _country(said: str) -> str:
    return network_value(NetworkKind.COUNTRY, said).value if said else ""


def country_of(said: str) -> str:
    """Two capitals, or nothing. UsageError if it is no country."""
    try:
        return _country(said.strip())
    except ValueError as error:
        raise UsageError(str(error), where="country", todo="write its two letters") from None

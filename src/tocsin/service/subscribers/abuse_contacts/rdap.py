"""The abuse role of a network in RDAP, looked up one by one as far as the budget goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.model.errors import Problem
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, Read
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import any_network
from tocsin.service.texts import harmless
from tocsin.service.verification.registry import Registry, RegistryUnreachable


def read_rdap(networks: Iterable[str], registry: Registry) -> Iterator[Read]:
    """The abuse contacts that registries name for the networks.

    The registry keeps what it was asked, and how often a registry may be asked; one that is not to
    be asked any more today is a problem of that network, which the next run asks again.
    """
    for number, said in enumerate(networks, start=1):
        try:
            network = any_network(said)
            facts = registry.look_up(network)
        except (ValueError, RegistryUnreachable) as error:
            where = harmless(said, 100)
            yield Problem(where, number, 0, harmless(str(error), 300), "run it again later")
            continue
        for contact in facts.contacts:
            if contact.role != "abuse":
                continue
            try:
                address = mail_address(contact.address)
            except ValueError as error:
                yield Problem(str(network), number, 0, harmless(str(error), 300), "passed over")
                continue
            yield Found(network, address, harmless(facts.holder, 200), facts.country)

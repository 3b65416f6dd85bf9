"""Looking a network up: what its registry says, and what our own maps add to it."""

from __future__ import annotations

from dataclasses import replace

from tocsin.service import installation
from tocsin.service.outside import outside
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.verification.bulk_files import named_for
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.holder_files import file_id
from tocsin.service.verification.origins import announced_of, origins_of


def look_up(network: NetworkValue) -> RegistryFacts:
    """The facts; asks the world, and takes up to seconds. RegistryUnreachable as the registry."""
    facts = outside().registry.look_up(network)
    home = installation.home()
    return replace(
        facts,
        file_id=file_id(network, facts, home) or "",
        named=named_for([network]).get(network, ()),
        origins=origins_of(network, home) or (),
        announced=announced_of(network, home),
    )

"""Whether a registry gave two networks to the same holder."""

from __future__ import annotations

from tocsin.service.verification.facts import RegistryFacts

REGISTRIES = frozenset({"afrinic", "apnic", "arin", "lacnic", "ripencc"})
"""Those of AS numbers and addresses; their ids mean nothing in each other's."""


def same_holder(one: RegistryFacts, other: RegistryFacts) -> str:
    """Why the holder is the same, as a sentence; empty if it is not, or that cannot be told.

    The ids in the registry's file of delegations decide where both networks have one; else the id
    of the holder in the registry's answers does. Names never do.
    """
    if one.registry != other.registry or one.registry not in REGISTRIES:
        return ""
    if one.file_id and other.file_id:
        if one.file_id != other.file_id:
            return ""
        return f"{one.registry} lists both under the holder {one.file_id} in its file."
    if one.holder_id and one.holder_id == other.holder_id:
        return f"{one.registry} names {one.holder_id} as the holder of both."
    return ""

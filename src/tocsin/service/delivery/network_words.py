"""Networks of lists as a night keeps them."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.engine.nightly.subscribers import SubscribedNetwork


def network_words(networks: Iterable[SubscribedNetwork]) -> list[str]:
    """As `asn 64496`, sorted, each once."""
    return sorted({f"{each.kind.value} {each.value}" for each in networks})

"""The plausibility gate: an atlas that lost half of the Internet is a broken input."""

from __future__ import annotations

from tocsin.engine.atlas.info import AtlasInfo
from tocsin.model.errors import AtlasError, Problem


def refuse_implausible(new: AtlasInfo, earlier: AtlasInfo | None) -> None:
    """Raise AtlasError if `new` has fewer than half of what the atlas before it has.

    IPv4 routes, IPv6 routes, places and names of ASes are judged each for itself.
    """
    if earlier is None:
        return
    counts = (
        ("IPv4 prefixes", new.prefixes_v4, earlier.prefixes_v4),
        ("IPv6 prefixes", new.prefixes_v6, earlier.prefixes_v6),
        ("places", new.places, earlier.places),
        ("names of ASes", new.names, earlier.names),
    )
    problems = [
        Problem("", 0, 0, f"{now} {what}, the earlier atlas {earlier.name} has {before}")
        for what, now, before in counts
        if now * 2 < before
    ]
    if problems:
        raise AtlasError(
            "not believable: fewer than half of what the atlas before has",
            todo="look whether the inputs are whole; if they are, build with --force",
            problems=problems,
        )

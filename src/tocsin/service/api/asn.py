"""Who announces an address, and what an AS announces, as the newest atlas has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from tocsin.engine.atlas.lookup import Atlas
from tocsin.model.address import address_text, parse_address
from tocsin.service.api.answers import Answer
from tocsin.service.api.arguments import Asked
from tocsin.service.api.atlases import newest_atlas
from tocsin.service.api.caller import Caller
from tocsin.service.api.errors import Refused, wrong

_MOST_ASKED = 500
_MOST = 10_000

Said = dict[str, object]


def answer(caller: Caller, asked: Asked) -> Answer:
    """As `looked_up`."""
    return looked_up(asked, caller.now)


def looked_up(asked: Asked, now: dt.datetime) -> list[Said]:
    """By one of: `origin`, `peer` (addresses), `prefix` (an AS number; `v6`: its IPv6), `query`.

    The names are the original's. What an atlas does not know is "", and no `peer` where it was
    made of maps without paths.
    """
    named = [name for name in _ASKED if asked.texts(name)]
    if len(named) != 1:
        raise wrong(f"name exactly one of {', '.join(_ASKED)}")
    said = [each.strip() for text in asked.texts(named[0]) for each in text.split(",")]
    if len(said) > _MOST_ASKED:
        raise wrong(f"'{named[0]}' names more than {_MOST_ASKED}")
    return _ASKED[named[0]](_newest(now), [each for each in said if each], asked)


def _origin(
    atlas: Atlas,
    said: Sequence[str],
    asked: Asked,  # noqa: ARG001 - all answers are given the same
) -> list[Said]:
    return [_at(atlas, address) for address in _addresses("origin", said)]


def _peer(
    atlas: Atlas,
    said: Sequence[str],
    asked: Asked,  # noqa: ARG001 - all answers are given the same
) -> list[Said]:
    return [
        {**_at(atlas, address), "peer": list(atlas.neighbours(address))}
        for address in _addresses("peer", said)
    ]


def _prefix(atlas: Atlas, said: Sequence[str], asked: Asked) -> list[Said]:
    version = 6 if asked.flag("v6") else 4
    found: list[Said] = []
    for number in _numbers("prefix", said):
        for each in islice(atlas.announced(number, version), _MOST - len(found)):
            country = atlas.interval(each.first).country
            found.append(_entry(atlas, number, str(each), country, atlas.registry(each.first)))
    return found


def _query(
    atlas: Atlas,
    said: Sequence[str],
    asked: Asked,  # noqa: ARG001 - all answers are given the same
) -> list[Said]:
    entries = [_entry(atlas, number, "", None, None) for number in _numbers("query", said)]
    return [{name: cell for name, cell in each.items() if name != "prefix"} for each in entries]


_ASKED: Mapping[str, Callable[[Atlas, Sequence[str], Asked], list[Said]]] = {
    "origin": _origin,
    "peer": _peer,
    "prefix": _prefix,
    "query": _query,
}


def _addresses(field: str, said: Sequence[str]) -> list[int]:
    found = []
    for text in said:
        try:
            found.append(parse_address(text))
        except ValueError:
            raise wrong(f"'{field}': {text[:80]!r} is no address") from None
    return found


def _numbers(field: str, said: Sequence[str]) -> list[int]:
    found = []
    for each in said:
        digits = each.upper().removeprefix("AS")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
            raise wrong(f"'{field}': {each[:80]!r} is no AS number")
        found.append(int(digits))
    return found


def _at(atlas: Atlas, address: int) -> Said:
    at = atlas.interval(address)
    prefix = str(at.prefix) if at.prefix is not None else ""
    entry = _entry(atlas, at.asn, prefix, at.country, atlas.registry(address))
    return {"ip": address_text(address), **entry}


def _entry(
    atlas: Atlas, asn: int | None, prefix: str, country: str | None, registry: str | None
) -> Said:
    name = (atlas.as_name(asn) if asn is not None else None) or ""
    return {
        "prefix": prefix,
        "asn": asn if asn is not None else "",
        "asname_short": name.partition(" ")[0],
        "asname_long": name,
        "geo": country or "",
        "nic": registry or "",
    }


def _newest(now: dt.datetime) -> Atlas:
    atlas = newest_atlas(now)
    if atlas is None:
        raise Refused(503, "there is no map of the address space here yet")
    return atlas
